/**
 * A process of the in-memory host. Everything it does to the world is an effect with a number; at the number given it
 * freezes for ever: what it awaited never comes, and nothing it would still do happens.
 */
import type { Chance } from '#test/worlds/host/chance.ts';
import type { WorldTime } from '#test/worlds/host/time.ts';

export interface HostProcess {
  readonly pid: number;
  readonly name: string;
  readonly alive: boolean;
  /** Effects so far, by label. */
  readonly effects: readonly string[];
  /** Dies right before this effect (1 is the first); the write it is in the middle of may be half done. */
  crashAt: number | null;
  /** A numbered effect; `torn` does a part of it when the process dies right there. */
  effect<T>(label: string, work: () => T, torn?: () => void): Promise<T>;
  /** Looks at the world without changing it. */
  look<T>(work: () => T): Promise<T>;
  /** Waits for something outside; its answer never reaches a dead process. */
  wait<T>(promise: Promise<T>): Promise<T>;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  die(): void;
}

export interface ProcessOptions {
  readonly pid: number;
  readonly name: string;
  readonly time: WorldTime;
  readonly chance: Chance;
  /** Called once when it reaches `crashAt`, before it freezes. */
  crashed(process: HostProcess): void;
  died(process: HostProcess): void;
}

export function hostProcess(options: ProcessOptions): HostProcess {
  return new MemoryProcess(options);
}

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

class MemoryProcess implements HostProcess {
  readonly #options: ProcessOptions;
  readonly effects: string[] = [];
  alive = true;
  crashAt: number | null = null;

  constructor(options: ProcessOptions) {
    this.#options = options;
  }

  get pid(): number {
    return this.#options.pid;
  }

  get name(): string {
    return this.#options.name;
  }

  async effect<T>(label: string, work: () => T, torn?: () => void): Promise<T> {
    if (!this.alive) return never();
    this.effects.push(label);
    if (this.effects.length === this.crashAt) {
      if (this.#options.chance.happens(0.5)) torn?.();
      this.die();
      this.#options.crashed(this);
      return never();
    }
    const result = work();
    return this.wait(Promise.resolve(result));
  }

  async look<T>(work: () => T): Promise<T> {
    if (!this.alive) return never();
    return this.wait(Promise.resolve(work()));
  }

  async wait<T>(promise: Promise<T>): Promise<T> {
    try {
      const value = await promise;
      return this.alive ? value : await never<T>();
    } catch (error) {
      if (this.alive) throw error;
      return never();
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.alive) return never();
    if (signal?.aborted === true || ms <= 0) return Promise.resolve();
    const { time } = this.#options;
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        if (this.alive) resolve();
      };
      const cancel = time.at(time.nowMs + ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  die(): void {
    if (!this.alive) return;
    this.alive = false;
    this.#options.died(this);
  }
}
