/** Random lives of a device, each a function of its seed: whatever happens to it, in the end it is protected. */
import type { Chance } from '#test/worlds/host/chance.ts';
import { chanceOf } from '#test/worlds/host/chance.ts';
import { Device } from '#test/worlds/host/device.ts';
import { baseMs, type Snapshot } from '#test/worlds/host/host.ts';
import { scripts, type Script } from '#test/worlds/host/installer.ts';
import { restarting, restartingVendor } from '#test/worlds/host/restarting.ts';
import { anyHour } from '#test/agent/restarts.ts';
import type { DeviceRecord } from '#test/worlds/host/console.ts';
import { everythingTold, leftBehind, untold } from '#test/agent/crash.ts';

interface Telling {
  readonly device: Device;
  readonly chance: Chance;
  readonly happened: string[];
  backup: Map<string, DeviceRecord> | null;
  snapshot: Snapshot | null;
  /** Something was set back or lost: what was told before it may be missing afterwards. */
  setBack: boolean;
}

type Event = (telling: Telling) => void;

const agentDies: Event = ({ device }) => device.process?.die();
const powerFails: Event = ({ device }) => device.host.cutPower();

const events: Readonly<Record<string, Event>> = {
  'the agent dies': agentDies,
  'the power fails': powerFails,
  'the agent dies soon': ({ device, chance }) => {
    const process = device.process;
    if (process?.alive === true) process.crashAt = process.effects.length + 1 + chance.int(40);
  },
  'the machine dies soon': ({ device, chance }) => {
    device.crash = 'power';
    device.crashes = [1 + chance.int(120)];
    agentDies({ device } as Telling);
    device.crash = 'process';
  },
  'the next shim dies': ({ device, chance }) => {
    device.host.shims.push({ crashAt: 1 + chance.int(20), crash: chance.pick(['process', 'power']) });
  },
  'the next shim is late': ({ device, chance }) => {
    device.host.shims.push({ delayMs: chance.int(180_000) });
  },
  'the service manager refuses': ({ device, chance }) => {
    device.host.shims.push({ refused: chance.pick(['but-started', 'and-not-started']) });
  },
  'the disk is full': ({ device, chance }) => {
    const { disk, time } = device.host;
    const before = 64 * 1024 ** 3;
    disk.capacityBytes = disk.usedBytes() + chance.int(3000);
    time.at(time.nowMs + chance.int(1_800_000), () => {
      disk.capacityBytes = before;
    });
  },
  'the disk does not confirm': ({ device }) => {
    device.host.disk.failingFsyncs = 1;
  },
  'the clock jumps': ({ device, chance }) => {
    device.host.wallOffsetMs = baseMs + chance.int(60 * 86_400_000) - 30 * 86_400_000;
  },
  'the console is away': ({ device, chance }) => {
    const { console, host } = device;
    console.down = true;
    host.time.at(host.time.nowMs + chance.int(3_600_000), () => {
      console.down = false;
    });
  },
  'the console is backed up': (telling) => {
    telling.backup ??= telling.device.console.backUp();
  },
  'the console is restored': (telling) => {
    if (telling.backup === null || telling.backup.size === 0) return;
    telling.device.console.restore(telling.backup);
    telling.setBack = true;
  },
  'Retry is pressed': ({ device }) => {
    if (device.console.devices.size > 0) device.console.send(device.command('retry'));
  },
  'it is assigned anew': ({ device, chance }) => {
    if (device.console.devices.size > 0) device.assign({ mode: chance.pick(['deploy', 'deploy', 'watch', 'paused']) });
  },
  'a snapshot is taken': (telling) => {
    telling.snapshot ??= telling.device.host.snapshot();
  },
  'it is set back to the snapshot': (telling) => {
    if (telling.snapshot === null) return;
    telling.device.host.rollBack(telling.snapshot);
    telling.setBack = true;
  },
  'somebody holds the lock': ({ device, chance }) => {
    const { host } = device;
    host.locks = [
      { lock: 'dpkg frontend', path: '/var/lib/dpkg/lock-frontend', holder: { pid: 812, command: 'apt-get' } },
    ];
    host.time.at(host.time.nowMs + chance.int(600_000), () => {
      host.locks = [];
    });
  },
};

/** What the coming starts of the package manager do, before it works. */
function firstScripts(chance: Chance): Script[] {
  const { works, half, fails101, busy, crashes, children, nothing, unknownCode } = scripts;
  const count = chance.int(4);
  return Array.from({ length: count }, () =>
    chance.pick<Script>([works, half, fails101, busy, crashes, children, nothing, unknownCode]),
  );
}

const restartEvents: typeof events = {
  'somebody restarts the machine': ({ device }) => device.host.restart(),
  'the agent may restart it': ({ device }) => {
    if (device.console.devices.size > 0) device.assign({ reboot: anyHour });
  },
  'the agent may not restart it': ({ device }) => {
    if (device.console.devices.size > 0) device.assign({ reboot: { kind: 'never' } });
  },
  'the restart is called off': ({ device }) => {
    if (device.console.devices.size > 0) device.console.send(device.command('cancel'));
  },
  'half an hour passes': ({ device }) => {
    device.host.time.at(device.host.time.nowMs + 1_800_000, () => undefined);
  },
};

/** A client that may be restarted, with installers that want, begin or survive it. */
function restartable(seed: number, chance: Chance): Device {
  const device = new Device({ seed, vendor: restartingVendor });
  device.host.machineChanges = { product: 'client' };
  device.host.bootedAtMs = -chance.int(3 * 86_400_000);
  const count = 1 + chance.int(3);
  for (let index = 0; index < count; index += 1)
    device.host.packageManager.coming.push(chance.pick<Script>([restarting.there, ...Object.values(restarting)]));
  device.assignsOnEnrolment({ reboot: anyHour });
  return device;
}

/** A life by its seed; what went against the promises, with what had happened. */
export async function history(seed: number, kind: 'server' | 'restarting' = 'server'): Promise<string[]> {
  const chance = chanceOf(seed);
  const device = kind === 'server' ? new Device({ seed }) : restartable(seed, chance);
  const telling: Telling = { device, chance, happened: [], backup: null, snapshot: null, setBack: false };
  device.host.loss = chance.pick(['all', 'none', 'part']);
  if (kind === 'server') device.host.packageManager.coming.push(...firstScripts(chance));
  device.console.cuts = chance.happens(0.3) ? [chance.int(4000)] : [];
  device.console.altered = chance.happens(0.2) ? 1 : 0;
  if (kind === 'server') device.assignsOnEnrolment();
  device.start();
  const known = kind === 'server' ? events : { ...events, ...restartEvents };
  const names = Object.keys(known);
  const steps = 2 + chance.int(7);
  for (let step = 0; step < steps; step += 1) {
    await device.host.time.run(chance.int(chance.pick([50, 500, 3_000, 20_000, 120_000])));
    const name = names[chance.int(names.length)] ?? '';
    telling.happened.push(`${device.host.time.nowMs}: ${name}`);
    known[name]?.(telling);
  }
  await device.host.time.run(chance.int(600_000));
  return (await recovers(telling)).map((problem) => `${problem}\n  ${telling.happened.join('\n  ')}`);
}

/** The world is set right again, and a person presses *Retry* once. */
async function recovers(telling: Telling): Promise<string[]> {
  const { device } = telling;
  const { host, console } = device;
  host.disk.failingFsyncs = 0;
  host.disk.capacityBytes = 64 * 1024 ** 3;
  host.wallOffsetMs = baseMs;
  host.locks = [];
  host.shims = [];
  host.loss = 'none';
  console.down = false;
  host.packageManager.coming.length = 0;
  // A disk that once did not confirm is believed again after a restart only.
  agentDies(telling);
  await host.time.run(400_000, () => console.devices.size > 0);
  if (console.devices.size === 0) return ['it never enrolled'];
  device.assign();
  await host.time.run(60_000);
  console.send(device.command('retry'));
  const good = (): boolean => device.state?.kind === 'protected' && everythingTold(device);
  let isProtected = await host.time.run(6 * 3_600_000, good);
  // A person who does what the state asks for. What goes on after one restart may want another.
  for (let times = 0; times < 3 && !isProtected && wantsRestart(device); times += 1) {
    host.restart();
    isProtected = await host.time.run(6 * 3_600_000, good);
  }
  const problems = [...device.violations(), ...leftBehind(device), ...tooManyStarts(device)];
  if (!telling.setBack && ![...device.log].some(({ message }) => message.startsWith('the memory of this agent')))
    problems.push(...untold(device));
  if (!isProtected) problems.push(`not protected: ${JSON.stringify(device.state)}`);
  return problems;
}

function wantsRestart({ running }: Device): boolean {
  const planned = running?.daemon.latest()?.plan;
  return planned?.decision.kind === 'wait' && planned.decision.condition === 'reboot';
}

/** 24 in any day, whatever is pressed. */
function tooManyStarts({ host }: Device): string[] {
  const { starts } = host.packageManager;
  const most = Math.max(
    0,
    ...starts.map(({ atMs }) => starts.filter((other) => other.atMs > atMs - 86_400_000 && other.atMs <= atMs).length),
  );
  return most > 24 ? [`${most} starts in a day`] : [];
}
