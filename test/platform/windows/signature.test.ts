import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { judgeAuthenticode } from '#platform/windows/parse/authenticode.ts';
import { organisationOf } from '#platform/windows/parse/distinguished-name.ts';
import { msiMetadata } from '#platform/windows/parse/msi.ts';
import { programMetadata } from '#platform/windows/parse/portable-executable.ts';
import type { ReadAt } from '#platform/windows/parse/read-at.ts';
import { verifySignature } from '#platform/windows/packages.ts';
import { fakeStarter, framed } from '#test/platform/windows/starter.ts';

const pinned = {
  rpmKeys: [],
  appleTeamIds: [],
  authenticodeOrganisations: ['Sentinel Labs, Inc.', 'SentinelOne, Inc.'],
};
const subject = 'CN="Sentinel Labs, Inc.", O="Sentinel Labs, Inc.", L=Mountain View, S=California, C=US';
const valid = { status: 'Valid', type: 'Authenticode', subject, thumbprint: 'AB' };

describe('G5 Authenticode', () => {
  it('trusts exactly a pinned organisation', () => {
    expect(judgeAuthenticode(valid, pinned.authenticodeOrganisations)).toEqual({
      status: 'trusted',
      publisher: 'Sentinel Labs, Inc.',
    });
  });

  it.each([
    ['CN="Sentinel Labs, Inc.", O=Other Inc., C=US'],
    ['CN=x, O="Sentinel Labs, Inc. Ltd", C=US'],
    ['CN=x, O="sentinel labs, inc.", C=US'],
    ['CN="x, O=""Sentinel Labs, Inc.""", C=US'],
    ['CN=x, O="Sentinel Labs, Inc.", O=Other Inc., C=US'],
    ['CN=x, OU="Sentinel Labs, Inc.", C=US'],
    ['CN=x, O="Sentinel Labs, Inc."evil, C=US'],
    ['O="Sentinel Labs, Inc.", CN="unfinished'],
    [''],
  ])('does not trust %s', (name) => {
    expect(judgeAuthenticode({ ...valid, subject: name }, pinned.authenticodeOrganisations).status).toBe('untrusted');
  });

  it.each([
    ['NotSigned', 'unsigned'],
    ['NotSupportedFileFormat', 'unsigned'],
    ['HashMismatch', 'altered'],
    ['NotTrusted', 'untrusted'],
    ['UnknownError', 'untrusted'],
    ['Gültig', 'failed'],
    ['', 'failed'],
  ])('judges %s as %s', (status, verdict) => {
    expect(judgeAuthenticode({ ...valid, status }, pinned.authenticodeOrganisations).status).toBe(verdict);
  });

  it('takes no signature of a catalogue, which speaks for another file', () => {
    expect(judgeAuthenticode({ ...valid, type: 'Catalog' }, pinned.authenticodeOrganisations).status).toBe('untrusted');
    expect(judgeAuthenticode({ ...valid, type: '' }, pinned.authenticodeOrganisations).status).toBe('trusted');
  });

  it('reads names as .NET writes them', () => {
    expect(organisationOf('CN=a, OU="x, y", O=Plain GmbH')).toBe('Plain GmbH');
    expect(organisationOf('OID.2.5.4.15=Private, O="A ""B"" C", C=US')).toBe('A "B" C');
    expect(organisationOf('CN=a + O=Plain, C=US')).toBe('Plain');
  });

  it('has failed when PowerShell says nothing, whatever it exits with', async () => {
    const starter = fakeStarter(() => ({ code: 0, stdout: '' }));
    const verdict = await verifySignature(starter, 'exe', { path: 'C:\\a.exe', pinned });
    expect(verdict.status).toBe('failed');
  });

  it('asks about the very path, whatever quotation marks are in it', async () => {
    const starter = fakeStarter(() => ({ stdout: framed({ signature: valid }) }));
    const verdict = await verifySignature(starter, 'msi', { path: "C:\\it's ’a’.msi", pinned });
    expect(verdict.status).toBe('trusted');
    expect(starter.scripts[0]).toContain("-LiteralPath 'C:\\it''s ’’a’’.msi'");
  });

  it('trusts nobody when nobody is pinned', async () => {
    const starter = fakeStarter(() => ({ stdout: framed({ signature: valid }) }));
    const nobody = { ...pinned, authenticodeOrganisations: [] };
    expect((await verifySignature(starter, 'exe', { path: 'C:\\a.exe', pinned: nobody })).status).toBe('untrusted');
    expect(starter.asked).toEqual([]);
  });
});

describe('G5 what a package says of itself', () => {
  const readerOf =
    (bytes: Uint8Array): ReadAt =>
    async (position, length) =>
      bytes.slice(Math.min(position, bytes.length), Math.min(position + length, bytes.length));
  const file = (name: string): Uint8Array =>
    readFileSync(new URL(`../../fixtures/windows/packages/${name}`, import.meta.url));

  it.each([
    ['x64.exe', 'x64'],
    ['x86.exe', 'x86'],
  ])('%s: product, four numbers and processor from its headers', async (name, architecture) => {
    expect(await programMetadata(readerOf(file(name)))).toEqual({
      name: 'Sentinel Agent',
      version: '24.1.4.257',
      architecture,
    });
  });

  it.each([
    ['x64.msi', 'x64'],
    ['x86.msi', 'x86'],
  ])('%s: product, version and processor from its tables', async (name, architecture) => {
    expect(await msiMetadata(readerOf(file(name)))).toEqual({
      name: 'Sentinel Agent',
      version: '24.1.4.257',
      architecture,
    });
  });

  it('is nothing for what is no package', async () => {
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(4096),
      file('x64.msi').slice(0, 600),
      file('x64.exe').slice(0, 200),
    ]) {
      expect(await programMetadata(readerOf(bytes))).toBeNull();
      expect(await msiMetadata(readerOf(bytes))).toBeNull();
    }
  });

  it('never hangs or throws on a damaged file, wherever it is damaged', async () => {
    for (const [name, read] of [
      ['x64.exe', programMetadata],
      ['x64.msi', msiMetadata],
    ] as const) {
      const whole = file(name);
      for (let at = 0; at < whole.length; at += 37) {
        for (const value of [0, 0xff, 0x7f]) {
          const damaged = whole.slice();
          damaged[at] = value;
          const metadata = await read(readerOf(damaged));
          expect(metadata === null || typeof metadata.version === 'string').toBe(true);
        }
      }
    }
  });
});
