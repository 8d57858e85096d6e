/** Ways to bring old or other code back onto a device: by an order, by a package, and between check and use (G15). */
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '#protocol/crypto.ts';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { activate } from '#agent/update/activate.ts';
import { judgeUpdate, type Judgement } from '#agent/update/judge.ts';
import { prepare, type Preparation } from '#agent/update/prepare.ts';
import { artifact, release, signRelease } from '#test/worlds/release/release.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';

const program = Buffer.from('agent');
const order = (version: string, downgrade = false) => ({
  version,
  manifest: 'a'.repeat(64),
  commandId: 'cmd_1',
  downgrade,
  expiresAtMs: 2e12,
  from: '1.0.0',
  phase: 'wanted' as const,
  sha256: null,
  tries: 0,
});

describe('G15: an order', () => {
  const judgement = (change: Partial<Judgement>): Judgement => ({
    release: release({ version: '1.5.0' }),
    order: order('1.5.0'),
    own: { version: '1.0.0', target: 'linux-x64' },
    floor: null,
    failures: [],
    bootId: 'boot-1',
    ...change,
  });

  it('brings nothing that is not newer than what has proved itself here, also where an older one runs', () => {
    expect(judgeUpdate(judgement({})).sha256).toBe(sha256Hex(program));
    expect(() => judgeUpdate(judgement({ floor: '1.5.0' }))).toThrow(/1\.5\.0 is not newer than 1\.5\.0/);
    expect(() => judgeUpdate(judgement({ floor: '2.0.0' }))).toThrow(/not newer than 2\.0\.0/);
    expect(() => judgeUpdate(judgement({ own: { version: '1.5.0', target: 'linux-x64' } }))).toThrow(/not newer/);
  });

  it('downwards needs the release to name the highest of both', () => {
    const down = { order: order('1.5.0', true), floor: '2.0.0' };
    expect(() => judgeUpdate(judgement(down))).toThrow(/not newer/);
    expect(() =>
      judgeUpdate(judgement({ ...down, release: release({ version: '1.5.0', replaces: ['1.0.0'] }) })),
    ).toThrow(/not newer/);
    const named = release({ version: '1.5.0', replaces: ['2.0.0'] });
    expect(judgeUpdate(judgement({ ...down, release: named })).sha256).toBe(sha256Hex(program));
    expect(() => judgeUpdate(judgement({ ...down, order: order('1.5.0'), release: named }))).toThrow(/not newer/);
  });
});

/** Remembers what was done; holds what it is told to hold. */
function versions(current: string | null) {
  const done: string[] = [];
  const tree = {
    root: '/opt/garrison',
    list: async () => ['1.0.0', '2.0.0', '3.0.0'],
    current: async () => current,
    adopt: async (version: string) => void done.push(`adopt ${version}`),
    removeNote: async (name: string) => done.push(`no ${name}`) > 0,
    makeCurrent: async (version: string) => void done.push(`current ${version}`),
    remove: async (version: string) => void done.push(`remove ${version}`),
  };
  return { tree: tree as unknown as ProgramVersions, done };
}

describe('G15: a package', () => {
  it.each([
    { version: '1.0.0', current: '2.0.0', floor: '2.0.0', done: [] },
    {
      version: '1.0.0',
      current: '2.0.0',
      floor: null,
      done: ['adopt 1.0.0', 'no trial', 'current 1.0.0', 'remove 3.0.0'],
    },
    {
      version: '3.0.0',
      current: '2.0.0',
      floor: '2.0.0',
      done: ['adopt 3.0.0', 'no trial', 'current 3.0.0', 'remove 1.0.0'],
    },
    {
      version: '2.0.0',
      current: '2.0.0',
      floor: '2.0.0',
      done: ['adopt 2.0.0', 'no trial', 'current 2.0.0', 'remove 1.0.0', 'remove 3.0.0'],
    },
  ])('of $version over $current with the floor $floor', async ({ version, current, floor, done }) => {
    const world = versions(current);
    const outcome = await activate(world.tree, { version, program: '/opt/garrison/packaged/garrison-agent', floor });
    expect([outcome, world.done]).toEqual([done.length === 0 ? 'kept' : 'current', done]);
  });
});

describe('SEC-5: a program that is another one by the time it is laid down', () => {
  const sha256 = sha256Hex(program);
  const asked: string[] = [];
  const preparing = (laid: string): Preparation => {
    const value = release({ version: '1.5.0', artifacts: [artifact('linux-x64', 'binary', 'agent', program)] });
    const bytes = Buffer.from(JSON.stringify(signRelease(value)));
    const given = {
      order: order('1.5.0'),
      own: { version: '1.0.0', target: 'linux-x64' },
      host: {
        versions: { root: '/x', current: async () => '1.0.0', lay: async () => ({ sha256: laid, sizeBytes: 5 }) },
        ask: async (version: string) => {
          asked.push(version);
          return `garrison-agent ${version} (linux-x64, release)`;
        },
      },
      supply: { manifest: async () => bytes, program: async () => undefined },
      keys: [testReleaseKey.publicKey],
      platform: { machine: async () => ({ bootId: 'b' }), freeBytes: async () => ({ status: 'ok', value: 1e12 }) },
      update: { path: '/u', read: async () => null, digest: async () => ({ sha256, sizeBytes: 5 }) },
      failures: [],
      nowMs: Date.parse('2026-11-02T00:00:00.000Z'),
    };
    return given as unknown as Preparation;
  };

  it('is not started, not even for its version', async () => {
    await expect(prepare(preparing('b'.repeat(64)))).rejects.toMatchObject({ code: 'download.digest-mismatch' });
    expect(asked).toEqual([]);
    expect((await prepare(preparing(sha256))).sha256).toBe(sha256);
    expect(asked).toEqual(['1.5.0']);
  });
});
