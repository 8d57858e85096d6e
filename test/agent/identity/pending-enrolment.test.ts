/** The enrolment string that somebody has left in the state directory. */
import { describe, expect, it } from 'vitest';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { enrolPending } from '#agent/identity/pending-enrolment.ts';
import { enrolmentString } from '#test/worlds/host/console.ts';
import { Device, places } from '#test/worlds/host/device.ts';

const left = `${places.stateDirectory}/enrolment`;
const { secret } = readEnrolmentString(enrolmentString);
const holding = (device: Device): readonly string[] =>
  device
    .stored()
    .filter(
      ({ path, text }) => path === left || path.endsWith('/enrolment.json') || (path !== left && text.includes(secret)),
    )
    .map(({ path }) => path);

async function started(): Promise<Device> {
  const device = new Device({ enrols: false });
  device.assignsOnEnrolment();
  device.start();
  await device.host.time.run(5_000, () => device.running !== null);
  if (device.running === null) throw new Error('the agent does not run');
  void enrolPending(device.running, new AbortController().signal);
  return device;
}

async function leave(device: Device, bytes: Uint8Array): Promise<void> {
  await device.running?.agent.directories.state.replace('enrolment', bytes);
}

describe('an enrolment string that was left in the state', () => {
  it.each([
    ['as UTF-8', Buffer.from(`${enrolmentString}\n`)],
    ['as Windows PowerShell writes it', Buffer.from(`\ufeff${enrolmentString}\r\n`, 'utf16le')],
    ['with a byte order mark', Buffer.from(`\ufeff${enrolmentString}`)],
  ])('%s enrols the device within a minute and is gone', async (_, bytes) => {
    const device = await started();
    await leave(device, bytes);
    await device.host.time.run(90_000, () => device.running?.connection.identity()?.enrolled != null);
    await device.host.time.run(1_000);
    expect(device.console.devices.size).toBe(1);
    expect(holding(device).filter((path) => !path.endsWith('/identity.json'))).toEqual([]);
  });

  it('is taken in at the start, before anything else', async () => {
    const device = await started();
    await leave(device, Buffer.from(enrolmentString));
    device.process?.die();
    device.running = null;
    await device.host.time.run(60_000, () => device.running !== null);
    expect(holding(device).map((path) => path.split('/').at(-1))).toEqual(['enrolment.json']);
  });

  it.each([
    ['is no string', Buffer.from('garrison1.cut-off')],
    ['is far too long', Buffer.alloc(20_000, 'x')],
  ])('that %s is removed and enrols nothing', async (_, bytes) => {
    const device = await started();
    await leave(device, bytes);
    await device.host.time.run(90_000);
    expect(holding(device)).toEqual([]);
    expect(device.console.devices.size).toBe(0);
  });

  it('is not needed on a device that is enrolled, and goes', async () => {
    const device = await started();
    await leave(device, Buffer.from(enrolmentString));
    await device.host.time.run(90_000, () => device.running?.connection.identity()?.enrolled != null);
    const before = device.running?.connection.identity()?.enrolled?.deviceId;
    await leave(device, Buffer.from(enrolmentString));
    await device.host.time.run(90_000);
    expect(device.running?.connection.identity()?.enrolled?.deviceId).toBe(before);
    expect(holding(device).filter((path) => !path.endsWith('/identity.json'))).toEqual([]);
    expect(device.console.devices.size).toBe(1);
  });
});
