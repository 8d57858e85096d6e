import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#protocol/crypto.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { consoleSupply } from '#agent/link/supply.ts';
import type { Directory } from '#platform/files.ts';
import { candidate } from '#test/agent/plan/input.ts';

const whole = Buffer.from('the bytes of a package');
const wanted = { ...candidate, sizeBytes: whole.length, sha256: sha256Hex(whole) };

interface Answer {
  readonly status: number;
  readonly range?: string;
  readonly bytes: Buffer;
}

/** A directory with one file that grows, and a console that answers downloads in turn. */
function setting(held: Buffer, answers: Answer[]) {
  const state = { bytes: held, asked: [] as (string | null)[] };
  const packages = {
    remove: async () => void (state.bytes = Buffer.alloc(0)),
    openDownload: async () => ({
      sizeBytes: state.bytes.length,
      write: async (bytes: Uint8Array) => void (state.bytes = Buffer.concat([state.bytes, bytes])),
      finish: async () => undefined,
      close: async () => undefined,
    }),
  } as unknown as Directory;
  const download: ConsoleClient['download'] = async (_path, { range, begin, chunk }) => {
    state.asked.push(range);
    const answer = answers.shift();
    if (answer === undefined) throw new Error('asked too often');
    const headers: Record<string, string> = answer.range === undefined ? {} : { 'content-range': answer.range };
    if (await begin(answer.status, headers)) await chunk(answer.bytes);
  };
  const supply = consoleSupply({
    client: { download } as unknown as ConsoleClient,
    packages,
    identity: () => {
      throw new Error('not needed');
    },
  });
  return { state, fetch: () => supply.fetchPackage(wanted, 'name', () => undefined) };
}

describe('a download that goes on', () => {
  it('takes the rest', async () => {
    const { state, fetch } = setting(whole.subarray(0, 4), [
      { status: 206, range: `bytes 4-${whole.length - 1}/${whole.length}`, bytes: whole.subarray(4) },
    ]);
    await fetch();
    expect(state.asked).toEqual(['bytes=4-']);
    expect(state.bytes).toEqual(whole);
  });

  it('is not mixed with another part: it begins anew', async () => {
    const { state, fetch } = setting(whole.subarray(0, 4), [
      { status: 206, range: `bytes 0-${whole.length - 1}/${whole.length}`, bytes: whole },
      { status: 200, bytes: whole },
    ]);
    await expect(fetch()).rejects.toMatchObject({ code: 'download.interrupted' });
    await fetch();
    expect(state.asked).toEqual(['bytes=4-', null]);
    expect(state.bytes).toEqual(whole);
  });

  it('begins anew when the console sends everything again, and never takes more than was signed for', async () => {
    const again = setting(whole.subarray(0, 4), [{ status: 200, bytes: whole }]);
    await again.fetch();
    expect(again.state.bytes).toEqual(whole);
    const more = setting(Buffer.alloc(0), [{ status: 200, bytes: Buffer.concat([whole, whole]) }]);
    await expect(more.fetch()).rejects.toMatchObject({ code: 'download.digest-mismatch' });
    expect(more.state.bytes.length).toBe(0);
  });

  it('says what is missing when fewer bytes come', async () => {
    const { fetch } = setting(Buffer.alloc(0), [{ status: 200, bytes: whole.subarray(0, 5) }]);
    await expect(fetch()).rejects.toMatchObject({ code: 'download.interrupted' });
  });
});
