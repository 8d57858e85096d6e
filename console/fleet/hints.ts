/** Tells open pages that something changed, never what, and only those who may see it. */
import type { Hint } from '#console/api/stream.ts';
import type { Scope } from '#console/auth/scope.ts';

export interface Listener {
  readonly scope: Scope;
  readonly operatorId: string;
  send(hint: Hint): void;
  /** Looks again whether it may still listen, and ends if not. */
  check(): void;
  end(): void;
}

export interface Hints {
  /** `organisationId` null: of interest to everybody. */
  publish(hint: Hint, organisationId: string | null): void;
  subscribe(listener: Listener): () => void;
  /** Rights or sessions of that operator changed, here or in another process. */
  recheck(operatorId: string): void;
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
    recheck(operatorId) {
      for (const listener of listeners) if (listener.operatorId === operatorId) listener.check();
    },
    endAll() {
      for (const listener of listeners) listener.end();
    },
    count: () => listeners.size,
  };
}
