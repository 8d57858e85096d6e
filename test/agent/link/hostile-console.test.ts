import { describe, expect, it } from 'vitest';
import type { Call } from '#agent/link/transport.ts';
import { paths } from '#protocol/messages.ts';
import { Device } from '#test/worlds/host/device.ts';

type Told = { readonly status: number; readonly body: unknown };

/** A protected device whose console answers some paths otherwise from then on. */
async function misled(answers: Readonly<Record<string, () => Told>>): Promise<Device> {
  const device = new Device();
  device.assignsOnEnrolment();
  device.start();
  expect(await device.until('protected')).toBe(true);
  const { console } = device;
  const honest = console.answer.bind(console);
  console.answer = async (call: Call, sleep) => {
    const path = call.path.split('?')[0] ?? '';
    const otherwise = answers[path];
    if (otherwise === undefined) return honest(call, sleep);
    console.requests.push(`${call.method} ${path}`);
    return otherwise();
  };
  console.requests = [];
  return device;
}

const asked = (device: Device, path: string): number =>
  device.console.requests.filter((request) => request.endsWith(path)).length;

describe('a console cannot make a device busy', () => {
  it('by asking for check-ins that it then refuses', async () => {
    const device = await misled({
      [paths.commands]: () => ({ status: 200, body: { commands: [], checkIn: true } }),
      [paths.checkIn]: () => ({ status: 503, body: {} }),
    });
    await device.host.time.run(250_000);
    device.console.requests = [];
    await device.host.time.run(60_000);
    expect(asked(device, paths.commands)).toBeLessThanOrEqual(31);
  });

  it('by asking it to come again at once, for ever', async () => {
    const device = await misled({});
    const honest = device.console.answer.bind(device.console);
    device.console.answer = async (call, sleep) => {
      const told = await honest(call, sleep);
      return call.path === paths.checkIn ? { ...told, body: { ...(told.body as object), nextInMs: 0 } } : told;
    };
    await device.host.time.run(60_000);
    expect(asked(device, paths.checkIn)).toBeLessThanOrEqual(31);
  });
});

describe('leaving', () => {
  it('tells the console that the command was carried out, and that the device has left', async () => {
    const device = await misled({});
    device.console.send(device.command('unenrol'));
    await device.host.time.run(30_000, () => device.running?.connection.identity() === null);
    const told = device.console.events().map(({ kind, data }) => [kind, data['verb']].join(' ').trim());
    expect(told).toContain('command-executed unenrol');
    expect(told).toContain('unenrolled');
    expect(device.stored().map(({ path }) => path)).not.toContain('/var/lib/garrison/identity.json');
  });

  it('tells the console also when it was decided on the device, but waits for no console', async () => {
    const device = await misled({});
    const leaving = device.running?.connection.unenrol('local');
    await device.host.time.run(30_000, () => device.running?.connection.identity() === null);
    await leaving;
    expect(device.console.events().map(({ kind }) => kind)).toContain('unenrolled');

    const lost = await misled({});
    lost.console.down = true;
    const alone = lost.running?.connection.unenrol('local');
    expect(await lost.host.time.run(30_000, () => lost.running?.connection.identity() === null)).toBe(true);
    await alone;
  });
});
