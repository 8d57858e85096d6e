/** Guessing at the door, by many at once and from many places; and keeping others out by guessing for them (G22). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret, TOTP } from 'otpauth';
import { sessionRoutes } from '#console/api/session.ts';
import { createSignInLimits } from '#console/auth/sign-in-limits.ts';
import { switchSecondFactor } from '#console/auth/switch-second-factor.ts';
import { ConsoleWorld, origin } from '#test/worlds/fleet/console.ts';

const password = 'correct horse battery';
let world: ConsoleWorld;
beforeEach(async () => {
  world = await ConsoleWorld.start();
  await world.administrator('ann', password);
});
afterEach(() => world.stop());

async function signIn(remoteAddress: string, proof: { password: string; code?: string }): Promise<string> {
  const payload = { name: 'ann', ...proof };
  const { method, path: url } = sessionRoutes.signIn;
  const answer = await world.operatorApp.inject({ method, url, payload, headers: { origin }, remoteAddress });
  const { kind, code } = answer.json<{ kind?: string; code?: string }>();
  return kind ?? code ?? String(answer.statusCode);
}
const counted = (answers: readonly string[], what: string): number => answers.filter((one) => one === what).length;
const stranger = (number: number): string => `203.0.113.${number}`;

describe('G22: guessing', () => {
  it('is slowed down also when all guesses come at once', async () => {
    const guesses = Array.from({ length: 40 }, () => signIn(stranger(1), { password: 'guess' }));
    const answers = await Promise.all(guesses);
    expect([counted(answers, 'auth.refused'), counted(answers, 'rate-limited')]).toEqual([10, 30]);
  });

  it('a code by who knows the password is slowed down from however many places, also all at once', async () => {
    const parts = { store: world.store, sealer: world.sealer, clock: world.side.clock };
    const factor = await switchSecondFactor(parts, 'ann', true);
    const right = new TOTP({ secret: Secret.fromBase32(factor?.secret ?? '') });
    const wrong = (Number(right.generate({ timestamp: world.nowMs })) + 1).toString().padStart(6, '0').slice(-6);
    const guesses = Array.from({ length: 30 }, (_, turn) => signIn(stranger(turn), { password, code: wrong }));
    const answers = await Promise.all(guesses);
    expect([counted(answers, 'auth.refused'), counted(answers, 'rate-limited')]).toEqual([10, 20]);
    world.nowMs += 16 * 60_000;
    const code = right.generate({ timestamp: world.nowMs });
    expect(await signIn(stranger(99), { password, code })).toBe('signed-in');
  });

  it('a code that was seen opens once, also for two who come at the same moment', async () => {
    const parts = { store: world.store, sealer: world.sealer, clock: world.side.clock };
    const factor = await switchSecondFactor(parts, 'ann', true);
    const code = new TOTP({ secret: Secret.fromBase32(factor?.secret ?? '') }).generate({ timestamp: world.nowMs });
    const answers = await Promise.all([1, 2, 3].map((number) => signIn(stranger(number), { password, code })));
    expect(answers.toSorted()).toEqual(['auth.refused', 'auth.refused', 'signed-in']);
  });

  it('for others keeps them out neither of their own door nor of others', async () => {
    for (let turn = 0; turn < 11; turn += 1) await signIn(stranger(1), { password: 'guess' });
    expect(await signIn(stranger(1), { password })).toBe('rate-limited');
    expect(await signIn(stranger(2), { password })).toBe('signed-in');
  });
});

describe('G22: the limits', () => {
  const refused = (work: () => Promise<unknown>): Promise<boolean> =>
    work().then(
      () => false,
      () => true,
    );
  const limitsAt = (now: () => number) => createSignInLimits({ store: world.store, clock: { now } });

  it('end all guesses for one name at last, but not where it has come in before', async () => {
    const limits = limitsAt(() => 1_000);
    await (await limits.demand('ann', '198.51.100.7')).cameIn();
    let taken = 0;
    for (let turn = 0; turn < 130; turn += 1)
      if (!(await refused(() => limits.demand('ann', `203.0.${turn >> 8}.${turn & 255}`)))) taken += 1;
    expect(taken).toBe(100);
    expect(await refused(() => limits.demand('ann', '198.51.100.7'))).toBe(false);
    expect(await refused(() => limits.demand('ann', '198.51.100.8'))).toBe(true);
  });

  it('see one network in all the addresses that a provider hands to one customer', async () => {
    const limits = limitsAt(() => 1_000);
    let taken = 0;
    for (let turn = 0; turn < 200; turn += 1)
      if (!(await refused(() => limits.demand(`name${turn}`, `2001:db8:0:1::${turn.toString(16)}`)))) taken += 1;
    expect(taken).toBe(50);
    expect(await refused(() => limits.demand('other', '2001:db8:0:2::1'))).toBe(false);
    expect(await refused(() => limits.demand('other', '::ffff:198.51.100.1'))).toBe(false);
    expect(await refused(() => limits.demand('other', '::ffff:198.51.100.2'))).toBe(false);
  });

  it('are not forgotten because many others guess too', async () => {
    let nowMs = 0;
    const limits = limitsAt(() => nowMs);
    const flood = async (from: number, to: number): Promise<void> => {
      for (let turn = from; turn < to; turn += 1)
        await refused(() => limits.demand(`n${turn}`, `10.${turn >> 16}.${(turn >> 8) & 255}.${turn & 255}`));
    };
    await flood(0, 150);
    for (let turn = 0; turn < 10; turn += 1) await limits.demand('ann', '203.0.113.1');
    expect(await refused(() => limits.demand('ann', '203.0.113.1'))).toBe(true);
    await flood(150, 300);
    expect(await refused(() => limits.demand('ann', '203.0.113.1'))).toBe(true);
    nowMs += 16 * 60_000;
    expect(await refused(() => limits.demand('ann', '203.0.113.1'))).toBe(false);
  });

  it('count nothing of whoever gave the right password and has yet to give a code', async () => {
    const limits = limitsAt(() => 1_000);
    for (let turn = 0; turn < 30; turn += 1) await (await limits.demand('ann', '203.0.113.1')).forgive();
    expect(await refused(() => limits.demand('ann', '203.0.113.1'))).toBe(false);
  });
});
