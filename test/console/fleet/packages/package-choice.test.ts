import { describe, expect, it } from 'vitest';
import type { PackageRow } from '#console/api/packages.ts';
import { adviceFor, chosenOf, whyNot } from '#console/fleet/packages/package-choice.ts';
import type { VersionPolicy } from '#protocol/assignment.ts';

const base: PackageRow = {
  packageId: 'p',
  target: 'linux-x64-deb',
  format: 'deb',
  version: '24.2.2.20',
  source: 'baseline',
  release: 'ga',
  fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
  sizeBytes: 1,
  sha256: 'a'.repeat(64),
  connectionName: 'Main',
  state: 'ready',
  progress: null,
  problem: null,
  readyAt: null,
  listed: true,
  whyNot: null,
  chosenByOrganisations: 0,
  sha1: null,
  publisher: { checkedBy: 'digest-only', names: [] },
};
const row = (packageId: string, rest: Partial<PackageRow>): PackageRow => ({ ...base, packageId, ...rest });
const newer = row('newer', { version: '24.3.1.9', source: 'vendor' });
const early = row('early', { version: '25.1.1.5', source: 'vendor', release: 'ea' });
const tested = row('tested', {});
const baseline: VersionPolicy = { kind: 'baseline' };
const latest: VersionPolicy = { kind: 'latest-ga' };

describe('what new installs get', () => {
  it.each<[string, VersionPolicy, PackageRow[], string | null]>([
    ['the tested version, however new others are', baseline, [early, newer, tested], 'tested'],
    ['nothing rather than another version', baseline, [early, newer], null],
    ['the newest GA, never an early one', latest, [early, newer, tested], 'newer'],
    ['exactly the version asked for', { kind: 'exact', version: '25.1.1.5' }, [early, newer, tested], 'early'],
    ['nothing that is not here', latest, [row('far', { version: '24.9.0.1', state: 'offered' }), newer], 'newer'],
  ])('%s', (_what, policy, rows, chosen) => {
    expect(chosenOf(policy, rows)?.packageId ?? null).toBe(chosen);
  });

  it('says of every other one why it is not', () => {
    const older = row('older', { version: '23.2.2.4', source: 'vendor' });
    const waiting = row('waiting', { version: '24.9.0.1', source: 'vendor', state: 'offered' });
    const twin = row('twin', { version: '24.3.1.9', source: 'upload', sha256: 'b'.repeat(64) });
    const rows = [early, newer, tested, older, waiting, twin];
    const chosen = chosenOf(latest, rows);
    expect(Object.fromEntries(rows.map((one) => [one.packageId, whyNot(latest, one, chosen)]))).toEqual({
      early: 'not-ga',
      newer: null,
      tested: 'older',
      older: 'older',
      waiting: 'not-here',
      twin: 'same-version',
    });
    expect(whyNot(baseline, newer, tested)).toBe('other-version');
  });
});

describe('what somebody should do', () => {
  it.each<[string, PackageRow[], string | null]>([
    ['nothing: it is here and listed', [tested, newer], null],
    ['fetch it', [row('t', { state: 'offered' })], 'fetch'],
    ['fetch it again', [row('t', { state: 'failed' })], 'fetch'],
    ['wait: it is on its way', [row('t', { state: 'fetching' })], null],
    ['choose another: the console does not list it', [newer, row('t', { state: 'not-offered' })], 'not-listed'],
    ['think of a successor: the file here is listed no more', [row('t', { listed: false })], 'no-longer-listed'],
    ['nothing is known', [row('t', { state: 'not-offered' })], 'nothing-known'],
    ['an uploaded file needs no list', [row('t', { listed: null, source: 'upload' })], null],
  ])('%s', (_what, rows, advice) => {
    expect(adviceFor(baseline, 'linux-x64-deb', rows)).toBe(advice);
  });
});
