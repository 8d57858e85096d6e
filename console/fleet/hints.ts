/** Tells open pages that something changed, never what, and only those who may see it. */
import type { Hint } from '#console/api/stream.ts';
import type { Scope } from '#console/auth/scope.ts';

export interface Listener {
  readonly scope: Scope;
  readonly tokenSha256: string;
  send(hint: Hint): void;
  end(): void;
}

export interface Hints {
  /** `organisationId` null: of interest to everybody. */
  publish(hint: Hint, organisationId: string | null): void;
  subscribe(listener: Listener): () => void;
  endSession(tokenSha256: string): void;
  endAll(): void;
  count(): number;
}

export function createHints(): Hints {
  const listeners = new Set<Listener>();
  return {
    publish(hint, organisationId) {
      for (const listener of listeners) {
        if (organisationId === null || listener.scope.covers(organisationId)) listener.send(hint);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    endSession(tokenSha256) {
      for (const listener of listeners) if (listener.tokenSha256 === tokenSha256) listener.end();
    },
    endAll() {
      for (const listener of listeners) listener.end();
    },
    count: () => listeners.size,
  };
}
