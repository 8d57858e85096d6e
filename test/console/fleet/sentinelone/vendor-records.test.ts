import { describe, expect, it, vi } from 'vitest';
import type { Connections } from '#console/fleet/connections/connections.ts';
import { createVendorRecords } from '#console/fleet/sentinelone/vendor-records.ts';
import { Fault } from '#protocol/codes.ts';

/** A SentinelOne that answers when told to, and remembers what it was asked. */
function slowVendor() {
  const asked: string[] = [];
  const answers: ((fail?: Error) => void)[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  const json = ({ query, signal }: { query: { uuids: readonly string[] }; signal?: AbortSignal }) =>
    new Promise((resolve, reject) => {
      asked.push(query.uuids.join(','));
      signals.push(signal);
      answers.push((fail) =>
        fail === undefined ? resolve({ data: [], pagination: { totalItems: 0, nextCursor: null } }) : reject(fail),
      );
    });
  const connections = {
    client: () => Promise.resolve({ client: { json }, row: {} }),
    scopeOf: () => ({}),
  } as unknown as Connections;
  const clock = { nowMs: 0, now: () => clock.nowMs };
  return { asked, answers, signals, clock, records: createVendorRecords({ connections, clock }) };
}

const kindOf = async (reading: Promise<{ kind: string }>): Promise<string> => (await reading).kind;

describe('looking up agents at SentinelOne', () => {
  it('asks for four at once, keeps forty waiting, and turns more away', async () => {
    const { asked, answers, records } = slowVendor();
    const readings = Array.from({ length: 44 }, (_, at) => kindOf(records.read('con', `u-${at}`)));
    await vi.waitFor(() => expect(asked).toHaveLength(4));
    expect(await records.read('con', 'u-one-more')).toMatchObject({ kind: 'failed', fault: { code: 'overloaded' } });
    for (let done = 0; done < 44; done += 1) {
      await vi.waitFor(() => expect(answers[done]).toBeDefined());
      expect(asked.length).toBeLessThanOrEqual(done + 4);
      answers[done]?.();
    }
    expect(new Set(await Promise.all(readings))).toEqual(new Set(['read']));
    expect(asked).toHaveLength(44);
  });

  it('asks once for whoever comes while the answer is on its way', async () => {
    const { asked, answers, records } = slowVendor();
    const both = [records.read('con', 'u-1'), records.read('con', 'u-1')];
    await vi.waitFor(() => expect(answers).toHaveLength(1));
    answers[0]?.();
    const [one, other] = await Promise.all(both);
    expect(one).toBe(other);
    expect(await records.read('con', 'u-1')).toBe(one);
    void records.read('another', 'u-1');
    await vi.waitFor(() => expect(asked).toEqual(['u-1', 'u-1']));
  });

  it('gives its place back after a failure, and throws what is no fault', async () => {
    const { answers, records, clock } = slowVendor();
    for (let tries = 0; tries < 6; tries += 1) {
      const reading = records.read('con', 'u-1');
      await vi.waitFor(() => expect(answers).toHaveLength(tries + 1));
      answers[tries]?.(new Fault('sentinelone.throttled', 'wait'));
      expect(await reading).toMatchObject({ kind: 'failed', fault: { code: 'sentinelone.throttled' } });
      clock.nowMs += 10_000;
    }
    const broken = records.read('con', 'u-1');
    await vi.waitFor(() => expect(answers).toHaveLength(7));
    answers[6]?.(new TypeError('a mistake of ours'));
    await expect(broken).rejects.toThrow('a mistake of ours');
  });

  it('gives up after twenty seconds', async () => {
    const limits: number[] = [];
    const limit = new AbortController();
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms);
      return limit.signal;
    });
    const { answers, signals, records } = slowVendor();
    const reading = records.read('con', 'u-1');
    await vi.waitFor(() => expect(signals).toEqual([limit.signal]));
    limit.abort();
    answers[0]?.(new DOMException('aborted', 'TimeoutError'));
    expect(await reading).toMatchObject({ kind: 'failed', fault: { code: 'sentinelone.unavailable' } });
    expect(limits).toEqual([20_000]);
    timeout.mockRestore();
  });
});
