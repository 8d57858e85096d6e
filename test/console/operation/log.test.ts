import { AxiosError } from 'axios';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { loggedError, logOptions } from '#console/operation/log.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let operated: Operated;
let lines: string[];
beforeEach(async () => {
  operated = await Operated.start();
  lines = [];
});
afterEach(() => operated.stop());

const stream = { write: (line: string) => void lines.push(line) };

describe('the log', () => {
  it('is JSON, one line a request with its id, and holds no secret of anybody', async () => {
    const { world, vendor } = operated;
    const log = (name: string) => ({ log: logOptions('debug', name, stream) });
    const operators = await buildOperatorApp(world.operatorSide, log('operators'));
    const devices = await buildDeviceApp(world.side, log('devices'));
    const admin = await OperatorClient.signedIn(operators, 'ann', password);
    await admin.raw(sessionRoutes.signIn, { body: { name: 'ann', password: 'a-wrong-canary-password' } });
    const organisation = { body: { name: 'Canary Bakery' } };
    const made = await admin.raw(organisationRoutes.create, organisation);
    const { organisationId } = made.json() as { organisationId: string };
    const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
    await admin.call(connectionRoutes.enable, { body });
    await operators.inject({
      url: '/api/devices?search=canary-search&token=canary-query',
      headers: { cookie: admin.cookie },
    });
    const key = await world.installKey(organisationId);
    const device = simulatedDevice(devices, key);
    await device.enrol();
    await device.checkIn();
    const session = device.session;
    Object.assign(world.side.memory, {
      know: () => {
        const config = { headers: { Authorization: 'Bearer canary-header' }, data: 'canary-body' };
        return Promise.reject(new AxiosError('broken', 'ECONN', config as never, { path: 'canary-request' }));
      },
    });
    expect((await device.send('GET', '/agent/commands?after=0&wait=0')).status).toBe(500);
    await Promise.all([operators.close(), devices.close()]);

    const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    const answered = records.filter((record) => record['msg'] === 'answered');
    expect(answered.length).toBeGreaterThan(8);
    for (const record of answered)
      expect(record).toMatchObject({
        reqId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        req: {},
        res: {},
        durationMs: expect.any(Number),
      });
    expect(answered.map((record) => record['reqId'])).toContain(made.headers['garrison-request']);
    expect(answered).toContainEqual(
      expect.objectContaining({
        level: 30,
        listener: 'operators',
        req: { method: 'POST', route: '/api/organisations' },
        res: { status: 200 },
      }),
    );
    const broken = records.find((record) => record['msg'] === 'unexpected error');
    expect(broken).toMatchObject({ level: 50, err: { code: 'ECONN', message: 'broken' }, reqId: expect.any(String) });
    const text = lines.join('');
    const secrets = [
      password,
      'canary',
      vendor.apiToken,
      admin.cookie.split('=')[1],
      admin.csrf,
      session?.accessToken,
      session?.macKey.toString('base64url'),
      device.enrolment.secret,
      key,
      device.signing.privateKey,
      world.side.keys.current().signing.privateKey,
      organisationId,
      device.deviceId,
    ];
    for (const secret of secrets) expect(text).not.toContain(secret ?? 'missing');
  });

  it('says by default what operators change, and not what thousands of devices ask', async () => {
    const { world } = operated;
    const operators = await buildOperatorApp(world.operatorSide, { log: logOptions('info', 'operators', stream) });
    const devices = await buildDeviceApp(world.side, { log: logOptions('info', 'devices', stream) });
    await devices.inject({ url: '/agent/key-set' });
    const admin = await OperatorClient.signedIn(operators, 'ann', password);
    await admin.call(organisationRoutes.list);
    await admin.call(organisationRoutes.create, { body: { name: 'Foundry' } });
    await Promise.all([operators.close(), devices.close()]);
    const said = lines.map((line) => (JSON.parse(line) as { req?: { method: string; route: string } }).req);
    expect(said).toEqual([
      { method: 'POST', route: '/api/session' },
      { method: 'POST', route: '/api/organisations' },
    ]);
    expect(logOptions('silent', 'x').logger).toBe(false);
  });

  it('keeps the words of an error and its causes, and none of its fields', () => {
    const cause = Object.assign(new Error('inner'), { config: { headers: { authorization: 'x' } }, code: 'E1' });
    const error = Object.assign(new TypeError('outer', { cause }), { response: { data: 'y' } });
    expect(loggedError(error)).toEqual({
      type: 'TypeError',
      message: 'outer',
      stack: expect.any(String),
      cause: { type: 'Error', code: 'E1', message: 'inner', stack: expect.any(String) },
    });
    expect(loggedError('text')).toMatchObject({ message: 'text' });
  });
});
