import { describe, expect, it } from 'vitest';
import { hashing } from '#console/auth/passwords.ts';
import { createTurnstile } from '#console/auth/turnstile.ts';

describe('the price of a try (G22)', () => {
  it('G22: two hashes at once, also at the moment when a turn is handed over', async () => {
    expect(hashing.atOnceMax).toBe(2);
    const turnstile = createTurnstile({ atOnceMax: 2, waitingMax: 50 });
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      inside += 1;
      most = Math.max(most, inside);
      await Promise.resolve();
      inside -= 1;
    };
    const first = Array.from({ length: 6 }, () => turnstile.pass(work));
    // Whoever comes in the very turn of the loop in which another leaves finds the place taken by those who wait.
    const late = first.map((one) => one.then(() => turnstile.pass(work)));
    await Promise.all([...first, ...late]);
    expect([most, inside]).toEqual([2, 0]);
  });

  it('goes on after a failure, and turns away when too many wait', async () => {
    const turnstile = createTurnstile({ atOnceMax: 1, waitingMax: 1 });
    const held = Promise.withResolvers<void>();
    const failing = turnstile.pass(() => held.promise);
    const waiting = turnstile.pass(() => Promise.resolve('came in'));
    await expect(turnstile.pass(() => Promise.resolve())).rejects.toMatchObject({ code: 'rate-limited' });
    held.reject(new Error('broke'));
    await expect(failing).rejects.toThrow('broke');
    expect(await waiting).toBe('came in');
  });
});
