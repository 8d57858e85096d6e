/**
 * SIGKILL at each step of a switch between two versions, with real binaries under real systemd: of the version that hands over,
 * of the watcher, and of the new version while it proves itself. The steps are what decides which version is started: links,
 * notes, a version as a whole, and what systemd is asked for. What is laid out beside them is nobody's until it is renamed.
 *
 * Whenever it dies, the same version ends up running as without the death, the device has said how it ended, and before and
 * after every single change there is a program to start.
 */
import { linkSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { trialText } from '#platform/trial-note.ts';
import { cache } from '../../scripts/build/runtime.ts';
import type { BuiltAgent } from '../../scripts/build/agent.ts';
import {
  clearCrash,
  crashPending,
  gapsIn,
  installCrashLibrary,
  orderCrash,
  passedPoints,
  type CrashPoint,
} from '#test/worlds/lab/crash-at.ts';
import {
  badProgram,
  bytesOf,
  nextVersion,
  service,
  startUpdatedDevice,
  startUpdateWorld,
  type UpdatedDevice,
  type UpdateWorld,
} from './world.ts';

const watcher = 'garrison-agent-watch.service';
let world: UpdateWorld;
let next: BuiltAgent;
beforeAll(async () => {
  world = await startUpdateWorld();
  next = await nextVersion();
  await world.offer(next.version, bytesOf(next));
});
afterAll(() => world.stop());

/** One that is started again at once: what is looked at is whether, not how soon. */
async function killable(name: string): Promise<UpdatedDevice> {
  const device = await startUpdatedDevice(world, {
    name,
    prepare: (container) => installCrashLibrary(container, cache),
  });
  for (const unit of [service, watcher])
    await device.container.writeFile(`/etc/systemd/system/${unit}.d/soon.conf`, '[Service]\nRestartSec=100ms\n');
  device.container.copyIn(next.file, '/root/next', 0o600);
  await device.shell('systemctl daemon-reload');
  return device;
}

/** As it was when it was installed: one version, nothing on trial, and the next one fetched already. */
async function begin(device: UpdatedDevice): Promise<void> {
  const { container, first } = device;
  await device.shell(
    [
      `systemctl stop ${watcher} ${service}`,
      'cd /opt/garrison',
      `ln -sfn versions/${first} .current.new && mv -T .current.new current`,
      `find versions -mindepth 1 -maxdepth 1 ! -name '${first}' -exec rm -r {} +`,
      'rm -f trial returning fallback previous /var/lib/garrison/update/floor',
    ].join('\n'),
  );
  const fetched = container.pathOnHost(`/var/lib/garrison/update/${next.sha256}`);
  rmSync(fetched, { force: true });
  linkSync(container.pathOnHost('/root/next'), fetched);
  clearCrash(container);
}

interface Switch {
  readonly version: string;
  readonly result: string;
  /** The version that runs afterwards. */
  readonly survivor: (device: UpdatedDevice) => string;
  /** Sets it off on a device whose service is stopped. */
  readonly start: (device: UpdatedDevice) => Promise<void>;
}

const crashing = '0.2.9+test-trust';
const switches: Record<'there' | 'back', Switch> = {
  there: {
    version: '0.3.0+test-trust',
    result: 'done',
    survivor: () => next.version,
    async start(device) {
      await world.order(device, next.version);
      await device.shell(`systemctl start ${service}`);
    },
  },
  // Handed over already, to one that ends at once, again and again.
  back: {
    version: crashing,
    result: 'returned',
    survivor: ({ first }) => first,
    async start(device) {
      const { container, first } = device;
      const program = badProgram(crashing, 'exit 3');
      await container.writeFile(`/opt/garrison/versions/${crashing}/garrison-agent`, program, 0o755);
      const note = trialText({ next: crashing, previous: first, seconds: 60 });
      await container.writeFile('/opt/garrison/trial', `${note}\n`);
      await device.shell(
        `cd /opt/garrison && ln -sfn versions/${crashing} current && ln -sfn versions/${first} previous && systemctl start --no-block ${service}`,
      );
    },
  },
};

/** What is wrong once it has come to rest. */
async function live(device: UpdatedDevice, how: Switch, point: CrashPoint | null): Promise<readonly string[]> {
  const { container } = device;
  const before = device.told(how.version).length;
  await begin(device);
  if (point !== null) orderCrash(container, point);
  await how.start(device);
  const end = await rest(device, how, before);
  const links = (await device.shell('cd /opt/garrison && readlink current && ls')).trim().split('\n');
  const survivor = how.survivor(device);
  const claims: readonly (readonly [boolean, string])[] = [
    [end === how.result, `it ended as ${end}`],
    [!crashPending(container), 'nothing died'],
    [(await device.running()) === survivor, `${await device.running()} runs`],
    [links[0] === `versions/${survivor}`, `current is ${links[0]}`],
    [!links.some((name) => ['trial', 'returning', 'fallback'].includes(name)), `left: ${links.join(' ')}`],
    [gapsIn(container) === 0, 'there was nothing to start'],
    [device.memory().damage === null, `the journal cannot be read: ${device.memory().damage}`],
  ];
  return claims.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

async function rest(device: UpdatedDevice, how: Switch, before: number): Promise<string> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const last = device.told(how.version).slice(before).at(-1)?.result;
    if (last !== undefined && last !== 'switching' && !crashPending(device.container)) {
      const watching = (await device.container.exec(['systemctl', 'is-active', watcher])).stdout.trim();
      if (watching === 'inactive' && (await device.running()) === how.survivor(device)) return last;
    }
    if (performance.now() > deadline) return `${last ?? 'nothing'}, not at rest`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/**
 * Steps of a switch that passes undisturbed. `orphan` differs from `done` only for who waits for the program's end; of the
 * same change twice (a directory that is not empty yet) only the last one changes anything.
 */
async function steps(device: UpdatedDevice, how: Switch): Promise<readonly CrashPoint[]> {
  expect(await live(device, how, null)).toEqual([]);
  const points = passedPoints(device.container).filter(({ kind, manner }) => kind !== 'change' && manner !== 'orphan');
  const same = (one: CrashPoint) => (other: CrashPoint) =>
    other.kind === 'switch' && other.role === one.role && other.what === one.what;
  return points.filter((point, at) => point.kind !== 'switch' || !points.slice(at + 1).some(same(point)));
}

const described = ({ role, kind, manner, what }: CrashPoint, { first }: UpdatedDevice): string =>
  `${role.replace(`@${first}`, '').replace(`@${next.version}`, ' (new)')}: ${manner} ${kind === 'switch' ? what.replace('/opt/garrison/', '') : kind}`;

const must: Readonly<Record<keyof typeof switches, readonly string[]>> = {
  there: [
    'agent: before rename versions/0.3.0+test-trust',
    'agent: before rename previous',
    'agent: before rename trial',
    'agent: before rename current',
    'agent: done start',
    'watcher: done restart',
    'agent (new): before unlink trial',
    'agent (new): before rename /var/lib/garrison/update/floor',
  ],
  back: [
    'watcher: before rename returning',
    'watcher: before rename current',
    'watcher: done kill',
    'watcher: before unlink versions/0.2.9+test-trust/garrison-agent',
    'watcher: before rename fallback',
    'watcher: before unlink returning',
    'agent: before unlink fallback',
  ],
};

describe.concurrent('killed at each step of a switch', () => {
  test.each([
    ['to a good version: it runs, and has proved itself', 'there'],
    ['back from a bad one: the version before runs, and has said why', 'back'],
  ] as const)('%s', async (_, way) => {
    const device = await killable(`update-kills-${way}`);
    try {
      const points = await steps(device, switches[way]);
      const names = points.map((point) => described(point, device));
      expect(names).toEqual(expect.arrayContaining([...must[way]]));
      const wrong: string[] = [];
      for (const [at, point] of points.entries())
        wrong.push(...(await live(device, switches[way], point)).map((problem) => `${names[at]}: ${problem}`));
      expect(wrong).toEqual([]);
      console.log(`${points.length} steps`);
    } finally {
      await device.container.stop();
    }
  });
});
