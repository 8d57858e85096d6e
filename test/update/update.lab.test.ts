/**
 * Updates with real binaries under real systemd: one good one, and the five bad ones. The console is a real one in this process;
 * a bad version is a program that answers `--version` as it should and then does what bad versions do.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { generateSigningKey, type KeyPair } from '#protocol/crypto.ts';
import { giveUpdate } from '#console/fleet/link/commands.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { createReleases } from '#console/releases/releases.ts';
import { buildAgent } from '../../scripts/build/agent.ts';
import { packageAgent } from '../../scripts/package/linux.ts';
import { decodeJournal } from '#agent/journal/record.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, writeRelease } from '#test/worlds/release/release.ts';

const service = 'garrison-agent.service';
const request = { target: 'linux-x64', trust: 'test', testKeys: null } as const;
const work = mkdtempSync(join(tmpdir(), 'garrison-update-'));
let world: ConsoleWorld;
let container: Container;
let deviceId: string;
let organisationId: string;
let first: string;
let rollouts = 0;

/** Answers as it should until it is started. */
function badProgram(version: string, run: string): Buffer {
  const answer = `garrison-agent ${version} (linux-x64, commit 0, inputs 0)`;
  return Buffer.from(`#!/bin/sh\n[ "$1" = --version ] && { echo '${answer}'; exit 0; }\n${run}\n`);
}

/** Imports a release of one program and tells the device, as a ring does. */
async function order(version: string, program: Buffer, key: KeyPair = testReleaseKey): Promise<void> {
  const file = 'garrison-agent-linux-x64';
  const from = join(work, `release-${(rollouts += 1)}`);
  writeRelease(
    from,
    new Map([[file, program]]),
    release({ version, artifacts: [artifact('linux-x64', 'binary', file, program)] }),
    key,
  );
  // The console believes whatever this test signs; whether the device does is the question.
  const keys = [testReleaseKey.publicKey, key.publicKey];
  const directory = join(world.directory, 'releases');
  Object.assign(world.side, { releases: createReleases({ directory, keys, clock: Date }) });
  await importRelease({ from, to: directory, keys, nowMs: Date.now() });
  const held = await world.side.releases.find(version);
  const rollout = {
    rollout_id: `rol_${rollouts}`,
    organisation_id: organisationId,
    version,
    manifest: held?.manifest.sha256 ?? '',
  };
  const rest = { downgrade: 0, state: 'running', plan: '{}', step: 0, started_at: 0, started_by: 'test' };
  await giveUpdate(
    world.side,
    scope,
    { ...rollout, ...rest, done_before: 0, failed_before: 0, halt_cause: null },
    deviceId,
  );
}

interface Told {
  readonly result: string;
  readonly code: string | null;
  readonly atMs: number;
}

/** What the device has written down of one version, in order. */
function told(version: string): readonly Told[] {
  const decoded = decodeJournal(readFileSync(container.pathOnHost('/var/lib/garrison/journal')));
  if (!decoded.ok) throw new Error(decoded.why);
  return decoded.records.flatMap(({ record }) => {
    if (record.type !== 'event' || record.kind !== 'agent-update' || record.data['version'] !== version) return [];
    const { result, fault } = record.data as { result: string; fault: { code: string } | null };
    return [{ result, code: fault?.code ?? null, atMs: Date.parse(record.at) }];
  });
}

async function ended(version: string): Promise<Told> {
  return vi.waitFor(
    () => {
      const last = told(version).findLast(({ result }) => result !== 'switching');
      if (last === undefined) throw new Error(`nothing is told of ${version}: ${JSON.stringify(told(version))}`);
      return last;
    },
    { timeout: 150_000, interval: 500 },
  );
}

async function running(): Promise<string> {
  const pid = (await container.run(['systemctl', 'show', '-p', 'MainPID', '--value', service])).trim();
  return (await container.run(['readlink', `/proc/${pid}/exe`])).trim().split('/').at(-2) ?? '';
}

beforeAll(async () => {
  world = await ConsoleWorld.start();
  Object.defineProperty(world, 'nowMs', { get: () => Date.now() });
  await world.restart();
  await world.app.listen({ host: '127.0.0.1', port: 8440 });
  organisationId = await world.organisation('Bakery');
  const built = await buildAgent(request);
  first = built.version;
  container = await startContainer({ root: 'deb', name: 'update' });
  container.copyIn(await packageAgent(request, { format: 'deb', compress: false }), '/root/agent.deb', 0o600);
  await container.run(['dpkg', '-i', '/root/agent.deb'], { timeoutMs: 120_000 });
  const enrolment = await world.installKey(organisationId);
  await vi.waitFor(
    async () => {
      const answer = await container.run(['garrison-agent', 'enrol', '--json'], { stdin: enrolment });
      deviceId = (JSON.parse(answer) as { deviceId: string }).deviceId;
    },
    { timeout: 30_000, interval: 1000 },
  );
});
afterAll(async () => {
  await container?.stop();
  await world?.stop();
  rmSync(work, { recursive: true, force: true });
});

describe('the version before is back and has said why, after a new one that', () => {
  it.each([
    [
      'does not start',
      '0.2.1+test-trust',
      { bad: Buffer.from('no program at all\n'), result: 'refused', code: 'update.does-not-start' },
    ],
    ['crashes in a loop', '0.2.2+test-trust', { bad: 'exit 3', result: 'returned', code: 'update.crashed' }],
    [
      'cannot reach the console',
      '0.2.3+test-trust',
      { bad: 'systemd-notify --ready; exec sleep 1000', result: 'returned', code: 'update.silent' },
    ],
    [
      'fills the disk',
      '0.2.4+test-trust',
      {
        bad: 'systemd-notify --ready; while :; do head -c 5000000 /dev/zero >>/opt/garrison/versions/0.2.4+test-trust/rubbish; done',
        result: 'returned',
        code: 'update.silent',
      },
    ],
  ] as const)('%s', async (_, version, { bad, result, code }) => {
    // Room for a few versions and no more, so that the disk can be filled.
    if (code === 'update.silent' && version.startsWith('0.2.4')) await smallDisk();
    await order(version, typeof bad === 'string' ? badProgram(version, bad) : bad);
    const end = await ended(version);
    expect(end).toMatchObject({ result, code });
    expect(await running()).toBe(first);
    expect((await container.run(['readlink', '/opt/garrison/current'])).trim()).toBe(`versions/${first}`);
    expect((await container.run(['ls', '/opt/garrison/versions'])).trim()).toBe(first);
    const switched = told(version).find((one) => one.result === 'switching');
    if (switched !== undefined) expect(end.atMs - switched.atMs).toBeLessThan(95_000);
  });

  it('is signed by somebody else, whom even the console believes', async () => {
    await order('0.2.5+test-trust', badProgram('0.2.5+test-trust', 'exit 3'), generateSigningKey());
    expect(await ended('0.2.5+test-trust')).toMatchObject({ result: 'refused', code: 'release.untrusted' });
    expect(await running()).toBe(first);
    expect((await container.run(['ls', '/opt/garrison/versions'])).trim()).toBe(first);
  });
});

/** The program root on a file system of its own. */
async function smallDisk(): Promise<void> {
  const steps = [
    'cp -a /opt/garrison /root/kept',
    'mount -t tmpfs -o size=800m,mode=755 small /opt/garrison',
    'cp -a /root/kept/. /opt/garrison/',
  ];
  await container.run(['sh', '-ec', steps.join('; ')], { timeoutMs: 60_000 });
  await container.run(['systemctl', 'restart', service]);
}

it('a good one runs, has proved itself by a round trip, and keeps the one before', async () => {
  const next = await buildAgent({ ...request, version: '0.3.0' });
  await order(next.version, readFileSync(next.file));
  expect(await ended(next.version)).toMatchObject({ result: 'done' });
  expect(await running()).toBe(next.version);
  const kept = (await container.run(['ls', '/opt/garrison/versions'])).trim().split('\n').sort();
  expect(kept).toEqual([first, next.version].sort());
  expect((await container.run(['cat', '/var/lib/garrison/update/floor'])).trim()).toBe(next.version);
  const notes = await container.exec([
    'ls',
    '/opt/garrison/trial',
    '/opt/garrison/returning',
    '/opt/garrison/fallback',
  ]);
  expect(notes.stdout).toBe('');
});
