/** Coverage through the operator API, the reading round and the stand-in of SentinelOne. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { coverageRoutes } from '#console/api/coverage.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { readVendorAgents } from '#console/fleet/sentinelone/vendor-agents.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';
import type { SimulatedDevice } from '#test/worlds/fleet/device.ts';

const observedAt = '2026-03-01T10:00:00.000Z';
const minuteMs = 60_000;

let operated: Operated;
let connectionId: string;
let organisationId: string;
/** Devices that keep checking in. */
let live: Set<SimulatedDevice>;

beforeEach(async () => {
  operated = await Operated.start();
  live = new Set();
  connectionId = await operated.connected();
  organisationId = await organisation('Bakery', 'Acme Branch');
});
afterEach(() => operated.stop());

async function organisation(name: string, site: string): Promise<string> {
  const id = await operated.organisation(name);
  await operated.map(id, connectionId, site);
  await operated.world.mode(id, 'deploy');
  return id;
}

function saysProtected(one: SimulatedDevice, agentUuid: string): void {
  const value = { state: 'present' as const, version: '24.2.2.20', serviceRunning: true, enabled: true };
  const rest = { connected: true, agentUuid, consoleHost: null, siteKeySha256: null, detail: [] };
  one.report = { product: { observedAt, value: { ...value, ...rest } } };
  one.state = { kind: 'protected', version: '24.2.2.20', since: observedAt, notes: [] };
}

async function device(agentUuid: string, organisationOf = organisationId): Promise<SimulatedDevice> {
  const one = await operated.device(organisationOf, { machine: { hostname: agentUuid } });
  saysProtected(one, agentUuid);
  await one.checkIn();
  live.add(one);
  return one;
}

/** As an endpoint registers by itself, with the key of that site. */
async function registered(uuid: string, site = 'Acme Branch') {
  const { vendor, world } = operated;
  const siteKey = vendor.tenant.sites.find(({ name }) => name === site)?.siteKey ?? '';
  const body = new URLSearchParams({ siteKey, uuid, version: '24.2.2.20', os: 'linux', computerName: uuid });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  await fetch(`${vendor.url}/stand-in/register`, { method: 'POST', headers, body });
  const agent = vendor.tenant.agents.find((one) => one.uuid === uuid);
  if (agent === undefined) throw new Error('not registered');
  agent.lastActiveAtMs = world.nowMs;
  return agent;
}

async function round(): Promise<void> {
  const { store, clock } = operated.world.side;
  operated.world.nowMs += 10 * minuteMs;
  for (const one of live) await one.checkIn();
  await operated.world.side.memory.flush();
  const connections = operated.world.operatorSide.connections;
  await readVendorAgents({ store, clock, connections, changed: () => undefined });
  await operated.world.sweep();
}

const coverage = (query = {}) => operated.admin.call(coverageRoutes.read, { query });
const names = async (query: Record<string, string>) =>
  (await operated.admin.call(deviceRoutes.list, { query })).items.map((row) => row.hostname);

describe('G32: a device’s own word', () => {
  it('counts only with a living record in the site of its organisation', async () => {
    const one = await device('uuid-1');
    await round();
    const unproved = { state: 'protected', cause: null, record: 'none', devices: 1 };
    expect(await coverage()).toMatchObject({ should: 1, covered: 0, gaps: [unproved] });
    await registered('uuid-1', 'Default site');
    await round();
    expect(await coverage()).toMatchObject({ covered: 0, gaps: [unproved] });
    await registered('uuid-2');
    saysProtected(one, 'uuid-2');
    await one.checkIn();
    await round();
    expect(await coverage()).toMatchObject({ should: 1, covered: 1, gaps: [] });
  });

  it('is not enough when two devices claim one record', async () => {
    await registered('uuid-1');
    await device('uuid-1');
    await device('uuid-1');
    await round();
    expect(await coverage()).toMatchObject({ should: 2, covered: 0 });
  });

  it('counts no more once SentinelOne has not heard of it for a day, only detects, or it names another agent', async () => {
    const agent = await registered('uuid-1');
    const one = await device('uuid-1');
    await round();
    expect((await coverage()).covered).toBe(1);
    saysProtected(one, 'uuid-9');
    await one.checkIn();
    await round();
    expect((await coverage()).gaps).toMatchObject([{ record: 'none' }]);
    saysProtected(one, 'uuid-1');
    agent.mitigationMode = 'detect';
    await round();
    expect((await coverage()).gaps).toMatchObject([{ state: 'protected', record: 'detect-only' }]);
    agent.lastActiveAtMs = operated.world.nowMs - 26 * 3_600_000;
    await one.checkIn();
    await round();
    expect((await coverage()).gaps).toMatchObject([{ state: 'protected', record: 'stale', devices: 1 }]);
    expect(await names({ record: 'stale' })).toEqual(['uuid-1']);
  });

  it('loses its record with the mapping, at once', async () => {
    await registered('uuid-1');
    await device('uuid-1');
    await round();
    expect((await coverage()).covered).toBe(1);
    await operated.admin.call(mappingRoutes.clear, { params: { organisationId } });
    expect(await coverage()).toMatchObject({ should: 1, covered: 0 });
    await operated.map(organisationId, connectionId, 'Acme Branch');
    expect((await coverage()).covered).toBe(1);
  });
});

describe('coverage', () => {
  it('counts what should be protected, and watched devices apart; every number leads to its list', async () => {
    await registered('uuid-1');
    await registered('uuid-3');
    await device('uuid-1');
    await device('uuid-2');
    const failing = await device('uuid-0');
    failing.state = { kind: 'failed', since: observedAt, fault: { code: 'install.failed', detail: 'x', context: {} } };
    const silent = await device('uuid-4');
    const watching = await operated.organisation('Watchers');
    await operated.map(watching, connectionId, 'Acme Branch');
    await device('uuid-3', watching);
    live.delete(silent);
    await round();
    await round();
    const answer = await coverage();
    expect(answer).toMatchObject({ should: 4, covered: 1, watched: { devices: 1, covered: 1 } });
    expect(answer.organisations).toEqual([{ organisationId, name: 'Bakery', should: 4, covered: 1 }]);
    expect(answer.systems).toEqual([{ os: 'linux', should: 4, covered: 1 }]);
    expect(answer.gaps.toSorted((one, other) => one.state.localeCompare(other.state))).toEqual([
      { state: 'failed', cause: 'install.failed', record: null, devices: 1 },
      { state: 'not-reporting', cause: null, record: null, devices: 1 },
      { state: 'protected', cause: null, record: 'none', devices: 1 },
    ]);
    expect(await names({ coverage: 'covered' })).toEqual(['uuid-1']);
    expect(await names({ coverage: 'watched' })).toEqual(['uuid-3']);
    expect(await names({ coverage: 'gap' })).toEqual(['uuid-0', 'uuid-2', 'uuid-4']);
    expect(await names({ coverage: 'gap', state: 'protected', record: 'none' })).toEqual(['uuid-2']);
    expect(await names({ coverage: 'gap', state: 'not-reporting' })).toEqual([silent.machine.hostname]);
  });

  it('G9: tells an operator of some organisations nothing of the others', async () => {
    await registered('uuid-1');
    await device('uuid-1');
    const other = await organisation('Other', 'Default site');
    const limited = await operated.operator('lim', 'viewer', [other]);
    const answer = await limited.call(coverageRoutes.read);
    expect(answer).toMatchObject({ should: 0, organisations: [], gaps: [], systems: [] });
    expect(await limited.call(coverageRoutes.read, { query: { organisationId } })).toMatchObject({ should: 0 });
    expect((await limited.call(deviceRoutes.list, { query: { coverage: 'gap' } })).items).toEqual([]);
  });
});
