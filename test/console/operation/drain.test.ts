/** The console as a process that is told to end while devices wait and download. */
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { paths } from '#protocol/messages.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { drain } from '#console/operation/drain.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import { ConsoleProgram } from '#test/worlds/fleet/console-process.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let directory: string;
let program: ConsoleProgram;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-drain-'));
});
afterEach(async () => {
  await program.stop('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

async function running(drain: string): Promise<SimulatedDevice> {
  program = await ConsoleProgram.at(directory, { GARRISON_CONSOLE_DRAIN: drain });
  await program.done(['init', '--public-url', `http://127.0.0.1:${program.devicePort}`]);
  await program.done(['admin', 'create', 'ann'], password);
  await program.start();
  const admin = await OperatorClient.signedIn(program.operatorApp(), 'ann', password);
  const { organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Bakery' } });
  const { enrolmentString } = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const device = simulatedDevice(`http://127.0.0.1:${program.devicePort}`, enrolmentString);
  await device.enrol();
  await device.checkIn();
  return device;
}

/** A package in its cache, as a download from SentinelOne leaves it, that the organisation may get. */
async function packaged(organisationId: string, content: string): Promise<string> {
  const store = await openSqlite(join(directory, 'garrison.db'), { alone: false });
  const beside = new ConsoleWorld(join(directory, 'packages'), store, {});
  const sealer = createSealer(readKeyFile(join(directory, 'keys', 'console.key')));
  Object.assign(beside, { sealer, nowMs: Date.now() });
  await beside.restart();
  await beside.mapped(organisationId);
  const sha256 = await beside.package(content);
  await beside.app.close();
  await beside.operatorApp.close();
  await beside.operatorSide.packages.close();
  beside.operatorSide.connections.close();
  await store.close();
  return sha256;
}

const ready = async (): Promise<number> =>
  (await fetch(`http://127.0.0.1:${program.operatorPort}/readyz`).catch(() => null))?.status ?? 0;

function download(device: SimulatedDevice, sha256: string): Promise<IncomingMessage> {
  const path = paths.package(sha256);
  const headers = device.signedHeaders({ method: 'GET', path, body: '' });
  return new Promise((resolve, reject) => {
    const sent = request(`http://127.0.0.1:${program.devicePort}${path}`, { headers }, resolve);
    sent.on('error', reject);
    sent.end();
  });
}

async function assigned(device: SimulatedDevice, sha256: string): Promise<void> {
  for (let tries = 0; device.assignment?.candidates.some((one) => one.sha256 === sha256) !== true; tries += 1) {
    if (tries > 60) throw new Error('the package is not assigned');
    await new Promise((resolve) => setTimeout(resolve, 250));
    await device.checkIn();
  }
}

async function read(stream: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const part of stream) bytes += (part as Buffer).length;
  return bytes;
}

const large = 'x'.repeat(48 * 1024 * 1024);

describe('a console that is told to end', () => {
  it(
    'is not ready at once, answers what is held, lets downloads finish, and ends with 0',
    { timeout: 90_000 },
    async () => {
      const device = await running('1,30');
      const sha256 = await packaged(device.organisationId, large);
      await assigned(device, sha256);
      const answer = await download(device, sha256);
      answer.pause();
      const held = device.commands(120);
      held.catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await ready()).toBe(200);
      program.signal('SIGTERM');
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(await ready()).toBe(503);
      expect(await held).toEqual({ commands: [], checkIn: false });
      const again = await device.send('GET', `${paths.commands}?after=0&wait=120`);
      expect([again.status, Number(again.headers['retry-after'])]).toEqual([503, expect.any(Number)]);
      expect((await device.checkIn()).sendAll).toBe(false);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect(await ready()).toBe(0);
      expect(await read(answer)).toBe(large.length);
      expect(await program.ended()).toEqual([0, null]);
    },
  );

  it('waits for a download no longer than it is told to', { timeout: 90_000 }, async () => {
    const device = await running('0,1');
    const sha256 = await packaged(device.organisationId, large);
    await assigned(device, sha256);
    const stuck = await download(device, sha256);
    stuck.pause();
    stuck.on('error', () => undefined);
    const before = performance.now();
    program.signal('SIGTERM');
    expect(await program.ended()).toEqual([0, null]);
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(10_000);
  });

  it('waits for nobody once it is told to hurry', async () => {
    const world = await ConsoleWorld.start();
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.write('POST /agent/enrol HTTP/1.1\r\n', () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const hurry = new AbortController();
    let left = false;
    const leaving = drain(world.side, [world.app], { noticeSeconds: 0, limitSeconds: 60 }, hurry.signal).then(() => {
      left = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(left).toBe(false);
    hurry.abort();
    await leaving;
    await world.stop();
  });
});
