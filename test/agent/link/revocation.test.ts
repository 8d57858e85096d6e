import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { keys, type ModelConsole } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';

const hourMs = 3_600_000;

async function protectedDevice(): Promise<Device> {
  const device = new Device();
  device.assignsOnEnrolment();
  device.start();
  expect(await device.until('protected')).toBe(true);
  await device.host.time.run(10_000);
  return device;
}

const isEnrolled = (device: Device): boolean => device.running?.connection.identity()?.enrolled != null;
const identityIsStored = (device: Device): boolean =>
  device.stored().some(({ path }) => path === '/var/lib/garrison/identity.json');
const refusalsSaid = (device: Device) => device.log.filter(({ message }) => message === 'removal refused');
const refusalsTold = (device: Device) => device.console.events().filter(({ kind }) => kind === 'command-refused');
/** Times of all requests from now on, in ms. */
function requestTimes(device: Device): number[] {
  const { console } = device;
  const times: number[] = [];
  const honest = console.answer.bind(console);
  console.answer = (call, sleep) => {
    times.push(console.nowMs());
    return honest(call, sleep);
  };
  return times;
}

/** Two loops, each at most every five minutes; but it does go on asking. */
function expectPatience(times: readonly number[], hours: number): void {
  const gaps = times.slice(2).map((time, index) => time - (times[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(299_000);
  expect(times.length).toBeGreaterThanOrEqual(hours * 10);
}

describe('SEC-22: a device that the console has removed', () => {
  it('gives up its identity for the signed command, and leaves the product alone', async () => {
    const device = await protectedDevice();
    device.console.remove();
    expect(await device.host.time.run(60_000, () => !isEnrolled(device))).toBe(true);
    await device.host.time.run(1_000);
    expect(identityIsStored(device)).toBe(false);
    expect(refusalsSaid(device)).toEqual([]);
    expect(device.state?.kind).toBe('protected');
    expect(device.violations()).toEqual([]);
  });

  it('gives it up also when it was away at the time, and for an epoch whose keys it was never given', async () => {
    const device = await protectedDevice();
    device.process?.die();
    device.running = null;
    device.console.remove(() => device.console.revocation({ epoch: 2 }));
    await device.host.time.run(60_000, () => device.running !== null);
    expect(await device.host.time.run(60_000, () => !isEnrolled(device))).toBe(true);
    await device.host.time.run(1_000);
    expect(identityIsStored(device)).toBe(false);
  });
});

describe('SEC-22: keeps its identity, and says so once, when it is said to be removed', () => {
  const newKey = generateSigningKey();
  const renewed = (console: ModelConsole, changes: Partial<ModelConsole['keySet']>): void => {
    console.keySet = { ...console.keySet, number: console.keySet.number + 1, ...changes };
  };
  const cases: readonly {
    readonly name: string;
    readonly why: string;
    /** Before the device is said to be removed. */
    readonly prepare?: (console: ModelConsole) => void;
    readonly proof: (console: ModelConsole) => unknown;
  }[] = [
    { name: 'without a signature', why: 'nothing was signed', proof: () => undefined },
    {
      name: 'with a key that is none of the console',
      why: 'no signature of a known key',
      proof: (console) => console.revocation({}, keys.foreign),
    },
    {
      name: 'with a key that the owner has replaced',
      why: 'no signature of a known key',
      prepare: (console) => renewed(console, { signingKeys: [newKey.publicKey] }),
      proof: (console) => console.revocation(),
    },
    {
      name: 'with something else that was signed',
      why: 'payload type is application/vnd.garrison.time.v1+json',
      proof: () => signEnvelope('time', {}, [keys.signing]),
    },
    {
      name: 'with the command of another device',
      why: 'command.foreign',
      proof: (console) => console.revocation({ deviceId: 'device-9' }),
    },
    {
      name: 'with the command of another console',
      why: 'command.foreign',
      proof: (console) => console.revocation({ consoleId: 'console-9' }),
    },
    {
      name: 'with a command that has expired',
      why: 'command.expired',
      proof: (console) => console.revocation({ expiresAt: console.iso(-1) }),
    },
    {
      name: 'with a command that never ends',
      why: 'longer than 30 days',
      proof: (console) => console.revocation({ expiresAt: console.iso(365 * 86_400_000) }),
    },
    {
      name: 'with a command to do something else',
      why: 'the command is to retry',
      proof: (console) => console.revocation({ verb: 'retry' }),
    },
    {
      name: 'with a command of an epoch that the owner has ended',
      why: 'of epoch 1, we hold 2',
      prepare: (console) => renewed(console, { epoch: 2, issuedAt: console.iso() }),
      proof: (console) => console.revocation({ epoch: 1 }),
    },
  ];

  it.each(cases)('$name', async ({ why, prepare, proof }) => {
    const device = await protectedDevice();
    const { console } = device;
    if (prepare !== undefined) {
      prepare(console);
      await device.host.time.run(700_000);
    }
    console.remove(() => proof(console));
    const times = requestTimes(device);
    await device.host.time.run(3 * hourMs);
    expect(isEnrolled(device)).toBe(true);
    expect(identityIsStored(device)).toBe(true);
    const said = refusalsSaid(device);
    expect(said).toMatchObject([{ level: 'error', fields: { code: 'command.untrusted' } }]);
    expect(said[0]?.fields['detail']).toContain(why);
    expectPatience(times, 3);
    expect(device.violations()).toEqual([]);
  });

  it('also while the disk takes no record of it, without asking more often', async () => {
    const device = await protectedDevice();
    const { console } = device;
    device.host.disk.capacityBytes = 0;
    console.remove(() => undefined);
    await device.host.time.run(300_000);
    const times = requestTimes(device);
    await device.host.time.run(3 * hourMs);
    expect(isEnrolled(device)).toBe(true);
    expect(identityIsStored(device)).toBe(true);
    expectPatience(times, 3);
  });

  it('asks again in its time, tells the console afterwards, and says it anew the next time', async () => {
    const device = await protectedDevice();
    const { console } = device;
    console.remove(() => undefined);
    await device.host.time.run(hourMs);
    console.removals.clear();
    await device.host.time.run(700_000);
    expect(refusalsTold(device)).toMatchObject([{ data: { fault: { code: 'command.untrusted' } } }]);
    console.remove(() => undefined);
    await device.host.time.run(hourMs);
    console.removals.clear();
    await device.host.time.run(700_000);
    expect(refusalsTold(device)).toHaveLength(2);
    expect(device.state?.kind).toBe('protected');
    console.remove();
    expect(await device.host.time.run(700_000, () => !isEnrolled(device))).toBe(true);
  });
});
