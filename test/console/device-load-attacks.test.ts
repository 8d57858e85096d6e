/** Strangers who hold connections of the devices' listener open: they may keep each other out, never the devices. */
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '#protocol/messages.ts';
import { macHeaders } from '#protocol/session.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { overHttp, SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { loadRelease } from '#test/worlds/release/release.ts';

const inWorkMax = 16;
/** More than all buffers on the way hold. */
const bigPackage = Buffer.alloc(48 * 1024 * 1024, 'p');

let world: ConsoleWorld;
let app: FastifyInstance;
let device: SimulatedDevice;
let sockets: Socket[];

beforeEach(async () => {
  sockets = [];
  world = await ConsoleWorld.start();
  app = await buildDeviceApp(world.side, { load: { inWorkMax, heldMax: 100 } });
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  const installKey = await world.installKey(await world.organisation('Bakery'));
  device = new SimulatedDevice(overHttp(address), installKey, { now: () => world.nowMs });
  await device.enrol();
  await device.checkIn();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await app.close();
  await world.stop();
});

/** Sends that and never reads more than the first bytes of the answer, which it resolves with; '' when none come in time. */
function hold(text: string): Promise<string> {
  const { port } = app.server.address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  sockets.push(socket);
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    const given = setTimeout(() => resolve(''), 300);
    socket.once('data', (bytes) => {
      socket.pause();
      clearTimeout(given);
      resolve(bytes.subarray(0, 12).toString());
    });
    socket.write(text);
  });
}
const head = (method: string, path: string, ...headers: string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'host: x', ...headers, '', ''].join('\r\n');

describe('connections of strangers', () => {
  it('G32: downloads that nobody reads leave the most of the work to devices', async () => {
    await loadRelease(world, '0.9.1', [['linux-x64', 'deb', bigPackage]]);
    const path = `/install/files/${sha256Hex(bigPackage)}`;
    const spelled = path.replace('install', '%69nstall');
    const answers = await Promise.all(
      Array.from({ length: 2 * inWorkMax }, (_, turn) => hold(head('GET', turn % 2 === 0 ? path : spelled))),
    );
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200', 'HTTP/1.1 503']));
    expect(answers.filter((answer) => answer.endsWith('200'))).toHaveLength(inWorkMax / 8);
    expect((await device.checkIn()).rejected).toEqual([]);
  });

  it('G32: bodies that never come, to what is open to everybody, leave half of the work to devices', async () => {
    const slow = head('POST', paths.session, 'content-type: application/json', 'content-length: 60000');
    await Promise.all(Array.from({ length: 2 * inWorkMax }, () => hold(slow)));
    expect((await device.checkIn()).rejected).toEqual([]);
  });

  it('G32: nobody without a token of this console gets to send the large body of a check-in', async () => {
    const answers = await Promise.all(
      ['Bearer x', `Bearer ${'A'.repeat(200)}`, ''].map((authorization) =>
        hold(
          head(
            'POST',
            paths.checkIn,
            'content-type: application/json',
            'content-length: 250000',
            `${macHeaders.counter}: 1`,
            `${macHeaders.mac}: x`,
            ...(authorization === '' ? [] : [`authorization: ${authorization}`]),
          ),
        ),
      ),
    );
    expect(answers).toEqual(Array(3).fill('HTTP/1.1 401'));
  });
});
