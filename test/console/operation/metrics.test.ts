import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import { createMetrics, observe, onList } from '#console/operation/metrics.ts';
import { buildMetricsApp, metricsToken } from '#console/operation/metrics-listener.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const token = 'a-token-of-metrics-1';

let world: ConsoleWorld;
beforeEach(async () => {
  world = await ConsoleWorld.start();
});
afterEach(() => world.stop());

/** Values by `name{labels}`. */
function valuesOf(text: string): Record<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  );
}

describe('metrics', () => {
  it('count devices, commands, slots, requests and queues, by labels of closed lists', async () => {
    const metrics = createMetrics();
    observe(metrics, world.operatorSide);
    const measured = { measure: (app: Parameters<typeof metrics.measure>[0]) => metrics.measure(app, 'devices') };
    const app = await buildDeviceApp(world.side, measured);
    const device = simulatedDevice(app, await world.installKey(await world.organisation('Bakery & Söhne')));
    await device.enrol();
    await device.checkIn();
    await app.inject({ url: '/agent/none/of/this' });
    await app.inject({ url: `/agent/packages/${'0'.repeat(64)}` });
    await world.administrator('ann', 'correct horse battery');
    const admin = await OperatorClient.signedIn(world.operatorApp, 'ann', 'correct horse battery');
    await admin.call(deviceRoutes.command, { params: { deviceId: device.deviceId }, body: { verb: 'check' } });
    const held = device.commands(1);
    const text = await metrics.registry.metrics();
    await held;
    const values = valuesOf(text);
    expect(values).toMatchObject({
      'garrison_devices{state="checking"}': 1,
      'garrison_devices{state="protected"}': 0,
      'garrison_commands_waiting{verb="check"}': 1,
      'garrison_commands_waiting{verb="retry"}': 0,
      'garrison_attempts{state="open"}': 0,
      'garrison_build{version="test"}': 1,
      garrison_writes_waiting: 0,
      garrison_pages_open: 0,
    });
    const counted = (labels: string): number => values[`garrison_request_duration_seconds_count{${labels}}`] ?? 0;
    expect(counted('listener="devices",method="POST",route="/agent/check-in",status="2xx"')).toBe(1);
    expect(counted('listener="devices",method="GET",route="/agent/packages/:sha256",status="4xx"')).toBe(1);
    expect(counted('listener="devices",method="any",route="none",status="4xx"')).toBe(1);
    for (const private_ of [device.deviceId, device.organisationId, 'Bakery', 'ann', device.machine.hostname])
      expect(text).not.toContain(private_);
    await app.close();
  });

  it('ask the database at most once in ten seconds', async () => {
    const metrics = createMetrics();
    observe(metrics, world.operatorSide);
    await metrics.registry.metrics();
    const device = simulatedDevice(world.app, await world.installKey(await world.organisation('Bakery')));
    await device.enrol();
    const never = 'garrison_devices{state="never-reported"}';
    expect(valuesOf(await metrics.registry.metrics())[never]).toBe(0);
    world.nowMs += 10_000;
    expect(valuesOf(await metrics.registry.metrics())[never]).toBe(1);
  });

  it('have no label that somebody else chose', () => {
    expect(onList(['a', 'b'], { b: 2, 'evil"} 1': 3, other: 1 })).toEqual({ a: 0, b: 2, other: 4 });
  });
});

describe('G22: who may read metrics', () => {
  it('is whoever has the token, on the listener of operators and on its own', async () => {
    const { registry } = createMetrics();
    const access = { registry, token };
    const apps = [await buildOperatorApp(world.operatorSide, { metrics: access }), await buildMetricsApp(access)];
    for (const app of apps) {
      const ask = (authorization?: string) =>
        app.inject({ url: '/metrics', headers: authorization === undefined ? {} : { authorization } });
      expect((await ask()).statusCode).toBe(401);
      expect((await ask('Bearer wrong')).statusCode).toBe(401);
      expect((await ask(token)).statusCode).toBe(401);
      const answer = await ask(`Bearer ${token}`);
      expect([answer.statusCode, answer.headers['cache-control']]).toEqual([200, 'no-store']);
      expect((await app.inject({ url: '/elsewhere' })).statusCode).toBe(404);
      await app.close();
    }
  });

  it('is nobody on the listener of operators when there is no token, and this machine alone without one', async () => {
    expect((await world.operatorApp.inject({ url: '/metrics' })).statusCode).toBe(404);
    expect(metricsToken({ metrics: null, metricsTokenFile: null })).toBeNull();
    expect(metricsToken({ metrics: { host: '127.0.0.1', port: 1 }, metricsTokenFile: null })).toBeNull();
    const everybody = { metrics: { host: '0.0.0.0', port: 1 }, metricsTokenFile: null };
    expect(() => metricsToken(everybody)).toThrow('need a metricsTokenFile');
    const directory = mkdtempSync(join(tmpdir(), 'garrison-metrics-'));
    const file = join(directory, 'token');
    expect(() => metricsToken({ ...everybody, metricsTokenFile: file })).toThrow('cannot be read');
    writeFileSync(file, 'short\n');
    expect(() => metricsToken({ ...everybody, metricsTokenFile: file })).toThrow('at least 16');
    writeFileSync(file, `${token}\n`);
    expect(metricsToken({ ...everybody, metricsTokenFile: file })).toBe(token);
    rmSync(directory, { recursive: true });
  });
});
