/** Slows guessing down: tries per name and per address, in memory. */
import { Fault } from '#protocol/codes.ts';

const windowMs = 15 * 60_000;
const perNameMax = 10;
const perAddressMax = 50;
const keptMax = 50_000;

export interface SignInLimits {
  /** Fault `rate-limited` when there were too many failures lately. */
  demand(name: string, address: string): void;
  failed(name: string, address: string): void;
  succeeded(name: string): void;
  /** As `demand` and `failed`, where no name is known: single sign-on. */
  demandFrom(address: string): void;
  failedFrom(address: string): void;
}

export function createSignInLimits(now: () => number): SignInLimits {
  const failures = new Map<string, number[]>();
  const recent = (key: string): number[] => (failures.get(key) ?? []).filter((at) => at > now() - windowMs);
  const refuseOver = (key: string, max: number): void => {
    const tries = recent(key);
    const first = tries[0];
    if (first === undefined || tries.length < max) return;
    throw new Fault('rate-limited', 'too many failed tries', { context: { retryAfterMs: first + windowMs - now() } });
  };
  const addressKey = (address: string): string => `address ${address}`;
  const note = (keys: readonly string[]): void => {
    if (failures.size > keptMax) failures.clear();
    for (const key of keys) failures.set(key, [...recent(key), now()]);
  };
  const nameKey = (name: string): string => `name ${name.toLowerCase()}`;
  return {
    demand(name, address) {
      refuseOver(nameKey(name), perNameMax);
      refuseOver(addressKey(address), perAddressMax);
    },
    failed: (name, address) => note([nameKey(name), addressKey(address)]),
    succeeded: (name) => void failures.delete(nameKey(name)),
    demandFrom: (address) => refuseOver(addressKey(address), perAddressMax),
    failedFrom: (address) => note([addressKey(address)]),
  };
}
