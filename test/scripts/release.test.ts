import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { testMarker } from '../../scripts/build/bundle.ts';
import { recordPackage } from '../../scripts/build/package-record.ts';
import { readReleaseKey, writeReleaseKey } from '../../scripts/build/release-key.ts';
import { checksums, describeRelease, whyNotCompared, type ReleaseInput } from '../../scripts/build/release.ts';
import { runtimeOf, targets, type Comparison, type Target } from '../../scripts/build/runtime.ts';
import { spareTestReleaseKey, testReleaseKey } from '#test/worlds/release/keys.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-release-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const commit = 'c'.repeat(40);
const built = targets.map((target) => {
  const file = join(work, `garrison-agent-${target}`);
  writeFileSync(file, target);
  return { target, file };
});
const comparison = (target: Target): Comparison => ({
  by: 'Jane Doe',
  on: '2026-12-01',
  key: 'A1'.repeat(20),
  sha256: runtimeOf(target).sha256,
});
const input: ReleaseInput = {
  version: '1.2.3',
  commit,
  built,
  keys: [testReleaseKey.publicKey, spareTestReleaseKey.publicKey],
  issuedAtMs: Date.parse('2026-12-01T00:00:00.000Z'),
  lifetimeMs: 86_400_000,
  replaces: [],
  comparison,
};

describe('what may be handed out', () => {
  test('a build of a commit as it is, with runtimes that somebody compared', () => {
    const { manifest, hindrances } = describeRelease(input);
    expect(hindrances).toEqual([]);
    expect(manifest).toMatchObject({ version: '1.2.3', expiresAt: '2026-12-02T00:00:00.000Z', test: false });
    expect(manifest.artifacts.map(({ target, kind }) => [target, kind])).toEqual(targets.map((one) => [one, 'binary']));
    expect(checksums(manifest).split('\n')[0]).toMatch(/^[0-9a-f]{64} {2}garrison-agent-linux-x64$/);
  });

  test('with the packages that hold these very binaries, and none that was left over', () => {
    const record = (name: string, version: string, program: string): void => {
      writeFileSync(join(work, name), name);
      recordPackage(join(work, name), { kind: 'deb', target: 'linux-x64', version, program });
    };
    const other = join(work, 'older-build');
    writeFileSync(other, 'another binary');
    record('garrison-agent_1.2.3_amd64.deb', '1.2.3', other);
    record('garrison-agent_1.2.2_amd64.deb', '1.2.2', join(work, 'garrison-agent-linux-x64'));
    expect(describeRelease(input).manifest.artifacts).toHaveLength(targets.length);
    record('garrison-agent_1.2.3_amd64.deb', '1.2.3', join(work, 'garrison-agent-linux-x64'));
    expect(describeRelease(input).manifest.artifacts.at(-1)).toMatchObject({
      kind: 'deb',
      file: 'garrison-agent_1.2.3_amd64.deb',
    });
    writeFileSync(join(work, 'garrison-agent_1.2.3_amd64.deb'), 'changed afterwards');
    expect(describeRelease(input).manifest.artifacts).toHaveLength(targets.length);
  });

  test('G4: packaging fails when test trust is in the bytes of one file, in either encoding', () => {
    for (const marker of [Buffer.from(testMarker), Buffer.from(testMarker, 'utf16le')]) {
      const file = join(work, 'marked');
      writeFileSync(file, Buffer.concat([Buffer.from('x'), marker]));
      expect(() => describeRelease({ ...input, built: [...built, { target: 'macos-x64', file }] })).toThrow(
        'test trust is in the bytes',
      );
    }
  });

  test('G28: not with a runtime that nobody compared with the signed checksums of its project, which is named', () => {
    const { hindrances } = describeRelease({
      ...input,
      comparison: (target) => (target === 'windows-x86' ? null : comparison(target)),
    });
    expect(hindrances).toEqual([expect.stringMatching(/^windows-x86: nobody compared its Node /)]);
    // As it stands: nobody has, and so nothing can be handed out.
    const { comparison: _none, ...asItStands } = input;
    expect(describeRelease(asItStands).hindrances.length).toBe(
      targets.filter((one) => runtimeOf(one).comparison === null).length,
    );
  });

  test('G28: a comparison counts for the bytes it was made of, with who, when and which key', () => {
    const whole = comparison('linux-x64');
    const { sha256 } = whole;
    expect(whyNotCompared(whole, sha256)).toBeNull();
    for (const [field, value] of [
      ['by', ' '],
      ['on', 'yesterday'],
      ['key', 'ABCD'],
      ['sha256', 'f'.repeat(64)],
    ] as const)
      expect(whyNotCompared({ ...whole, [field]: value }, sha256), field).not.toBeNull();
  });

  test('G15: not without two release keys that its agents believe', () => {
    for (const keys of [[], [testReleaseKey.publicKey]])
      expect(describeRelease({ ...input, keys }).hindrances).toEqual([
        expect.stringMatching(/release keys are compiled in/),
      ]);
  });

  test.each([
    ['a changed tree', '1.2.3', `${commit}-dirty`],
    ['no repository', '1.2.3', 'unknown'],
    ['a test build', '1.2.3+test-trust', commit],
  ])('not from %s', (_, version, from) => {
    expect(describeRelease({ ...input, version, commit: from }).hindrances).toHaveLength(1);
  });
});

describe('G28: the release key', () => {
  const file = join(work, 'release.key');
  const named = { GARRISON_RELEASE_KEY_FILE: file };
  const believed = [testReleaseKey.publicKey];
  const write = (mode: number): void => {
    writeFileSync(file, writeReleaseKey(testReleaseKey));
    chmodSync(file, mode);
  };

  test('is read from a file for its owner alone, and only when it is named', () => {
    write(0o600);
    expect(readReleaseKey(named, believed)).toEqual(testReleaseKey);
    expect(readReleaseKey({}, believed)).toBeNull();
    write(0o640);
    expect(() => readReleaseKey(named, believed)).toThrow('for its owner alone');
  });

  test('is never used in continuous integration, nor when the agents would not believe it', () => {
    write(0o600);
    expect(() => readReleaseKey({ ...named, CI: 'true' }, believed)).toThrow('continuous integration');
    expect(() => readReleaseKey(named, [spareTestReleaseKey.publicKey])).toThrow('no key that this build believes');
  });
});
