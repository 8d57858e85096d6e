/**
 * Slows guessing down, in memory. A try counts from the moment it begins, so that many at once are no way around, and is
 * taken back when it turns out well. Who guesses for a name keeps himself out and not whoever has that name: the limit of a
 * name alone is far higher, and does not hold where that name has come in before.
 */
import { isIPv6 } from 'node:net';
import { Fault } from '#protocol/codes.ts';

const windowMs = 15 * 60_000;
const limits = {
  /** From one address for one name. */
  pair: 10,
  address: 50,
  /** From wherever. */
  name: 100,
  /** Codes, by who knows the password: six digits stand guessing for a few days and not longer. */
  code: 10,
} as const;
/** Of each: tries of a quarter of an hour, and where names have come in. */
const keptMax = 50_000;

type Limit = keyof typeof limits;
type Counted = readonly [limit: Limit, key: string];

export interface Try {
  /** Before a code is looked at. Fault `rate-limited`. */
  demandCode(): void;
  /** It was no guess: the password is right, and the code was not given yet. */
  forgive(): void;
  /** All of it was right. */
  cameIn(): void;
}

export interface SignInLimits {
  /** Fault `rate-limited` when there were too many failures lately; else this one counts as a failure until it says otherwise. */
  demand(name: string, address: string): Try;
  /** The same where no name is known: single sign-on, whose failures are told as such. */
  demandFrom(address: string): void;
  failedFrom(address: string): void;
}

/** Of IPv6 the network: a customer has all the addresses in it. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [before = '', after] = address.split('%', 1)[0]?.split('::') ?? [];
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const [front, back] = [groups(before), groups(after ?? '')];
  const zeros = Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}

/** Keeps the newest: what many others do makes nobody's past forgotten at once. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > keptMax) map.delete(map.keys().next().value ?? '');
}

export function createSignInLimits(now: () => number): SignInLimits {
  const failures = new Map<string, readonly number[]>();
  const doors = new Map<string, true>();
  const recent = (key: string): readonly number[] => (failures.get(key) ?? []).filter((at) => at > now() - windowMs);
  const keyOf = ([limit, key]: Counted): string => `${limit} ${key}`;
  function refuse(all: readonly Counted[]): void {
    for (const one of all) {
      const tries = recent(keyOf(one));
      const first = tries[0];
      if (first === undefined || tries.length < limits[one[0]]) continue;
      throw new Fault('rate-limited', 'too many failed tries', { context: { retryAfterMs: first + windowMs - now() } });
    }
  }
  function note(all: readonly Counted[]): number {
    const at = now();
    for (const one of all) keep(failures, keyOf(one), [...recent(keyOf(one)), at]);
    return at;
  }
  function count(all: readonly Counted[]): number {
    refuse(all);
    return note(all);
  }
  function takeBack(all: readonly Counted[], at: number): void {
    for (const one of all) {
      const tries = [...(failures.get(keyOf(one)) ?? [])];
      const index = tries.lastIndexOf(at);
      if (index >= 0) tries.splice(index, 1);
      if (tries.length === 0) failures.delete(keyOf(one));
      else failures.set(keyOf(one), tries);
    }
  }
  return {
    demandFrom: (address) => refuse([['address', networkOf(address)]]),
    failedFrom: (address) => void note([['address', networkOf(address)]]),
    demand(name, address) {
      const [who, network] = [name.trim().toLowerCase(), networkOf(address)];
      const door = JSON.stringify([who, network]);
      const own: Counted[] = [
        ['pair', door],
        ['address', network],
      ];
      const all: readonly Counted[] = doors.has(door) ? own : [...own, ['name', who]];
      const at = count(all);
      return {
        demandCode: () => void count([['code', who]]),
        forgive: () => takeBack(all, at),
        cameIn() {
          takeBack(all, at);
          failures.delete(keyOf(['pair', door]));
          failures.delete(keyOf(['code', who]));
          keep(doors, door, true);
        },
      };
    },
  };
}
