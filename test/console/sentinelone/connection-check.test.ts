import { describe, expect, it } from 'vitest';
import { checkConnection, type ConnectionCheck } from '#console/sentinelone/connection-check.ts';
import { newSentinelOneClient } from '#console/sentinelone/client.ts';
import type { Transport } from '#console/sentinelone/transport.ts';
import { newSetting } from '#test/console/sentinelone/setting.ts';
import { guideRole } from '#test/worlds/sentinelone/rights.ts';
import { addUser, type User } from '#test/worlds/sentinelone/tenant.ts';

async function checkOf(user: Partial<User>): Promise<ConnectionCheck> {
  await using setting = await newSetting();
  const added = addUser(setting.world.tenant, user, setting.timing.now());
  return await checkConnection(setting.clientFor(added.apiToken?.value ?? ''));
}

function results(check: ConnectionCheck): Record<string, string> {
  return Object.fromEntries(check.rows.map(({ permission, result }) => [permission, result]));
}

describe('checking a connection', () => {
  it('shows version, expiry, owner and every right', async () => {
    await using setting = await newSetting();
    const siteId = setting.world.tenant.sites[0]?.id ?? '';
    const check = await checkConnection(setting.client, { siteIds: [siteId] });
    expect(check).toMatchObject({
      usable: true,
      fault: null,
      consoleVersion: 'S-24.2.2',
      token: { createdAt: '2026-01-15T12:00:00.000000Z', expiresAt: '2026-07-14T12:00:00.000000Z' },
      owner: { kind: 'user', name: 'garrison@acme.example', scope: 'account', mayGenerate: true },
    });
    expect(new Set(Object.values(results(check)))).toEqual(new Set(['ok']));
    expect(check.rows.find(({ feature }) => feature === 'scan-start')).toMatchObject({
      permission: 'Endpoints: Initiate Scan',
      neededFor: 'starting a full disk scan',
      how: "in the list of its user's rights",
    });
  });

  it('has one row for every setting and level of the guide, and for what the guide forgets', async () => {
    await using setting = await newSetting();
    const rows = Object.keys(results(await checkConnection(setting.client)));
    // The guide's table, in its own order, and after it what such a role lacks.
    expect(rows).toEqual([
      'Endpoints: View',
      'Endpoints: View Threats',
      'Endpoints: Move to Another Site',
      'Endpoints: Initiate Scan',
      'Endpoints: Abort Scan',
      'Endpoint Threats: View',
      'Accounts: View',
      'Activity: View',
      'Cloud: View',
      'Cloud Account: View',
      'Cloud Policies: View',
      'Console Integration: View',
      'Console Users: View',
      'Endpoint Policy: View',
      'Groups: View',
      'Roles: View',
      'Service Users: View',
      'Sites: View',
      'Threat Intelligence: View',
      'Threat Services: View',
      'Unified Alerts: View',
      'Unified Alerts: Star Alerts: View',
      'Unified Alerts: Mobile Alerts: View',
      'Unified Alerts: Identity Alerts: View',
      'Unified Alerts: Generic Alerts: View',
      'Unified Alerts: Endpoint Alerts: View',
      'Agent Packages: View',
      'Sites: Create',
      'API token: Generate',
    ]);
  });

  it.each([401, 403] as const)(
    "with the guide's own role just packages and creating sites are missing (%i)",
    async (status) => {
      const check = await checkOf({ permissions: [...guideRole], missingPermission: status });
      expect(check).toMatchObject({ usable: true, fault: null });
      const notOk = check.rows.filter(({ result }) => result !== 'ok');
      expect(notOk.map(({ permission, result }) => `${permission} ${result}`)).toEqual([
        'Agent Packages: View missing',
        'Sites: Create missing',
      ]);
      const added = await checkOf({ permissions: [...guideRole, 'Packages.view'], missingPermission: status });
      expect(results(added)['Agent Packages: View']).toBe('ok');
    },
  );

  it('a service user is found among the service users, and its rights by its role', async () => {
    const check = await checkOf({ kind: 'service-user', fullName: 'Garrison', permissions: [...guideRole] });
    expect(check.owner).toMatchObject({ kind: 'service-user', name: 'Garrison', scope: 'account' });
    expect(check.rows.find(({ permission }) => permission === 'Endpoints: Abort Scan')).toMatchObject({
      result: 'ok',
      how: "in the list of its role's rights",
    });
    expect(results(check)).toMatchObject({ 'API token: Generate': 'could-not-tell', 'Sites: Create': 'missing' });
  });

  it('knocks without the token first, so that a wrong host never sees it', async () => {
    await using setting = await newSetting();
    setting.world.faults.push({
      match: /system\/status/,
      times: 99,
      answer: { status: 404, body: '<html>a web shop</html>', headers: {} },
    });
    const check = await checkConnection(setting.client);
    expect(check).toMatchObject({ usable: false, fault: { code: 'sentinelone.address' }, rows: [] });
    expect(setting.world.requests.map(({ authorization }) => authorization)).toEqual([null]);
  });

  it('a name that does not exist is a wrong address; a console that is down is not', async () => {
    await using setting = await newSetting();
    const checkWith = async (problem: string): Promise<ConnectionCheck> => {
      const send: Transport['send'] = () => Promise.resolve({ kind: 'no-answer', problem, sent: false });
      const { timing } = setting;
      const transport = { send, close: () => {} };
      const origin = 'https://usea1-acme.sentinelone.net';
      return checkConnection(newSentinelOneClient({ origin, apiToken: 'C'.repeat(80), timing, transport }));
    };
    expect((await checkWith('ENOTFOUND')).fault?.code).toBe('sentinelone.address');
    expect((await checkWith('ECONNREFUSED')).fault?.code).toBe('sentinelone.unavailable');
    expect((await checkWith('DEPTH_ZERO_SELF_SIGNED_CERT')).fault?.code).toBe('sentinelone.untrusted');
  });

  it('a refused token is told as such', async () => {
    await using setting = await newSetting();
    const check = await checkConnection(setting.clientFor('B'.repeat(80)));
    expect(check).toMatchObject({ usable: false, fault: { code: 'sentinelone.token-refused' } });
  });

  it.each([401, 403] as const)('a missing right is named, when SentinelOne answers %i for it', async (status) => {
    const permissions = ['Sites.view', 'Endpoints.view', 'Users.view'];
    const check = await checkOf({ permissions, missingPermission: status });
    expect(check.usable).toBe(true);
    expect(results(check)).toMatchObject({
      'Sites: View': 'ok',
      'Endpoints: View': 'ok',
      'Agent Packages: View': 'missing',
      'Groups: View': 'missing',
      'Endpoints: Initiate Scan': 'missing',
    });
  });

  it('a site-scoped token may not see accounts, and works all the same', async () => {
    await using setting = await newSetting();
    const scopeIds = [setting.world.tenant.sites[1]?.id ?? ''];
    const user = addUser(setting.world.tenant, { scope: 'site', scopeIds }, setting.timing.now());
    const check = await checkConnection(setting.clientFor(user.apiToken?.value ?? ''));
    expect(check).toMatchObject({ usable: true, owner: { scope: 'site', scopeIds } });
    expect(results(check)['Accounts: View']).toBe('missing');
  });

  it('two rights are enough to begin with: no administrator is asked for', async () => {
    const check = await checkOf({ permissions: ['Sites.view', 'Endpoints.view'] });
    expect(check).toMatchObject({ usable: true, owner: null });
    expect(check.token).not.toBeNull();
    expect(check.rows.filter(({ required }) => required).map(({ permission }) => permission)).toEqual([
      'Endpoints: View',
      'Sites: View',
    ]);
    expect(results(check)['Endpoints: Initiate Scan']).toBe('could-not-tell');
    const without = await checkOf({ permissions: ['Endpoints.view'] });
    expect(without.usable).toBe(false);
  });

  it('one read that breaks does not hide the others', async () => {
    await using setting = await newSetting();
    const answer = { status: 500, body: '{"errors":[{"code":5000010,"title":"Server Error"}]}', headers: {} };
    setting.world.faults.push({ match: /update\/agent/, times: 99, answer });
    const check = await checkConnection(setting.client);
    expect(results(check)).toMatchObject({ 'Sites: View': 'ok', 'Activity: View': 'ok', 'Groups: View': 'ok' });
    expect(check.rows.find(({ feature }) => feature === 'packages')).toMatchObject({
      result: 'ok',
      how: "in the list of its user's rights",
    });
  });
});
