/**
 * Updates with real binaries under real systemd: one good one, and the five bad ones, each on a device of its own and all at
 * once, because most of it is waiting. A bad version is a program that answers `--version` as it should and then does what bad
 * versions do.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { BuiltAgent } from '../../scripts/build/agent.ts';
import { prepareWorld } from '#test/e2e/world.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { packageFilesIn } from '#test/worlds/sentinelone/packages.ts';
import {
  misbehaviourFile,
  misbehaviourText,
  runsFile,
  scriptRuns,
  type ScriptRun,
} from '#test/worlds/sentinelone/packages/scripted.ts';
import {
  badProgram,
  bytesOf,
  deployTo,
  nextVersion,
  service,
  startUpdatedDevice,
  startUpdateWorld,
  strangerKey,
  type UpdatedDevice,
  type UpdateWorld,
} from './world.ts';

let world: UpdateWorld;
let sentinelOne: SentinelOneWorld;
let next: BuiltAgent;
beforeAll(async () => {
  const { packages } = await prepareWorld();
  sentinelOne = await startSentinelOne({ packageFiles: packageFilesIn(packages.folder) });
  world = await startUpdateWorld({ realSiteTokens: true, vendorHosts: [new URL(sentinelOne.url).host] });
  // Built once, before several devices want it at the same time.
  next = await nextVersion();
  await world.offer(next.version, bytesOf(next));
});
afterAll(async () => {
  await world.stop();
  await sentinelOne.stop();
});

async function onDevice(name: string, work: (device: UpdatedDevice) => Promise<void>): Promise<void> {
  const device = await startUpdatedDevice(world, { name });
  try {
    await work(device);
  } finally {
    await device.container.stop();
  }
}

/** The program root on a file system of its own, with room for a few versions and no more. */
const smallDisk = [
  'cp -a /opt/garrison /root/kept',
  'mount -t tmpfs -o size=800m,mode=755 small /opt/garrison',
  'cp -a /root/kept/. /opt/garrison/',
  `systemctl restart ${service}`,
].join(' && ');

const fillTheDisk = (version: string): string =>
  `while :; do head -c 5000000 /dev/zero >>/opt/garrison/versions/${version}/rubbish; done`;

const bad = {
  'does not start': { number: 1, program: () => Buffer.from('no program at all\n'), code: 'update.does-not-start' },
  'crashes in a loop': { number: 2, run: () => 'exit 3', code: 'update.crashed' },
  'cannot reach the console': {
    number: 3,
    run: () => 'systemd-notify --ready; exec sleep 1000',
    code: 'update.silent',
  },
  'fills the disk': {
    number: 4,
    first: smallDisk,
    run: (version: string) => `systemd-notify --ready; ${fillTheDisk(version)}`,
    code: 'update.silent',
  },
  'is signed by somebody else, whom even the console believes': {
    number: 5,
    run: () => 'exit 3',
    key: strangerKey,
    code: 'release.untrusted',
  },
} as const;

describe.concurrent('the version before is back and has said why, after a new one that', () => {
  it.each(Object.entries(bad))('%s', async (_, one) => {
    const version = `0.2.${one.number}+test-trust`;
    const program = 'program' in one ? one.program() : badProgram(version, one.run(version));
    await onDevice(`update-bad-${one.number}`, async (device) => {
      if ('first' in one) await device.shell(one.first);
      await world.offer(version, program, 'key' in one ? one.key : undefined);
      await world.order(device, version);
      const end = await device.ended(version);
      const switched = device.told(version).find(({ result }) => result === 'switching');
      expect(end).toMatchObject({ result: switched === undefined ? 'refused' : 'returned', code: one.code });
      expect(switched === undefined).toBe(['update.does-not-start', 'release.untrusted'].includes(one.code));
      expect(end.atMs - (switched?.atMs ?? end.atMs)).toBeLessThan(95_000);
      expect(await device.running()).toBe(device.first);
      expect((await device.shell('readlink /opt/garrison/current')).trim()).toBe(`versions/${device.first}`);
      expect((await device.shell('ls /opt/garrison/versions')).trim()).toBe(device.first);
    });
  });

  it('none of these: a good one runs, has proved itself by a round trip, and keeps the one before', async () => {
    await onDevice('update-good', async (device) => {
      await world.order(device, next.version);
      expect(await device.ended(next.version)).toMatchObject({ result: 'done' });
      expect(await device.running()).toBe(next.version);
      const kept = (await device.shell('ls /opt/garrison/versions')).trim().split('\n').sort();
      expect(kept).toEqual([device.first, next.version].sort());
      expect((await device.shell('cat /var/lib/garrison/update/floor')).trim()).toBe(next.version);
      const notes = await device.container.exec(
        ['trial', 'returning', 'fallback'].reduce((argv, name) => [...argv, `/opt/garrison/${name}`], ['ls']),
      );
      expect(notes.stdout).toBe('');
    });
  });
});

/** What the vendor's stand-in package has noted of its own runs. */
function runsOn({ container }: UpdatedDevice): readonly ScriptRun[] {
  const file = container.pathOnHost(runsFile);
  return scriptRuns(existsSync(file) ? readFileSync(file, 'utf8') : '');
}

describe.concurrent('an update in the middle of an install', () => {
  it('G11, G15: leaves dpkg running, and the new version joins it: one run, one attempt, protected', async () => {
    await onDevice('update-mid-dpkg', async (device) => {
      const patient = { timeout: 90_000, interval: 200 };
      writeFileSync(device.container.pathOnHost(misbehaviourFile), misbehaviourText({ delay: 300 }));
      await deployTo(world, device, sentinelOne);
      await vi.waitFor(() => expect(runsOn(device).map(({ event }) => event)).toContain('configure'), patient);
      const installer = (await device.shell("pgrep -o -f '^(/usr/bin/)?apt-get '")).trim();
      const started = device.memory().of<{ attempt: number }>('attempt-started');
      expect(started).toHaveLength(1);

      await world.order(device, next.version);
      expect(await device.ended(next.version)).toMatchObject({ result: 'done' });
      expect(await device.running()).toBe(next.version);
      // Still in the middle: dpkg holds its lock, and its script sleeps.
      expect(await device.shell(`cat /proc/${installer}/cgroup`)).toMatch(/\/garrison-install-/);
      expect(device.memory().of('installer-exited')).toEqual([]);
      expect(device.memory().state).toMatchObject({ kind: 'installing', attempt: started[0]?.attempt });
      expect(device.memory().of<{ reason: string }>('agent-started').at(-1)).toMatchObject({ reason: 'update' });

      await device.shell('pkill -x sleep');
      await vi.waitFor(() => expect(device.memory().of('attempt-ended')).toHaveLength(1), patient);
      const memory = device.memory();
      expect(memory.state).toMatchObject({ kind: 'protected' });
      expect(memory.of('attempt-ended')).toMatchObject([{ result: 'protected' }]);
      expect(memory.of('installer-exited')).toMatchObject([{ run: 1, exitCode: 0 }]);
      expect(memory.of('attempt-started')).toHaveLength(1);
      expect(runsOn(device).filter(({ event }) => event === 'installer-run')).toHaveLength(1);
    });
  });
});
