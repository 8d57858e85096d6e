import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const observedAt = '2026-03-01T10:00:00.000Z';

let vendor: SentinelOneWorld;
let world: ConsoleWorld;
let admin: OperatorClient;
let connectionId: string;

beforeEach(async () => {
  let nowMs = (): number => Date.parse(observedAt);
  vendor = await startSentinelOne({ now: () => nowMs() });
  world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  nowMs = () => world.nowMs;
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  ({ connectionId } = await admin.call(connectionRoutes.enable, { body }));
});
afterEach(async () => {
  await world.stop();
  await vendor.stop();
});

const siteNamed = (name: string) => vendor.tenant.sites.find((site) => site.name === name);

async function organisation(name: string, site: string | null): Promise<string> {
  const { organisationId } = await admin.call(organisationRoutes.create, { body: { name } });
  const siteId = siteNamed(site ?? '')?.id;
  if (siteId !== undefined) {
    await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  }
  return organisationId;
}

async function device(organisationId: string, agentUuid: string | null): Promise<string> {
  const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const one = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs });
  const value = {
    state: 'present' as const,
    version: '24.2.2.20',
    serviceRunning: true,
    enabled: true,
    connected: true,
    agentUuid,
    consoleHost: null,
    siteKeySha256: null,
    detail: [],
  };
  one.report = { product: { observedAt, value } };
  await one.enrol();
  await one.checkIn();
  return one.deviceId;
}

async function registered(uuid: string, site: string): Promise<void> {
  await fetch(`${vendor.url}/stand-in/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      siteKey: siteNamed(site)?.siteKey ?? '',
      uuid,
      computerName: 'db1',
      version: '24.2.2.20',
      os: 'linux',
    }),
  });
}

const look = (who: OperatorClient, deviceId: string) => who.call(deviceRoutes.vendorRecord, { params: { deviceId } });
const looks = (): number => vendor.requests.filter(({ url }) => url.includes('/agents?')).length;

async function limited(organisationId: string): Promise<OperatorClient> {
  const row = await newOperatorRow({ name: 'lisa', password, role: 'viewer' }, world.nowMs);
  const organisations = JSON.stringify([organisationId]);
  await world.store.write((db) => addOperator(db, { ...row, organisations }));
  return OperatorClient.signedIn(world.operatorApp, 'lisa', password);
}

describe("SentinelOne's record of a device", () => {
  it('is joined by its id, with the way to it', async () => {
    await registered('uuid-1', 'Acme Branch');
    const deviceId = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    expect(await look(admin, deviceId)).toEqual({
      looked: 'ok',
      record: {
        vendorAgentId: vendor.tenant.agents[0]?.id,
        computerName: 'db1',
        siteName: 'Acme Branch',
        agentVersion: '24.2.2.20',
        isActive: true,
        lastActiveAt: observedAt,
        isDecommissioned: false,
        infected: false,
        activeThreats: 0,
        networkStatus: 'connected',
        scanStatus: 'started',
        scanStartedAt: observedAt,
        lastScanAt: null,
        mitigationMode: 'protect',
        userActionsNeeded: [],
      },
      removal: null,
      rights: { scanStart: true, scanAbort: true, threats: true },
      mismatches: [],
      otherSite: null,
      fault: null,
      readAt: observedAt,
      link: { url: `${vendor.url}/`, host: new URL(vendor.url).host },
    });
  });

  it('is not asked for without a site or an id, nor with something that is more than one id', async () => {
    const unmapped = await device(await organisation('Foundry', null), 'uuid-1');
    expect(await look(admin, unmapped)).toMatchObject({ looked: 'not-mapped', link: null });
    const bakery = await organisation('Bakery', 'Acme Branch');
    const before = looks();
    expect(await look(admin, await device(bakery, null))).toMatchObject({ looked: 'no-agent-id', record: null });
    expect(await look(admin, await device(bakery, 'uuid-1,uuid-2'))).toMatchObject({ looked: 'no-agent-id' });
    expect(looks()).toBe(before);
  });

  it('is asked for once a minute and device, and by several at once only once', async () => {
    await registered('uuid-1', 'Acme Branch');
    const deviceId = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    const before = looks();
    await Promise.all([look(admin, deviceId), look(admin, deviceId), look(admin, deviceId)]);
    world.nowMs += 59_000;
    expect(await look(admin, deviceId)).toMatchObject({ looked: 'ok', readAt: observedAt });
    expect(looks()).toBe(before + 1);
    world.nowMs += 2_000;
    expect(await look(admin, deviceId)).toMatchObject({ readAt: '2026-03-01T10:01:01.000Z' });
    expect(looks()).toBe(before + 2);
    await admin.call(deviceRoutes.list);
    expect(looks()).toBe(before + 2);
  });

  it('names the failure of a look, and looks again soon', async () => {
    await registered('uuid-1', 'Acme Branch');
    const deviceId = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    const user = vendor.tenant.users[0];
    if (user === undefined) throw new Error('no user');
    user.permissions = ['Sites.view'];
    expect(await look(admin, deviceId)).toMatchObject({
      looked: 'failed',
      record: null,
      fault: { code: 'sentinelone.permission' },
    });
    user.permissions = ['*'];
    expect(await look(admin, deviceId)).toMatchObject({ looked: 'failed' });
    world.nowMs += 11_000;
    expect(await look(admin, deviceId)).toMatchObject({ looked: 'ok', fault: null });
  });

  it('a mismatch is named', async () => {
    await registered('uuid-1', 'Acme Branch');
    const bakery = await organisation('Bakery', 'Acme Branch');
    for (const agent of vendor.tenant.agents) agent.isDecommissioned = true;
    expect(await look(admin, await device(bakery, 'uuid-1'))).toMatchObject({ mismatches: ['decommissioned'] });
    expect(await look(admin, await device(bakery, 'uuid-2'))).toMatchObject({
      record: null,
      mismatches: ['installed-not-registered'],
    });
  });
});

describe('organisations apart', () => {
  it("G9: a device that tells the id of another organisation's agent gets nothing of it", async () => {
    await registered('uuid-victim', 'Acme Headquarters');
    await organisation('Foundry', 'Acme Headquarters');
    const bakery = await organisation('Bakery', 'Acme Branch');
    const lisa = await limited(bakery);
    const thief = await look(lisa, await device(bakery, 'uuid-victim'));
    const made = await look(lisa, await device(bakery, 'uuid-made-up'));
    expect(thief).toEqual(made);
    expect(thief).toMatchObject({ record: null, mismatches: ['installed-not-registered'], otherSite: null });
  });

  it('G9: who may see all organisations is told the other site, and still no record is joined', async () => {
    await registered('uuid-1', 'Acme Headquarters');
    const deviceId = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    expect(await look(admin, deviceId)).toMatchObject({
      record: null,
      mismatches: ['wrong-site'],
      otherSite: 'Acme Headquarters',
    });
  });

  it("G9: another organisation's device is missing", async () => {
    await registered('uuid-1', 'Acme Branch');
    const foreign = await device(await organisation('Foundry', 'Acme Branch'), 'uuid-1');
    await look(admin, foreign);
    const lisa = await limited(await organisation('Bakery', 'Acme Headquarters'));
    await expect(look(lisa, foreign)).rejects.toMatchObject({ status: 404, code: 'not-found' });
  });
});
