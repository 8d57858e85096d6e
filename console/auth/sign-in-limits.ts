/**
 * Slows guessing down, in the database: several processes are no way around, nor is a restart. A try counts from the moment it begins, so that many at once are no way around, and is
 * taken back when it turns out well. Who guesses for a name keeps himself out and not whoever has that name: the limit of a
 * name alone is far higher, and does not hold where that name has come in before.
 */
import { isIPv6 } from 'node:net';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import type { OperatorParts } from '#console/auth/parts.ts';
import type { Db } from '#console/store/store.ts';
import { forgetTries, giveTryBack, readTries, takeTries } from '#console/store/tries.ts';

const windowMs = 15 * 60_000;
const limits = {
  /** From one address for one name. */
  pair: 10,
  address: 50,
  /** From wherever. */
  name: 100,
  /** Codes, by who knows the password: six digits stand guessing for a few days and not longer. */
  code: 10,
  /** Where a name has come in; no limit. */
  door: 1,
} as const;

type Limit = keyof typeof limits;
type Counted = readonly [limit: Limit, key: string];

export interface Try {
  /** Before a code is looked at. Fault `rate-limited`. */
  demandCode(): Promise<void>;
  /** It was no guess: the password is right, and the code was not given yet. */
  forgive(): Promise<void>;
  /** All of it was right. */
  cameIn(): Promise<void>;
}

export interface SignInLimits {
  /** Fault `rate-limited` when there were too many failures lately; else this one counts as a failure until it says otherwise. */
  demand(name: string, address: string): Promise<Try>;
  /** The same where no name is known: single sign-on, whose failures are told as such. */
  demandFrom(address: string): Promise<void>;
  failedFrom(address: string): Promise<void>;
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

/** Known for so long after it was last come in by. */
const doorKeptMs = 90 * 86_400_000;

/** By password, and by a provider: who fails at one of them is not kept from the other. */
type Way = 'sign-in' | 'sign-on';

export function createSignInLimits(
  { store, clock }: Pick<OperatorParts, 'store' | 'clock'>,
  way: Way = 'sign-in',
): SignInLimits {
  // Of one length, whatever somebody sends as a name.
  const keyOf = ([limit, key]: Counted): string => `${way} ${limit} ${sha256Hex(key)}`;
  async function count(db: Db, all: readonly Counted[]): Promise<void> {
    const nowMs = clock.now();
    for (const one of all) {
      const tried = { name: keyOf(one), amount: 1, max: limits[one[0]], nowMs, windowMs };
      if ((await takeTries(db, tried)) === null) await refuse(db, one);
    }
  }
  /** Fault `rate-limited` when there is no room for one more. */
  async function refuse(db: Db, one: Counted): Promise<void> {
    const nowMs = clock.now();
    const known = await readTries(db, keyOf(one), nowMs);
    if (known === null || known.count < limits[one[0]]) return;
    throw tooMany(known.endsAt - nowMs);
  }
  async function takeBack(db: Db, all: readonly Counted[]): Promise<void> {
    for (const one of all) await giveTryBack(db, keyOf(one));
  }
  return {
    demandFrom: (address) => refuse(store.read, ['address', networkOf(address)]),
    async failedFrom(address) {
      const tried = { name: keyOf(['address', networkOf(address)]), amount: 1, windowMs };
      await store.write((db) => takeTries(db, { ...tried, max: Number.MAX_SAFE_INTEGER, nowMs: clock.now() }));
    },
    async demand(name, address) {
      const [who, network] = [name.trim().toLowerCase(), networkOf(address)];
      const door = JSON.stringify([who, network]);
      const doorKey = keyOf(['door', door]);
      const known = await readTries(store.read, doorKey, clock.now());
      const own: Counted[] = [
        ['pair', door],
        ['address', network],
      ];
      const all: readonly Counted[] = known === null ? [...own, ['name', who]] : own;
      await store.write((db) => count(db, all));
      return {
        demandCode: () => store.write((db) => count(db, [['code', who]])),
        forgive: () => store.write((db) => takeBack(db, all)),
        cameIn: () =>
          store.write(async (db) => {
            await takeBack(db, all);
            await forgetTries(db, [keyOf(['pair', door]), keyOf(['code', who]), doorKey]);
            const opened = { name: doorKey, amount: 1, max: 1, nowMs: clock.now(), windowMs: doorKeptMs };
            await takeTries(db, opened);
          }),
      };
    },
  };
}

function tooMany(retryAfterMs: number): Fault {
  return new Fault('rate-limited', 'too many failed tries', { context: { retryAfterMs } });
}
