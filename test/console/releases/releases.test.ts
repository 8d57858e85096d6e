import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { generateSigningKey } from '#protocol/crypto.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { createReleases, type Releases } from '#console/releases/releases.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, writeRelease } from '#test/worlds/release/release.ts';

const keys = [testReleaseKey.publicKey];
const nowMs = Date.parse('2026-11-29T00:00:00.000Z');
let work: string;
let from: string;
let to: string;
let releases: Releases;

beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'garrison-releases-'));
  [from, to] = [join(work, 'from'), join(work, 'releases')];
  releases = createReleases({ directory: to, keys, clock: { now: () => nowMs } });
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

const bytes = Buffer.from('agent');
const files = new Map<string, Uint8Array>([['garrison-agent-linux-x64', bytes]]);
const take = (key = keys): Promise<unknown> => importRelease({ from, to, keys: key, nowMs });
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'taken',
    (error: unknown) => (error instanceof Fault ? error.code : String(error)),
  );

describe('importing a release', () => {
  it('takes every file that was signed and offers it by target and kind', async () => {
    writeRelease(from, files, release());
    await take();
    const held = await releases.artifact('linux-x64', 'binary');
    expect(held).toMatchObject({ size: 5, version: '0.2.0' });
    expect(readFileSync(held?.path ?? '')).toEqual(bytes);
    expect(await releases.artifact('linux-x64', 'deb')).toBeNull();
  });

  it('refuses a file that is missing, altered or longer, and leaves nothing of it', async () => {
    writeRelease(from, new Map(), release());
    expect(await codeOf(take())).toBe('release.incomplete');
    for (const other of ['agenT', 'agent and more', 'a']) {
      writeFileSync(join(from, 'garrison-agent-linux-x64'), other);
      expect(await codeOf(take())).toBe('release.incomplete');
    }
    expect(await releases.list()).toEqual([]);
  });

  it('G15: refuses what another key signed, what nobody signed, and a manifest for reading that says something else', async () => {
    writeRelease(from, files, release(), generateSigningKey());
    expect(await codeOf(take())).toBe('release.untrusted');
    writeRelease(from, files, release());
    expect(await codeOf(take([]))).toBe('release.no-key');
    writeFileSync(join(from, 'release.json'), JSON.stringify(release({ version: '0.3.0' })));
    expect(await codeOf(take())).toBe('release.untrusted');
    rmSync(join(from, 'release.json.sig'));
    expect(await codeOf(take())).toBe('release.untrusted');
  });

  it('offers the newest that has not expired, and lists all', async () => {
    const versions = [
      release({ version: '0.9.0' }),
      release({ version: '0.10.0' }),
      release({ version: '0.10.0-rc.1' }),
    ];
    for (const one of versions) {
      writeRelease(from, files, one);
      await take();
    }
    expect((await releases.list()).map((held) => held.release.version)).toEqual(['0.10.0', '0.10.0-rc.1', '0.9.0']);
    expect((await releases.current())?.release.version).toBe('0.10.0');
    const later = createReleases({ directory: to, keys, clock: { now: () => Date.parse('2100-01-01T00:00:00Z') } });
    expect(await later.current()).toBeNull();
    expect((await later.find('0.9.0'))?.release.version).toBe('0.9.0');
  });

  it('takes the same version again, signed anew', async () => {
    writeRelease(from, files, release());
    await take();
    writeRelease(from, files, release({ issuedAt: '2026-11-20T00:00:00.000Z' }));
    await take();
    expect((await releases.list()).map((held) => held.release.issuedAt)).toEqual(['2026-11-20T00:00:00.000Z']);
  });

  it('does not believe what was laid into its directory by other means', async () => {
    writeRelease(join(to, '6.6.6'), files, release({ version: '6.6.6' }), generateSigningKey());
    writeRelease(join(to, '0.3.0'), new Map([['garrison-agent-linux-x64', bytes]]), {
      ...release({ version: '0.3.0' }),
      artifacts: [artifact('linux-x64', 'binary', 'garrison-agent-linux-x64', bytes)],
    });
    expect((await releases.list()).map((held) => held.release.version)).toEqual(['0.3.0']);
  });
});
