/**
 * SIGKILL of the agent and of its shim at every point of an install where something of theirs becomes different on disk, and
 * around every launch. Between two of these points a kill cannot be told apart from a kill at the next one: what was written
 * stays written when a process dies. The agent's temporary files are one state each, whatever is in them: nobody opens one
 * again. systemd starts the agent again; whatever happened, the installer runs once.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cache } from '../../scripts/build/runtime.ts';
import {
  clearCrash,
  crashPending,
  installCrashLibrary,
  orderCrash,
  passedPoints,
  type CrashPoint,
} from '#test/worlds/lab/crash-at.ts';
import type { RootName } from '#test/worlds/lab/paths.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { filesBelow, startDevice, stateDirectory, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
const devices: Device[] = [];

beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
  // Every round enrols a new agent; the usual hundred licences would run out on the way.
  for (const site of sentinelOne.tenant.sites) site.unlimitedLicenses = true;
});
afterAll(async () => {
  await Promise.all(devices.map(({ container }) => container.stop()));
  await sentinelOne.stop();
});

async function crashable(root: RootName, number: number): Promise<Device> {
  const device = await startDevice({ root, name: `crash-${root}-${number}`, world, sentinelOne });
  devices.push(device);
  installCrashLibrary(device.container, cache);
  await device.assign();
  clearCrash(device.container);
  return device;
}

/** One clean install tells which points there are. */
async function pointsOf(device: Device): Promise<readonly CrashPoint[]> {
  await device.service('start');
  await device.untilState('protected');
  const points = passedPoints(device.container);
  await device.reset();
  return points.filter((point) => point.role === 'shim' || !/^(create|write) .*\/\.new-/.test(point.what));
}

/** A shim that dies before its claim is known only by its silence: the agent waits a minute for it. */
function isSlow(point: CrashPoint, points: readonly CrashPoint[]): boolean {
  const claim = points.find(({ role, what }) => role === 'shim' && /^link .*\/claim$/.test(what));
  return point.role === 'shim' && point.kind === 'change' && point.n <= (claim?.n ?? 0);
}

async function crashAt(device: Device, point: CrashPoint): Promise<string[]> {
  const name = `${point.role} killed (${point.manner}) at ${point.kind} ${point.n}: ${point.what}`;
  clearCrash(device.container);
  orderCrash(device.container, point);
  await device.service('start');
  const settled = (): boolean => !crashPending(device.container) && isAtRest(device);
  const wrong = await device.until('protected after the crash', settled, 180_000).then(
    () => whatIsWrong(device),
    (error: unknown) => [String(error)],
  );
  await device.reset();
  for (const problem of wrong) console.log(`${name}: ${problem}`);
  return wrong.map((problem) => `${name}: ${problem.split('\n', 1)[0]}`);
}

function isAtRest(device: Device): boolean {
  const memory = device.memory();
  return memory.state?.kind === 'protected' && memory.of('attempt-ended').length >= memory.of('attempt-started').length;
}

function whatIsWrong(device: Device): string[] {
  const memory = device.memory();
  const left = filesBelow(device, stateDirectory);
  const numbers = memory.events.map(({ seq }) => seq);
  const claims: readonly (readonly [boolean, string])[] = [
    [device.installerRuns() === 1, `the installer ran ${device.installerRuns()} times`],
    [memory.damage === null, `the journal cannot be read: ${memory.damage}`],
    [numbers.every((seq, index) => seq === index + 1), `event numbers ${numbers.join(' ')}`],
    [memory.of('state-lost').length === 0, 'the memory was lost'],
    [!left.some(({ path }) => path.includes('damaged')), 'a damaged journal was set aside'],
    [!left.some(({ bytes }) => bytes.includes(device.token)), 'the site token stayed on disk'],
    [!left.some(({ path }) => path.startsWith(`${stateDirectory}/runs/`)), 'the run left files behind'],
  ];
  return claims.flatMap(([holds, problem]) => (holds ? [] : [problem]));
}

/** Takes points off one list until it is empty. */
async function lane(device: Promise<Device>, points: CrashPoint[]): Promise<string[]> {
  const wrong: string[] = [];
  for (let point = points.shift(); point !== undefined; point = points.shift())
    wrong.push(...(await crashAt(await device, point)));
  return wrong;
}

async function tryAll(
  root: RootName,
  points: readonly CrashPoint[],
  lanes: { fast: number; slow: number },
  first: Device,
): Promise<string[]> {
  const slow = points.filter((point) => isSlow(point, points));
  const fast = points.filter((point) => !isSlow(point, points));
  const more = (count: number, from: number, list: CrashPoint[]) =>
    Array.from({ length: Math.min(count, list.length) }, (_, index) => lane(crashable(root, from + index), list));
  const all = [lane(Promise.resolve(first), fast), ...more(lanes.fast - 1, 10, fast), ...more(lanes.slow, 20, slow)];
  return (await Promise.all(all)).flat();
}

test(
  'deb: killed at every change on disk and every launch of an install, it ends protected after one run',
  { timeout: 900_000 },
  async () => {
    const first = await crashable('deb', 0);
    const points = await pointsOf(first);
    const passed = points.map(({ role, manner, what }) => `${role} ${manner} ${what}`);
    expect(
      passed.filter((text) => text === `agent torn write ${stateDirectory}/journal`).length,
    ).toBeGreaterThanOrEqual(12);
    for (const name of ['job.json', 'claim', 'started.json', 'exited.json']) {
      expect(
        passed.some((text) => /before (link|rename) .*\/runs\/run-1\//.test(text) && text.endsWith(name)),
        name,
      ).toBe(true);
    }
    expect(passed.filter((text) => text.includes('exec systemd-run'))).toHaveLength(3);
    expect(passed.filter((text) => text.includes('exec apt-get'))).toHaveLength(3);
    console.log(`${points.length} points`);
    expect(await tryAll('deb', points, { fast: 3, slow: 5 }, first)).toEqual([]);
  },
);

test(
  'rpm: killed around every launch and at every change of the shim that has its claim, it ends protected after one run',
  { timeout: 600_000 },
  async () => {
    const first = await crashable('rpm', 0);
    const all = await pointsOf(first);
    const points = all.filter((point) => point.kind === 'launch' || (point.role === 'shim' && !isSlow(point, all)));
    expect(points.filter(({ what }) => what === 'exec dnf')).toHaveLength(3);
    expect(points.length).toBeGreaterThanOrEqual(15);
    expect(await tryAll('rpm', points, { fast: 3, slow: 0 }, first)).toEqual([]);
  },
);
