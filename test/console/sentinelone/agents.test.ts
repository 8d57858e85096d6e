import { describe, expect, it } from 'vitest';
import { abortScan, moveToSite, startScan } from '#console/sentinelone/agent-actions.ts';
import { findAgentOfDevice, findAgents, waitForAgent } from '#console/sentinelone/agents.ts';
import { newSetting, type Setting } from '#test/console/sentinelone/setting.ts';
import { addUser } from '#test/worlds/sentinelone/tenant.ts';

async function enrol(setting: Setting, uuid: string, more: Record<string, string> = {}): Promise<Response> {
  const site = setting.world.tenant.sites[0];
  return fetch(`${setting.world.url}/stand-in/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      siteKey: site?.siteKey ?? '',
      uuid,
      computerName: 'db1',
      version: '24.2.2.20',
      os: 'linux',
      ...more,
    }),
  });
}

async function enrolledId(setting: Setting, uuid: string): Promise<string> {
  await enrol(setting, uuid);
  const [agent] = await findAgents(setting.client, { uuids: [uuid] });
  return agent?.vendorAgentId ?? '';
}

describe("SentinelOne's records of agents", () => {
  it('are read by uuid, with what health needs', async () => {
    await using setting = await newSetting();
    await enrol(setting, 'uuid-1', { serialNumber: 'S-1' });
    expect(await findAgents(setting.client, { uuids: ['uuid-1'] })).toEqual([
      {
        vendorAgentId: setting.world.tenant.agents[0]?.id,
        uuid: 'uuid-1',
        computerName: 'db1',
        serialNumber: 'S-1',
        siteId: setting.world.tenant.sites[0]?.id,
        siteName: 'Default site',
        accountId: setting.world.tenant.accounts[0]?.id,
        groupId: setting.world.tenant.groups[0]?.id,
        agentVersion: '24.2.2.20',
        os: 'linux',
        isActive: true,
        isDecommissioned: false,
        isUninstalled: false,
        isPendingUninstall: false,
        infected: false,
        activeThreats: 0,
        networkStatus: 'connected',
        lastActiveAt: '2026-01-15T12:00:00.000000Z',
        registeredAt: '2026-01-15T12:00:00.000000Z',
        scanStatus: 'started',
        scanStartedAt: '2026-01-15T12:00:00.000000Z',
        scanFinishedAt: null,
        lastSuccessfulScanAt: null,
        operationalState: 'na',
        mitigationMode: 'protect',
        missingPermissions: [],
        userActionsNeeded: [],
      },
    ]);
  });

  it('a decommissioned agent is seen, or it would be installed again for ever', async () => {
    await using setting = await newSetting();
    await enrol(setting, 'uuid-1');
    for (const agent of setting.world.tenant.agents) agent.isDecommissioned = true;
    expect(await findAgents(setting.client, { uuids: ['uuid-1'] })).toMatchObject([
      { isDecommissioned: true, isActive: false },
    ]);
  });

  it('a fresh agent that appears only after a few looks is waited for, by uuid', async () => {
    await using setting = await newSetting({ settings: { agentsAppearAfterPolls: 3 } });
    await enrol(setting, 'uuid-1');
    const waiting = { timing: setting.timing, limitMs: 300_000, everyMs: 15_000 };
    expect(await waitForAgent(setting.client, 'uuid-1', waiting)).toMatchObject({ uuid: 'uuid-1' });
    expect(await waitForAgent(setting.client, 'uuid-2', waiting)).toBeNull();
  });

  it('a name is only a fallback, and counts with site and serial number alone', async () => {
    await using setting = await newSetting();
    await enrol(setting, 'uuid-1', { serialNumber: 'S-1' });
    await enrol(setting, 'uuid-2', { serialNumber: 'S-2' });
    const device = { uuid: 'lost', siteId: setting.world.tenant.sites[0]?.id ?? '', computerName: 'db1' };
    const find = (serialNumber: string | null, more = {}) =>
      findAgentOfDevice(setting.client, { ...device, serialNumber, ...more });
    expect(await find('S-2')).toMatchObject({ uuid: 'uuid-2' });
    expect(await find('S-2', { uuid: 'uuid-1' })).toMatchObject({ uuid: 'uuid-1' });
    expect(await find('S-3')).toBeNull();
    expect(await find(null)).toBeNull();
    expect(await find('S-2', { siteId: setting.world.tenant.sites[1]?.id ?? '' })).toBeNull();
    await enrol(setting, 'uuid-3', { serialNumber: 'S-2' });
    expect(await find('S-2')).toBeNull();
  });

  it('hundreds of uuids are asked for in several calls', async () => {
    await using setting = await newSetting();
    await enrol(setting, 'uuid-77');
    const uuids = Array.from({ length: 120 }, (_, at) => `uuid-${at}`);
    expect(await findAgents(setting.client, { uuids })).toHaveLength(1);
    expect(setting.world.requests.filter(({ url }) => url.includes('/agents?'))).toHaveLength(3);
    expect(await findAgents(setting.client, { uuids: [] })).toEqual([]);
  });

  it('a silent agent is no longer active', async () => {
    await using setting = await newSetting();
    await enrol(setting, 'uuid-1');
    setting.timing.move(600_000);
    expect(await findAgents(setting.client, { uuids: ['uuid-1'] })).toMatchObject([
      { isActive: false, networkStatus: 'disconnected', scanStatus: 'finished' },
    ]);
  });
});

describe('actions on agents', () => {
  it('an action that reached nobody is a failure, although SentinelOne answered 200', async () => {
    await using setting = await newSetting();
    await expect(startScan(setting.client, ['42'])).rejects.toMatchObject({ code: 'sentinelone.not-found' });
  });

  it('a scan starts once the first one has ended, and can be stopped', async () => {
    await using setting = await newSetting();
    const id = await enrolledId(setting, 'uuid-1');
    await expect(startScan(setting.client, [id])).rejects.toMatchObject({ code: 'sentinelone.not-found' });
    setting.timing.move(120_000);
    expect(await startScan(setting.client, [id])).toBe(1);
    expect(await abortScan(setting.client, [id])).toBe(1);
    expect(await findAgents(setting.client, { ids: [id] })).toMatchObject([{ scanStatus: 'aborted' }]);
    expect(setting.world.requests.map(({ url }) => url)).toContain('/web/api/v2.1/agents/actions/initiate-scan');
  });

  it('an empty choice never becomes an empty filter, which would reach every agent', async () => {
    await using setting = await newSetting();
    await expect(startScan(setting.client, [])).rejects.toMatchObject({ code: 'request.invalid' });
    expect(setting.world.requests).toEqual([]);
  });

  it('moves to another site, unless the token belongs to one site', async () => {
    await using setting = await newSetting();
    const id = await enrolledId(setting, 'uuid-1');
    const [from, to] = setting.world.tenant.sites;
    expect(await moveToSite(setting.client, [id], to?.id ?? '')).toBe(1);
    expect(await findAgents(setting.client, { ids: [id] })).toMatchObject([{ siteId: to?.id }]);
    const local = addUser(setting.world.tenant, { scope: 'site', scopeIds: [to?.id ?? ''] }, setting.timing.now());
    const client = setting.clientFor(local.apiToken?.value ?? '');
    await expect(moveToSite(client, [id], from?.id ?? '')).rejects.toMatchObject({ code: 'sentinelone.permission' });
  });
});
