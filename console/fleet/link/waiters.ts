/** Held command requests: at most one a device, woken by hints. Registering comes before reading, so no wake is lost. */
export type Wake = 'command' | 'check-in' | 'timeout' | 'replaced' | 'gone' | 'revoked' | 'drain';

export interface Waiter {
  /** Resolves at the first wake since registration or the last wait, at the latest after `waitMs`. */
  wait(waitMs: number): Promise<Wake>;
  wake(why: Wake): void;
  release(): void;
}

export interface Waiters {
  /** An older held request of the same device is answered as `replaced`. */
  register(device: { readonly deviceId: string; readonly organisationId: string }): Waiter;
  wake(deviceId: string, why: Wake): void;
  /** Everybody of an organisation (null: everybody), spread over `spreadMs` so that they do not all come at once. */
  wakeAll(organisationId: string | null, why: Wake, spreadMs: number): void;
  held(): number;
}

interface Held extends Waiter {
  readonly organisationId: string;
}

function createWaiter(organisationId: string, onRelease: () => void): Held {
  let early: Wake | null = null;
  let settle: ((why: Wake) => void) | null = null;
  let timer: ReturnType<typeof setTimeout> | null = null;
  const wake = (why: Wake): void => {
    if (settle === null) early ??= why;
    else settle(why);
  };
  return {
    organisationId,
    wake,
    wait: (waitMs) =>
      new Promise((resolve) => {
        settle = (why) => {
          settle = null;
          if (timer !== null) clearTimeout(timer);
          resolve(why);
        };
        timer = setTimeout(() => wake('timeout'), waitMs);
        const missed = early;
        early = null;
        if (missed !== null) wake(missed);
      }),
    release() {
      if (timer !== null) clearTimeout(timer);
      onRelease();
    },
  };
}

export function createWaiters(): Waiters {
  const byDevice = new Map<string, Held>();
  return {
    register({ deviceId, organisationId }) {
      byDevice.get(deviceId)?.wake('replaced');
      const waiter = createWaiter(organisationId, () => {
        if (byDevice.get(deviceId) === waiter) byDevice.delete(deviceId);
      });
      byDevice.set(deviceId, waiter);
      return waiter;
    },
    wake: (deviceId, why) => byDevice.get(deviceId)?.wake(why),
    wakeAll(organisationId, why, spreadMs) {
      const chosen = [...byDevice.values()].filter(
        (held) => organisationId === null || held.organisationId === organisationId,
      );
      for (const [index, held] of chosen.entries()) {
        const delayMs = Math.floor((index / chosen.length) * spreadMs);
        if (delayMs === 0) held.wake(why);
        else setTimeout(() => held.wake(why), delayMs).unref();
      }
    },
    held: () => byDevice.size,
  };
}
