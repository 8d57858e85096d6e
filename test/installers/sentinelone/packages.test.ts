import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Machine } from '#platform/platform.ts';
import { candidateSchema, type Candidate, type VersionPolicy } from '#protocol/assignment.ts';
import { selectionReportSchema } from '#protocol/report.ts';
import { targets, type Target } from '#protocol/words.ts';
import { isFaultCode } from '#protocol/codes.ts';
import { baselineVersions, selectPackage, targetOf } from '#installers/sentinelone/packages.ts';
import { compareVersions, isWithin, leadingVersion } from '#installers/versions.ts';
import { candidate, machine, releaseFloor } from '#test/installers/sentinelone/samples.ts';

const formats: Record<Target, Candidate['format']> = {
  'windows-x86': 'exe',
  'windows-x64': 'exe',
  macos: 'pkg',
  'linux-x64-deb': 'deb',
  'linux-x64-rpm': 'rpm',
  'linux-arm64-deb': 'deb',
  'linux-arm64-rpm': 'rpm',
};

const baseline: readonly Candidate[] = targets.map((target) =>
  candidate({ target, format: formats[target], version: baselineVersions[target], fileName: `agent-${target}` }),
);

function select(at: Machine, candidates: readonly Candidate[], policy: VersionPolicy = { kind: 'baseline' }) {
  return selectPackage({ machine: at, candidates, policy }, releaseFloor);
}

const windows = (changes: Partial<Machine>) =>
  machine({ os: 'windows', name: 'Windows', formats: ['exe', 'msi'], sse42: null, distribution: null, ...changes });
const mac = (version: string) =>
  machine({
    os: 'macos',
    name: 'macOS',
    version,
    formats: ['pkg'],
    architecture: 'arm64',
    sse42: null,
    distribution: null,
  });

describe('versions', () => {
  it.each([
    ['24.2.2.20', '24.2.2.20', 0],
    ['24.10', '24.9', 1],
    ['24.2.2.7632', '24.2.2.20', 1],
    ['23.4.99.999', '24.0', -1],
    ['24.2', '24.2.0.0', 0],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareVersions(a, b))).toBe(sign);
  });

  it('reads the version a package database begins with', () => {
    expect(['24.2.2.20-1', '24.2.2.20', ' 24.1-2.el9', '24', 'v24.1', '1.2.3.4.5.6'].map(leadingVersion)).toEqual([
      '24.2.2.20',
      '24.2.2.20',
      '24.1',
      null,
      null,
      null,
    ]);
  });

  it('counts the lower bound in and the upper one out', () => {
    expect([isWithin('15.3.2', '12', '15.4'), isWithin('15.4', '12', '15.4'), isWithin('12', '12', null)]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('baseline', () => {
  it.each([
    ['windows-x86', '23.3.3.264'],
    ['windows-x64', '24.1.4.257'],
    ['macos', '24.2.2.7632'],
    ['linux-x64-deb', '24.2.2.20'],
    ['linux-x64-rpm', '24.2.2.20'],
    ['linux-arm64-deb', '24.2.2.20'],
    ['linux-arm64-rpm', '24.2.2.20'],
  ] as const)('of %s is %s', (target, version) => {
    expect(baselineVersions[target]).toBe(version);
  });
});

describe('target and choice for each kind of machine', () => {
  const rows: readonly (readonly [string, Machine, Target])[] = [
    ['Debian x86-64', machine(), 'linux-x64-deb'],
    ['Debian with rpm installed as a tool', machine({ formats: ['deb', 'rpm'] }), 'linux-x64-deb'],
    ['Rocky x86-64', machine({ formats: ['rpm'], name: 'Rocky Linux 9.4', version: '9.4' }), 'linux-x64-rpm'],
    ['Ubuntu on ARM, which has no SSE', machine({ architecture: 'arm64', sse42: null }), 'linux-arm64-deb'],
    ['Amazon Linux on ARM', machine({ architecture: 'arm64', sse42: null, formats: ['rpm'] }), 'linux-arm64-rpm'],
    ['x86-64 whose features could not be read', machine({ sse42: null }), 'linux-x64-deb'],
    ['Windows 11', windows({ version: '10.0.22631' }), 'windows-x64'],
    ['Server 2012 R2', windows({ version: '6.3.9600', product: 'server' }), 'windows-x64'],
    ['32-bit Windows 7', windows({ version: '6.1.7601', architecture: 'x86' }), 'windows-x86'],
    ['macOS 12', mac('12.0'), 'macos'],
    ['macOS 15.3.2', mac('15.3.2'), 'macos'],
  ];
  it.each(rows)('%s', (_name, at, target) => {
    expect(targetOf(at)).toBe(target);
    const { chosen, failure, rejected } = select(at, baseline);
    expect([chosen?.target, failure]).toEqual([target, null]);
    expect(rejected.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => 'other-system'));
  });
});

describe('unsupported', () => {
  const rows: readonly (readonly [string, Machine, RegExp])[] = [
    ['ostree', machine({ formats: ['rpm'], imageBased: true }), /image-based/],
    ['no SSE4.2', machine({ sse42: false }), /SSE4\.2/],
    ['32-bit Linux', machine({ architecture: 'x86' }), /32-bit/],
    ['another processor', machine({ architecture: 'other' }), /processor/],
    ['neither deb nor rpm', machine({ formats: [] }), /neither deb nor rpm/],
    ['Windows on ARM', windows({ version: '10.0.22631', architecture: 'arm64' }), /ARM/],
    ['x64 Windows 7', windows({ version: '6.1.7601' }), /Windows 8\.1/],
    ['x64 Server 2012', windows({ version: '6.2.9200', product: 'server' }), /2012 R2/],
    ['macOS 11', mac('11.7'), /macOS 12 to 15\.3/],
    ['macOS 15.4', mac('15.4'), /macOS 12 to 15\.3/],
    ['macOS 26', mac('26.0'), /macOS 12 to 15\.3/],
  ];
  it.each(rows)('%s is named, with what would help', (_name, at, reason) => {
    const { chosen, failure, help, rejected } = select(at, baseline);
    expect(chosen).toBeNull();
    expect(failure).toMatchObject({ code: 'selection.unsupported', detail: expect.stringMatching(reason) });
    expect(help?.length).toBeGreaterThan(10);
    expect(rejected).toHaveLength(7);
  });

  it('ARM Linux without SSE4.2 is supported, since SSE is x86 only', () => {
    expect(select(machine({ architecture: 'arm64', sse42: false }), baseline).failure).toBeNull();
  });

  it('says that 25.1 runs on macOS 26, and takes it when the policy allows', () => {
    const newer = candidate({ target: 'macos', format: 'pkg', version: '25.1.1.9000', source: 'vendor' });
    const pinned = select(mac('26.0'), [...baseline, newer]);
    expect(pinned.failure).toMatchObject({
      code: 'selection.unsupported',
      detail: expect.stringContaining('24.2.2.7632'),
    });
    expect(pinned.help).toContain('25.1.1.9000');
    expect(select(mac('26.0'), [...baseline, newer], { kind: 'latest-ga' }).chosen?.version).toBe('25.1.1.9000');
  });

  it('gives x64 Windows 7 the newest version that still runs there', () => {
    const old = candidate({ target: 'windows-x64', format: 'exe', version: '23.4.2.216', source: 'vendor' });
    const { chosen, rejected } = select(windows({ version: '6.1.7601' }), [...baseline, old], { kind: 'latest-ga' });
    expect(chosen?.version).toBe('23.4.2.216');
    expect(rejected.find(({ target }) => target === 'windows-x64')?.code).toBe('system-too-old');
  });
});

describe('version policy', () => {
  const tested = candidate();
  const newer = candidate({ version: '24.3.1.9', source: 'vendor', fileName: 'newer.deb' });
  const early = candidate({ version: '25.1.0.1', source: 'vendor', release: 'ea', fileName: 'early.deb' });
  const all = [early, tested, newer];
  it.each([
    [{ kind: 'baseline' }, '24.2.2.20', ['not-baseline', 'not-baseline']],
    [{ kind: 'latest-ga' }, '24.3.1.9', ['not-ga', 'older']],
    [{ kind: 'exact', version: '25.1.0.1' }, '25.1.0.1', ['other-version', 'other-version']],
    [{ kind: 'exact', version: '24.2.2.20' }, '24.2.2.20', ['other-version', 'other-version']],
  ] as const)('%j chooses %s', (policy, version, codes) => {
    const { chosen, rejected } = select(machine(), all, policy);
    expect([chosen?.version, rejected.map(({ code }) => code)]).toEqual([version, codes]);
  });

  it('says which version would do when the exact one is not there', () => {
    const { failure, help } = select(machine(), all, { kind: 'exact', version: '24.9.9.9' });
    expect(failure?.code).toBe('selection.none');
    expect(help).toContain('25.1.0.1');
  });

  it('follows the tested version of a console that is newer than the agent', () => {
    expect(select(machine(), [candidate({ version: '24.4.0.1' })]).chosen?.version).toBe('24.4.0.1');
  });

  it('accepts an uploaded file of the tested version, and prefers the tested file to it', () => {
    const upload = candidate({ source: 'upload', fileName: 'a.deb' });
    expect(select(machine(), [upload]).chosen).toEqual(upload);
    const both = select(machine(), [upload, tested]);
    expect([both.chosen, both.rejected.map(({ code }) => code)]).toEqual([tested, ['duplicate']]);
  });

  it('G5: never goes below the compiled floor, whatever is asked for', () => {
    const old = candidate({ version: '24.2.1.8' });
    const { chosen, rejected, help } = select(machine(), [old], { kind: 'exact', version: '24.2.1.8' });
    expect([chosen, rejected[0]?.code]).toEqual([null, 'below-floor']);
    expect(help).toContain('24.2.2.20');
  });

  it('says what to add when there is nothing at all', () => {
    const { failure, help } = select(machine(), []);
    expect(failure?.code).toBe('selection.none');
    expect(help).toContain('linux-x64-deb');
  });
});

describe('any candidates on any machine', () => {
  const anyCandidate: fc.Arbitrary<Candidate> = fc.record({
    target: fc.constantFrom(...targets),
    format: fc.constantFrom('exe', 'msi', 'pkg', 'deb', 'rpm'),
    version: fc.constantFrom('23.3.3.264', '24.1.4.257', '24.2.2.20', '24.2.2.7632', '24.3.0.1', '25.1.0.0', '1.0'),
    fileName: fc.stringMatching(/^[A-Za-z0-9._+-]{1,200}$/),
    sizeBytes: fc.integer({ min: 1, max: 1_000_000 }),
    sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
    source: fc.constantFrom('baseline', 'vendor', 'upload'),
    release: fc.constantFrom('ga', 'ea', 'beta', 'other'),
  });
  const anyMachine = fc.record({
    os: fc.constantFrom('linux', 'macos', 'windows'),
    name: fc.string({ maxLength: 300 }),
    version: fc.constantFrom('12', '6.1', '6.3', '10.0.22631', '15.3', '26.0', ''),
    architecture: fc.constantFrom('x64', 'x86', 'arm64', 'other'),
    formats: fc.subarray(['deb', 'rpm', 'exe', 'msi', 'pkg'] as const),
    imageBased: fc.boolean(),
    sse42: fc.constantFrom(true, false, null),
  });
  const anyPolicy = fc.oneof(
    fc.constant<VersionPolicy>({ kind: 'baseline' }),
    fc.constant<VersionPolicy>({ kind: 'latest-ga' }),
    fc.record({ kind: fc.constant('exact' as const), version: fc.constantFrom('24.2.2.20', '9.9') }),
  );

  it('choose one of them or fail with a reason for every one, in any order the same', () => {
    fc.assert(
      fc.property(fc.array(anyCandidate, { maxLength: 16 }), anyMachine, anyPolicy, (candidates, changes, policy) => {
        const at = machine(changes);
        const result = select(at, candidates, policy);
        expect(selectionReportSchema.safeParse(result).success).toBe(true);
        expect(result.rejected.every(({ code, reason }) => code !== '' && reason !== '')).toBe(true);
        expect(result.rejected).toHaveLength(candidates.length - (result.chosen === null ? 0 : 1));
        if (result.chosen === null) {
          expect(result.failure !== null && isFaultCode(result.failure.code)).toBe(true);
          expect(result.help).not.toBe('');
          expect(result.help).not.toBeNull();
        } else {
          expect(result.failure).toBeNull();
          expect(result.chosen.target).toBe(targetOf(at));
          expect(candidateSchema.safeParse(result.chosen).success).toBe(true);
        }
        expect(select(at, candidates.toReversed(), policy).chosen).toEqual(result.chosen);
      }),
    );
  });
});
