/** G18: diagnostics between device, console and operator: who may ask, send and fetch, how they lie, how long. */
import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createConsoleTime } from '#agent/console-time.ts';
import { createClient } from '#agent/link/client.ts';
import type { EnrolledIdentity } from '#agent/link/link-state.ts';
import { createTransport } from '#agent/link/transport.ts';
import { seal } from '#protocol/crypto.ts';
import { limits } from '#protocol/limits.ts';
import { diagnosticsPurpose, diagnosticsResponse, paths } from '#protocol/messages.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { archiveRoute, diagnosticsRoutes } from '#console/api/diagnostics.ts';
import { forgetArchives } from '#console/fleet/link/diagnostics.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import type { SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { Operated, refusal } from '#test/worlds/fleet/operated.ts';
import type { OperatorClient } from '#test/worlds/fleet/operator.ts';

const dayMs = 86_400_000;
const archive = Buffer.concat([Buffer.from('canary of an archive '), randomBytes(4_000)]);

let operated: Operated;
let bakery: string;
let device: SimulatedDevice;

beforeEach(async () => {
  operated = await Operated.start();
  bakery = await operated.organisation('Bakery');
  device = await operated.device(bakery);
});
afterEach(() => operated.stop());

const ask = async (who: OperatorClient = operated.admin): Promise<string> =>
  (await who.call(diagnosticsRoutes.ask, { params: { deviceId: device.deviceId } })).commandId;
const list = async (who: OperatorClient = operated.admin) =>
  (await who.call(diagnosticsRoutes.list, { params: { deviceId: device.deviceId } })).items;
const fetched = (commandId: string, who: OperatorClient = operated.admin) =>
  who.raw(archiveRoute, { params: { deviceId: device.deviceId, commandId } });
const codeOf = (answer: { body: Buffer }): string =>
  (JSON.parse(answer.body.toString('utf8')) as { code?: string }).code ?? '';

async function audited(): Promise<readonly (readonly [string, string])[]> {
  const rows = await operated.world.store.read
    .selectFrom('audit')
    .select(['actor', 'action'])
    .where('action', 'like', 'diagnostics.%')
    .orderBy('number')
    .execute();
  expect(await verifyAudit(operated.world.store.read, operated.world.side.sealer.subkey('audit'))).toBeNull();
  return rows.map(({ actor, action }) => [actor, action]);
}

async function send(commandId: string): Promise<void> {
  device.record('command-received', { commandId, verb: 'diagnose' });
  await device.checkIn();
  expect((await device.sendDiagnostics(commandId, archive)).status).toBe(200);
  device.record('command-executed', { commandId, verb: 'diagnose', result: 'done', fault: null });
  await device.checkIn();
}

describe('G18: the way of an archive', () => {
  it('asked, made, ready, fetched as it was made, and every step noted', async () => {
    const commandId = await ask();
    expect((await device.commands()).commands).toMatchObject([{ verb: 'diagnose', commandId }]);
    expect(await list()).toMatchObject([{ commandId, state: 'asked', archive: null, requestedBy: 'ann' }]);
    device.record('command-received', { commandId, verb: 'diagnose' });
    await device.checkIn();
    expect(await list()).toMatchObject([{ state: 'making' }]);
    expect((await device.sendDiagnostics(commandId, archive)).status).toBe(200);
    expect(await list()).toMatchObject([{ state: 'ready', archive: { sizeBytes: archive.length } }]);
    const answer = await fetched(commandId);
    expect(answer.rawPayload.equals(archive)).toBe(true);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/gzip',
      'content-disposition': `attachment; filename="garrison-diagnostics-${commandId}.tar.gz"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    expect(await audited()).toEqual([
      ['operator:ann', 'diagnostics.asked'],
      ['operator:ann', 'diagnostics.fetched'],
    ]);
  });

  it('asking again while one is under way gives no second command', async () => {
    expect(await ask()).toBe(await ask());
  });

  it('a refusal of the device is shown with its reason', async () => {
    const commandId = await ask();
    const fault = { code: 'diagnostics.not-allowed', detail: 'the configuration says "local"', context: {} } as const;
    device.record('command-executed', { commandId, verb: 'diagnose', result: 'refused', fault });
    await device.checkIn();
    expect(await list()).toMatchObject([{ state: 'refused', fault: { code: 'diagnostics.not-allowed' } }]);
  });

  it('lies sealed: neither content nor key is in the row, and an altered or moved row opens for nobody', async () => {
    const commandId = await ask();
    await send(commandId);
    const { store } = operated.world;
    const [row] = await store.read.selectFrom('diagnostics').selectAll().execute();
    const sealed = Buffer.from(row?.sealed ?? '', 'base64');
    expect(sealed.length).toBeGreaterThan(archive.length);
    expect(sealed.includes('canary of an archive')).toBe(false);
    sealed[100] = (sealed[100] ?? 0) ^ 1;
    await store.write((db) =>
      db
        .updateTable('diagnostics')
        .set({ sealed: sealed.toString('base64') })
        .execute(),
    );
    expect((await fetched(commandId)).statusCode).toBe(500);
  });

  it('is kept for 14 days, and gone afterwards, from the table too', async () => {
    const commandId = await ask();
    await send(commandId);
    operated.world.nowMs += 14 * dayMs - 60_000;
    await forgetArchives(operated.world.side);
    expect((await fetched(commandId, await signedInAgain())).statusCode).toBe(200);
    operated.world.nowMs += 120_000;
    expect((await fetched(commandId, await signedInAgain())).statusCode).toBe(404);
    expect(await list(await signedInAgain())).toMatchObject([{ state: 'expired', archive: null }]);
    await forgetArchives(operated.world.side);
    expect(await operated.world.store.read.selectFrom('diagnostics').select('command_id').execute()).toEqual([]);
  });
});

describe('over a socket', () => {
  it("the agent's own client brings the largest archive there is to the console", async () => {
    const commandId = await ask();
    const { world } = operated;
    const { keySet } = device;
    if (keySet === null) throw new Error('not enrolled');
    await world.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = world.app.server.address() as AddressInfo;
    const transport = createTransport({ addresses: () => [`http://127.0.0.1:${port}`], pins: () => [], proxy: null });
    const { deviceId, signing, sealing, fingerprint } = device;
    const enrolled = { deviceId, consoleId: keySet.consoleId, organisationName: 'Bakery' };
    const client = createClient({
      transport,
      time: createConsoleTime({ now: () => world.nowMs, monotonic: () => 0, sleep: async () => undefined }, () => 0),
      identity: () => ({ fingerprint, signing, sealing, enrolled }) as EnrolledIdentity,
      keySet: () => keySet,
      timeAccepted: async () => undefined,
    });
    const full = randomBytes(limits.diagnosticsBytesMax);
    const sealed = seal(keySet.sealingKey, diagnosticsPurpose(deviceId, commandId), full);
    const body = Buffer.from(sealed, 'base64url');
    await client.upload({ path: paths.diagnostics(commandId), body, answer: diagnosticsResponse });
    transport.close();
    expect((await fetched(commandId)).rawPayload.equals(full)).toBe(true);
  });
});

/** A session does not last for 14 days. */
async function signedInAgain(): Promise<OperatorClient> {
  await operated.admin.signIn('ann', 'correct horse battery');
  return operated.admin;
}

describe('G18: who may ask and fetch', () => {
  it('not a viewer, not somebody of another organisation; both learn nothing', async () => {
    const commandId = await ask();
    await send(commandId);
    const viewer = await operated.operator('vic', 'viewer', null);
    expect(await refusal(ask(viewer))).toBe('403 auth.forbidden');
    expect(await refusal(list(viewer))).toBe('403 auth.forbidden');
    expect((await fetched(commandId, viewer)).statusCode).toBe(403);
    const foreign = await operated.operator('oda', 'operator', [await operated.organisation('Garage')]);
    expect(await refusal(ask(foreign))).toBe('404 not-found');
    expect(await refusal(list(foreign))).toBe('404 not-found');
    expect((await fetched(commandId, foreign)).statusCode).toBe(404);
    expect(await audited()).toEqual([['operator:ann', 'diagnostics.asked']]);
  });

  it('nobody without a session', async () => {
    const commandId = await ask();
    const url = archiveRoute.path.replace(':deviceId', device.deviceId).replace(':commandId', commandId);
    expect((await operated.world.operatorApp.inject({ method: 'GET', url })).statusCode).toBe(401);
  });
});

describe('G18: what a device may send', () => {
  it('only what was asked of it, while it is waited for, sealed to this console for this command', async () => {
    const commandId = await ask();
    const other = await operated.device(bakery);
    expect(codeOf(await other.sendDiagnostics(commandId, archive))).toBe('not-found');
    expect(codeOf(await device.sendDiagnostics('cmd_unknown', archive))).toBe('not-found');
    expect(codeOf(await device.sendDiagnostics('..%2F..', archive))).toBe('not-found');
    expect(codeOf(await device.sendDiagnostics(commandId, archive, 'another purpose'))).toBe('request.invalid');
    expect(codeOf(await device.put(paths.diagnostics(commandId), archive))).toBe('request.invalid');
    await send(commandId);
    expect(codeOf(await device.sendDiagnostics(commandId, archive))).toBe('request.conflict');
    expect(await list()).toMatchObject([{ state: 'ready', archive: { sizeBytes: archive.length } }]);
  });

  it('sent twice, because an answer was lost, the first stays', async () => {
    const commandId = await ask();
    expect((await device.sendDiagnostics(commandId, archive)).status).toBe(200);
    expect((await device.sendDiagnostics(commandId, Buffer.from('another'))).status).toBe(200);
    expect((await fetched(commandId)).rawPayload.equals(archive)).toBe(true);
  });

  it('not for another verb, and not when the command has expired', async () => {
    const checking = { params: { deviceId: device.deviceId }, body: { verb: 'check' } };
    const check = await operated.admin.call(deviceRoutes.command, checking);
    expect(codeOf(await device.sendDiagnostics(check.commandId, archive))).toBe('not-found');
    const commandId = await ask();
    operated.world.nowMs += 25 * 3_600_000;
    device.session = null;
    expect(codeOf(await device.sendDiagnostics(commandId, archive))).toBe('request.conflict');
    expect(await list(await signedInAgain())).toMatchObject([{ state: 'expired' }]);
  });

  it('not more than the limit; without a session not even that is read', async () => {
    const commandId = await ask();
    const large = Buffer.alloc(limits.diagnosticsBytesMax + 1_000);
    expect((await device.put(paths.diagnostics(commandId), large)).status).toBe(413);
    const answer = await operated.world.app.inject({
      method: 'PUT',
      url: paths.diagnostics(commandId),
      headers: { 'content-type': 'application/octet-stream' },
      payload: large,
    });
    expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([401, 'auth.session-expired']);
    const full = randomBytes(limits.diagnosticsBytesMax);
    expect((await device.sendDiagnostics(commandId, full)).status).toBe(200);
    expect((await fetched(commandId)).rawPayload.equals(full)).toBe(true);
  });

  it('a device that two machines use is asked for nothing', async () => {
    const { store } = operated.world;
    await store.write((db) =>
      db.updateTable('devices').set({ duplicate: 1 }).where('device_id', '=', device.deviceId).execute(),
    );
    expect(await refusal(ask())).toBe('409 request.conflict');
  });
});
