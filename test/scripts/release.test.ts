import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { testMarker } from '../../scripts/build/bundle.ts';
import { checksums, describeRelease } from '../../scripts/build/release.ts';
import { targets } from '../../scripts/build/runtime.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-release-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const commit = 'c'.repeat(40);
const built = targets.map((target) => {
  const file = join(work, `garrison-agent-${target}`);
  writeFileSync(file, target);
  return { target, file };
});
const compared = (): boolean => true;

describe('what may be handed out', () => {
  test('a build of a commit as it is, with runtimes that somebody compared', () => {
    const release = describeRelease({ version: '1.2.3', commit, built, compared });
    expect(release).toMatchObject({ shippable: true, hindrances: [] });
    expect(release.files.map(({ target }) => target)).toEqual(targets);
    expect(checksums(release).split('\n')[0]).toMatch(/^[0-9a-f]{64} {2}garrison-agent-linux-x64$/);
  });

  test('G4: packaging fails when test trust is in the bytes of one file, in either encoding', () => {
    for (const marker of [Buffer.from(testMarker), Buffer.from(testMarker, 'utf16le')]) {
      const file = join(work, 'marked');
      writeFileSync(file, Buffer.concat([Buffer.from('x'), marker]));
      expect(() =>
        describeRelease({ version: '1.2.3', commit, built: [...built, { target: 'macos-x64', file }] }),
      ).toThrow('test trust is in the bytes');
    }
  });

  test('G28: not with a runtime that nobody compared with the signed checksums of its project, which is named', () => {
    const { shippable, hindrances } = describeRelease({
      version: '1.2.3',
      commit,
      built,
      compared: (target) => target !== 'windows-x86',
    });
    expect(shippable).toBe(false);
    expect(hindrances).toEqual([expect.stringMatching(/^windows-x86: nobody compared its Node /)]);
  });

  test.each([
    ['a changed tree', '1.2.3', `${commit}-dirty`],
    ['no repository', '1.2.3', 'unknown'],
    ['a test build', '1.2.3+test-trust', commit],
  ])('not from %s', (_, version, from) => {
    expect(describeRelease({ version, commit: from, built, compared }).hindrances).toHaveLength(1);
  });
});
