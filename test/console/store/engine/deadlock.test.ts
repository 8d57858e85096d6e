import { describe, expect, it } from 'vitest';
import { againAfterDeadlock } from '#console/store/engine/deadlock.ts';

function failing(times: number, code: string) {
  let calls = 0;
  const transaction = (): Promise<number> => {
    calls += 1;
    return calls <= times ? Promise.reject(Object.assign(new Error('given up'), { code })) : Promise.resolve(calls);
  };
  return { transaction, calls: () => calls };
}

describe('a transaction that the database gave up for another', () => {
  it.each(['40P01', '40001'])('runs again: %s', async (code) => {
    expect(await againAfterDeadlock(failing(2, code).transaction)).toBe(3);
  });

  it('not for ever, and not for anything else', async () => {
    const endless = failing(100, '40P01');
    await expect(againAfterDeadlock(endless.transaction)).rejects.toThrow('given up');
    expect(endless.calls()).toBe(5);
    const unique = failing(1, '23505');
    await expect(againAfterDeadlock(unique.transaction)).rejects.toThrow('given up');
    expect(unique.calls()).toBe(1);
  });
});
