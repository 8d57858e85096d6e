import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { doneOnce } from '#console/web/server/once.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const refused = (status: number, code = 'x') => Object.assign(new Error(code), { problem: { status, code } });

/** Plays these answers one after the other and keeps the keys that were sent. */
function server(...answers: (string | Error)[]) {
  const keys: string[] = [];
  const send = (key: string): Promise<string> => {
    const answer = answers[keys.length] ?? 'more than was asked for';
    keys.push(key);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { keys, send };
}

describe('an action', () => {
  it('pressed twice is sent once, and later once more under another key', async () => {
    const { keys, send } = server('first', 'second');
    expect(await Promise.all([doneOnce('POST /a', send), doneOnce('POST /a', send)])).toEqual(['first', 'first']);
    expect(await doneOnce('POST /a', send)).toBe('second');
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  });

  it('whose answer is lost is sent again by itself, under the same key', async () => {
    const { keys, send } = server(refused(0), refused(0), 'done');
    const answer = doneOnce('POST /b', send);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(await answer).toBe('done');
    expect([keys.length, new Set(keys).size]).toEqual([3, 1]);
  });

  it('pressed again after a lost answer keeps its key for two minutes', async () => {
    const { keys, send } = server(refused(503), refused(502), 'done', 'anew');
    await expect(doneOnce('POST /c', send)).rejects.toThrow();
    await expect(doneOnce('POST /c', send)).rejects.toThrow();
    expect(await doneOnce('POST /c', send)).toBe('done');
    await doneOnce('POST /c', send);
    expect(keys[0]).toBe(keys[2]);
    expect(keys[3]).not.toBe(keys[2]);

    const late = server(refused(503), 'anew');
    await expect(doneOnce('POST /d', late.send)).rejects.toThrow();
    vi.setSystemTime(Date.now() + 121_000);
    await doneOnce('POST /d', late.send);
    expect(new Set(late.keys).size).toBe(2);
  });

  it('that is still being worked on is asked for until it is done', async () => {
    const { keys, send } = server(
      refused(0),
      ...Array.from({ length: 9 }, () => refused(409, 'request.in-progress')),
      'done',
    );
    const answer = doneOnce('POST /e', send);
    await vi.advanceTimersByTimeAsync(9_500);
    expect(await answer).toBe('done');
    expect(new Set(keys).size).toBe(1);
  });

  it('that was refused is not repeated, and pressed again is a new one', async () => {
    const { keys, send } = server(refused(409, 'request.conflict'), 'done');
    await expect(doneOnce('POST /f', send)).rejects.toThrow('request.conflict');
    await doneOnce('POST /f', send);
    expect(new Set(keys).size).toBe(2);
  });
});
