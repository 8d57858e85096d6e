/** Strangers who hold connections of the devices' listener open: they may keep each other out, never the devices. */
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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
/** Requests whose head has come. */
let arrived: number;

const countArrivals = (listener: FastifyInstance): void => {
  listener.addHook('onRequest', async () => {
    arrived += 1;
  });
};

beforeEach(async () => {
  sockets = [];
  arrived = 0;
  world = await ConsoleWorld.start();
  app = await buildDeviceApp(world.side, { load: { inWorkMax, heldMax: 100 }, measure: countArrivals });
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

/** Sends each and never reads more than the first bytes of an answer. Resolves when all have arrived and so many are answered. */
async function hold(texts: readonly string[], answered: number): Promise<string[]> {
  const { port } = app.server.address() as AddressInfo;
  const answers: string[] = [];
  const before = arrived;
  for (const text of texts) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      socket.pause();
      answers.push(bytes.subarray(0, 12).toString());
    });
    socket.write(text);
  }
  await vi.waitFor(() => expect([arrived - before, answers.length]).toEqual([texts.length, answered]), 10_000);
  return answers;
}
const times = (number: number, make: (turn: number) => string): string[] =>
  Array.from({ length: number }, (_, turn) => make(turn));
const head = (method: string, path: string, ...headers: string[]): string =>
  [`${method} ${path} HTTP/1.1`, 'host: x', ...headers, '', ''].join('\r\n');

describe('connections of strangers', () => {
  it('G32: downloads that nobody reads leave the most of the work to devices', async () => {
    await loadRelease(world, '0.9.1', [['linux-x64', 'deb', bigPackage]]);
    const path = `/install/files/${sha256Hex(bigPackage)}`;
    const spelled = path.replace('install', '%69nstall');
    const heads = times(2 * inWorkMax, (turn) => head('GET', turn % 2 === 0 ? path : spelled));
    const answers = await hold(heads, heads.length);
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200', 'HTTP/1.1 503']));
    expect(answers.filter((answer) => answer.endsWith('200'))).toHaveLength(inWorkMax / 8);
    expect((await device.checkIn()).rejected).toEqual([]);
  });

  it('G32: bodies that never come, to what is open to everybody, leave half of the work to devices', async () => {
    const slow = head('POST', paths.session, 'content-type: application/json', 'content-length: 60000');
    const refused = await hold(
      times(2 * inWorkMax, () => slow),
      1.5 * inWorkMax,
    );
    expect(new Set(refused)).toEqual(new Set(['HTTP/1.1 503']));
    expect((await device.checkIn()).rejected).toEqual([]);
  });

  it('G32: nobody without a token of this console gets to send the large body of a check-in', async () => {
    const body = ['content-type: application/json', 'content-length: 250000'];
    const mac = [`${macHeaders.counter}: 1`, `${macHeaders.mac}: x`];
    const heads = ['authorization: Bearer x', `authorization: Bearer ${'A'.repeat(200)}`, 'x-none: x'].map((token) =>
      head('POST', paths.checkIn, ...body, ...mac, token),
    );
    const answers = await hold(heads, heads.length);
    expect(answers).toEqual(Array(3).fill('HTTP/1.1 401'));
  });

  it('G32: one device that never ends its archives keeps no other from sending its own', async () => {
    const installKey = await world.installKey(await world.organisation('Foundry'));
    const other = new SimulatedDevice(device.wire, installKey, { now: () => world.nowMs });
    await other.enrol();
    const path = paths.diagnostics('cmd_none');
    const begun = times(6, () => {
      const { authorization = '' } = device.signedHeaders({ method: 'PUT', path, body: '' });
      const headers = [`authorization: ${authorization}`, 'content-type: application/octet-stream'];
      return head('PUT', path, ...headers, 'content-length: 5000000');
    });
    expect(new Set(await hold(begun, 5))).toEqual(new Set(['HTTP/1.1 503']));
    // Taken in and judged: nobody had asked for it.
    expect((await other.sendDiagnostics('cmd_none', Buffer.from('archive'))).status).toBe(404);
  });
});
