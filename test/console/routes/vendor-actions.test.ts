/** Scans, threats, moves and what SentinelOne has removed, through the operator API and the stand-in. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { vendorActionRoutes } from '#console/api/vendor-actions.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import type { SiteOfConnection } from '#console/fleet/connections/site-tokens.ts';
import { readVendorAgents } from '#console/fleet/sentinelone/vendor-agents.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { addUser } from '#test/worlds/sentinelone/tenant.ts';
import { addThreat } from '#test/worlds/sentinelone/threat-routes.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';
import type { Store } from '#console/store/store.ts';
import { listVendorAgents, vendorAgentsOfDevice, writeVendorAgent } from '#console/store/sentinelone/vendor-agents.ts';

const password = 'correct horse battery';
let vendor: SentinelOneWorld;
let world: ConsoleWorld;
let admin: OperatorClient;
let connectionId: string;

beforeEach(async () => {
  vendor = await startSentinelOne({ now: () => world?.nowMs ?? Date.parse('2026-03-01T10:00:00.000Z') });
  world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  ({ connectionId } = await admin.call(connectionRoutes.enable, { body }));
});
afterEach(async () => {
  await world.stop();
  await vendor.stop();
});

async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Problem ? `${error.status} ${error.code}` : String(error)),
  );
}

const siteNamed = (name: string) => vendor.tenant.sites.find((site) => site.name === name);

async function organisation(name: string, site: string): Promise<string> {
  const { organisationId } = await admin.call(organisationRoutes.create, { body: { name } });
  const siteId = siteNamed(site)?.id ?? '';
  await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  return organisationId;
}

const observedAt = '2026-03-01T10:00:00.000Z';
function productOf(agentUuid: string | null, state: 'present' | 'absent' = 'present') {
  const running = state === 'present';
  const value = { state, version: running ? '24.2.2.20' : null, serviceRunning: running, enabled: running };
  const rest = { connected: running, agentUuid, consoleHost: null, siteKeySha256: null, detail: [] };
  return { product: { observedAt, value: { ...value, ...rest } } };
}

async function device(organisationId: string, agentUuid: string): Promise<SimulatedDevice> {
  const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const one = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs });
  one.report = productOf(agentUuid);
  await one.enrol();
  await one.checkIn();
  return one;
}

async function registered(uuid: string, site: string, computerName?: string) {
  const siteKey = siteNamed(site)?.siteKey ?? '';
  const body = new URLSearchParams({
    siteKey,
    uuid,
    version: '24.2.2.20',
    os: 'linux',
    computerName: computerName ?? 'db1',
  });
  await fetch(`${vendor.url}/stand-in/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });
  const agent = vendor.tenant.agents.find((one) => one.uuid === uuid);
  if (agent === undefined) throw new Error('not registered');
  return agent;
}

const scan = (who: OperatorClient, deviceId: string, action: 'start' | 'abort') =>
  who.call(vendorActionRoutes.scan, { params: { deviceId }, body: { action } });
const look = (deviceId: string) => admin.call(deviceRoutes.vendorRecord, { params: { deviceId } });

async function readNow(): Promise<void> {
  const { store, clock } = world.side;
  await readVendorAgents({ store, clock, connections: world.operatorSide.connections, changed: () => undefined });
  await world.sweep();
}

describe('the full disk scan', () => {
  it('cannot be started while the first one runs, can be aborted, and started after', async () => {
    const agent = await registered('uuid-1', 'Acme Branch');
    const { deviceId } = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    expect((await look(deviceId)).record).toMatchObject({ scanStatus: 'started', lastScanAt: null });
    expect(await refusal(scan(admin, deviceId, 'start'))).toBe('409 request.conflict');
    await scan(admin, deviceId, 'abort');
    expect((await look(deviceId)).record?.scanStatus).toBe('aborted');
    expect(await refusal(scan(admin, deviceId, 'abort'))).toBe('409 request.conflict');
    await scan(admin, deviceId, 'start');
    expect(agent.scanStartedAtMs).toBe(world.nowMs);
    world.nowMs += vendor.settings.scanDurationMs + 60_000;
    expect((await look(deviceId)).record).toMatchObject({ scanStatus: 'finished', lastScanAt: expect.any(String) });
  });

  it('accepted and reaching nobody is a failure', async () => {
    const agent = await registered('uuid-1', 'Acme Branch');
    agent.scanAbortedAtMs = world.nowMs;
    const { deviceId } = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    const affected = { status: 200, body: '{"data":{"affected":0}}', headers: { 'content-type': 'application/json' } };
    vendor.faults.push({ match: /initiate-scan/, times: 1, answer: affected });
    expect(await refusal(scan(admin, deviceId, 'start'))).toBe('422 sentinelone.not-found');
  });

  it('is off when the API token lacks the right, and only that', async () => {
    await registered('uuid-1', 'Acme Branch');
    const permissions = ['Sites.view', 'Endpoints.view', 'Users.view', 'Endpoints.abortScan'];
    const user = addUser(vendor.tenant, { permissions }, world.nowMs);
    const body = { apiToken: user.apiToken?.value ?? '' };
    await admin.call(connectionRoutes.replaceToken, { params: { connectionId }, body });
    const { deviceId } = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    expect((await look(deviceId)).rights).toEqual({ scanStart: false, scanAbort: true, threats: false });
    expect(await refusal(scan(admin, deviceId, 'start'))).toBe('422 sentinelone.permission');
    expect(await refusal(scan(admin, deviceId, 'abort'))).toBe('no refusal');
  });
});

describe('G23: threats', () => {
  it('are those that nobody resolved, newest first, with the way to them', async () => {
    const agent = await registered('uuid-1', 'Acme Branch');
    addThreat(vendor.tenant, { agentId: agent.id, threatName: 'old' }, world.nowMs - 60_000);
    const newest = addThreat(vendor.tenant, { agentId: agent.id, threatName: 'bad\u202Egpj.exe' }, world.nowMs);
    addThreat(vendor.tenant, { agentId: agent.id, threatName: 'done', incidentStatus: 'resolved' }, world.nowMs);
    const { deviceId } = await device(await organisation('Bakery', 'Acme Branch'), 'uuid-1');
    const { items, total } = await admin.call(vendorActionRoutes.threats, { params: { deviceId } });
    expect(total).toBe(2);
    expect(items.map(({ name }) => name)).toEqual(['badgpj.exe', 'old']);
    expect(items[0]).toMatchObject({
      mitigation: 'not_mitigated',
      foundAt: observedAt,
      url: `${vendor.url}/incidents/threats/${newest.id}/overview`,
    });
  });
});

describe('the records of a large fleet', () => {
  it('are written in slices, so that devices get their turn in between', async () => {
    const agent = await registered('uuid-0', 'Acme Branch');
    await organisation('Bakery', 'Acme Branch');
    for (let index = 1; index < 1_200; index += 1)
      vendor.tenant.agents.push({ ...agent, id: String(BigInt(agent.id) + BigInt(index)), uuid: `uuid-${index}` });
    const { clock } = world.side;
    let writes = 0;
    const write: Store['write'] = (work) => {
      writes += 1;
      return world.store.write(work);
    };
    const store = { ...world.store, write };
    await readVendorAgents({ store, clock, connections: world.operatorSide.connections, changed: () => undefined });
    // One takes the right to read, three write.
    expect(writes).toBe(4);
    expect(await listVendorAgents(world.store.read, connectionId)).toHaveLength(1_200);
  });
});

describe('what SentinelOne has removed', () => {
  it('is not put back until somebody decides', async () => {
    const agent = await registered('uuid-1', 'Acme Branch');
    const organisationId = await organisation('Bakery', 'Acme Branch');
    const one = await device(organisationId, 'uuid-1');
    await world.mode(organisationId, 'deploy');
    await one.checkIn();
    expect(one.assignment?.mode).toBe('deploy');
    await readNow();
    agent.isDecommissioned = true;
    const antivirus = { observedAt, value: { blocking: [], reported: [], failedProbes: [] } };
    one.report = { ...productOf(null, 'absent'), antivirus };
    world.nowMs += 11 * 60_000;
    await readNow();
    await one.checkIn();
    expect(one.assignment?.mode).toBe('paused');
    const outcomes = async () =>
      (await admin.call(organisationRoutes.previewDeployment, { params: { organisationId } })).counts;
    expect(await outcomes()).toEqual([{ outcome: 'needs-person', devices: 1 }]);
    const params = { deviceId: one.deviceId };
    const retry = async () => (await admin.call(deviceRoutes.read, { params })).refusals.retry;
    expect(await retry()).toBe('removed-there');
    expect(await look(one.deviceId)).toMatchObject({
      looked: 'ok',
      record: { isDecommissioned: true },
      removal: { how: 'decommissioned', since: new Date(world.nowMs).toISOString() },
    });
    const [before] = await vendorAgentsOfDevice(world.store.read, scope, one.deviceId);
    if (before === undefined) throw new Error('no record');
    await admin.call(vendorActionRoutes.putBack, { params });
    expect(await retry()).toBeNull();
    expect(await outcomes()).toEqual([{ outcome: 'unsupported', devices: 1 }]);
    // A reading that began before the decision does not undo it.
    await world.store.write((db) => writeVendorAgent(db, { ...before, read_at: world.nowMs }, false));
    await one.checkIn();
    expect(one.assignment?.mode).toBe('deploy');
    expect((await look(one.deviceId)).removal).toBeNull();
    world.nowMs += 11 * 60_000;
    await readNow();
    await one.checkIn();
    expect(one.assignment?.mode).toBe('deploy');
  });

  it('a new agent of the same device ends it, and one that only vanished from the list holds nothing back', async () => {
    const agent = await registered('uuid-1', 'Acme Branch');
    const organisationId = await organisation('Bakery', 'Acme Branch');
    const one = await device(organisationId, 'uuid-1');
    await readNow();
    agent.isUninstalled = true;
    world.nowMs += 11 * 60_000;
    await readNow();
    expect((await look(one.deviceId)).removal).toMatchObject({ how: 'uninstalled' });
    await registered('uuid-2', 'Acme Branch');
    one.report = productOf('uuid-2');
    await one.checkIn();
    world.nowMs += 11 * 60_000;
    await readNow();
    expect((await look(one.deviceId)).removal).toBeNull();
    vendor.tenant.agents = [];
    world.nowMs += 11 * 60_000;
    await readNow();
    const rows = await vendorAgentsOfDevice(world.store.read, scope, one.deviceId);
    expect(rows.map(({ uuid, gone }) => `${uuid} ${gone}`).toSorted()).toEqual([
      'uuid-1 uninstalled',
      'uuid-2 vanished',
    ]);
    expect(await refusal(admin.call(vendorActionRoutes.putBack, { params: { deviceId: 'dev_none' } }))).toBe(
      '404 not-found',
    );
  });
});

describe('G9: somebody else’s agent', () => {
  it('is neither joined, scanned nor moved because a device tells its id', async () => {
    const agent = await registered('uuid-other', 'Acme Headquarters', 'ceo-laptop');
    await organisation('Headquarters', 'Acme Headquarters');
    const own = await organisation('Bakery', 'Acme Branch');
    const one = await device(own, 'uuid-other');
    await readNow();
    expect(await vendorAgentsOfDevice(world.store.read, scope, one.deviceId)).toEqual([]);
    const row = await newOperatorRow({ name: 'bea', password, role: 'operator' }, world.nowMs);
    await world.store.write((db) => addOperator(db, { ...row, organisations: JSON.stringify([own]) }));
    const bea = await OperatorClient.signedIn(world.operatorApp, 'bea', password);
    expect(await refusal(scan(bea, one.deviceId, 'abort'))).toBe('422 sentinelone.not-found');
    expect(await refusal(bea.call(vendorActionRoutes.threats, { params: { deviceId: one.deviceId } }))).toBe(
      '422 sentinelone.not-found',
    );
    const params = { organisationId: own };
    expect(await refusal(bea.call(vendorActionRoutes.elsewhere, { params }))).toBe('403 auth.forbidden');
    const { items } = await admin.call(vendorActionRoutes.elsewhere, { params });
    expect(items).toMatchObject([{ computerName: 'ceo-laptop', refusal: 'site-of-another-organisation' }]);
    const moved = await admin.call(vendorActionRoutes.move, { params, body: { deviceIds: [one.deviceId] } });
    expect(moved.items).toMatchObject([{ moved: false, fault: { code: 'request.conflict' } }]);
    expect(agent.siteId).toBe(siteNamed('Acme Headquarters')?.id);
  });
});

describe('move to site', () => {
  it('lists what is elsewhere, moves just what was ticked, and tells each result', async () => {
    const organisationId = await organisation('Bakery', 'Acme Branch');
    const one = await device(organisationId, 'uuid-1');
    const two = await device(organisationId, 'uuid-2');
    const hostname = (await admin.call(deviceRoutes.read, { params: { deviceId: one.deviceId } })).hostname;
    const first = await registered('uuid-1', 'Default site', hostname);
    const second = await registered('uuid-2', 'Default site', 'another-name');
    const params = { organisationId };
    const { items, siteName } = await admin.call(vendorActionRoutes.elsewhere, { params });
    expect(siteName).toBe('Acme Branch');
    expect(items.map(({ deviceId, refusal: why }) => [deviceId, why])).toEqual(
      expect.arrayContaining([
        [one.deviceId, null],
        [two.deviceId, 'name-differs'],
      ]),
    );
    const body = { deviceIds: [one.deviceId] };
    const moved = await admin.call(vendorActionRoutes.move, { params, body });
    expect(moved.items).toEqual([{ deviceId: one.deviceId, moved: true, fault: null }]);
    const branch = siteNamed('Acme Branch')?.id;
    expect([first.siteId === branch, second.siteId === branch]).toEqual([true, false]);
    expect((await admin.call(vendorActionRoutes.elsewhere, { params })).items).toHaveLength(1);
  });
});

describe('G1: a site token that was regenerated', () => {
  async function ready() {
    const organisationId = await organisation('Bakery', 'Acme Branch');
    const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
    const one = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs });
    one.report = productOf(null, 'absent');
    await one.enrol();
    await one.checkIn();
    await world.mode(organisationId, 'deploy', {}, 1);
    await one.checkIn();
    expect(await one.askForTurn()).toBe(true);
    return { organisationId, one };
  }

  it('is not handed out for the old one; devices are told the new one and come again with that', async () => {
    const { one } = await ready();
    const before = one.assignment?.site?.siteKeySha256;
    const site = siteNamed('Acme Branch');
    if (site) site.siteKey = 'ffff0000ffff0000';
    await expect(one.siteToken()).rejects.toMatchObject({ code: 'token.site-mismatch' });
    await expect(one.siteToken()).rejects.toMatchObject({ code: 'assignment.older' });
    await one.checkIn();
    expect(one.assignment?.site?.siteKeySha256).not.toBe(before);
    expect(await one.siteToken()).toBe(vendor.registrationToken(site?.id ?? ''));
  });

  it('does not bring back a mapping that somebody cleared while SentinelOne was asked', async () => {
    const { organisationId, one } = await ready();
    const site = siteNamed('Acme Branch');
    if (site) site.siteKey = 'ffff0000ffff0000';
    const { siteTokens } = world.side;
    const belongs = siteTokens.belongs?.bind(siteTokens);
    Object.assign(siteTokens, {
      belongs: async (place: SiteOfConnection, token: string) => {
        await admin.call(mappingRoutes.clear, { params: { organisationId } });
        return belongs?.(place, token);
      },
    });
    await expect(one.siteToken()).rejects.toMatchObject({ code: 'token.site-mismatch' });
    const { items } = await admin.call(mappingRoutes.list);
    expect(items.find((row) => row.organisationId === organisationId)?.site).toBeNull();
  });
});
