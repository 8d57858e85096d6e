import { describe, expect, it } from 'vitest';
import { checkConnection, type ConnectionCheck } from '#console/sentinelone/connection-check.ts';
import { newSentinelOneClient } from '#console/sentinelone/client.ts';
import type { Transport } from '#console/sentinelone/transport.ts';
import { newSetting } from '#test/console/sentinelone/setting.ts';
import { addUser, type User } from '#test/worlds/sentinelone/tenant.ts';

async function checkOf(user: Partial<User>): Promise<ConnectionCheck> {
  await using setting = await newSetting();
  const added = addUser(setting.world.tenant, user, setting.timing.now());
  return await checkConnection(setting.clientFor(added.apiToken?.value ?? ''));
}

function results(check: ConnectionCheck): Record<string, string> {
  return Object.fromEntries(check.rows.map(({ feature, result }) => [feature, result]));
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
      owner: { email: 'garrison@acme.example', scope: 'account' },
    });
    expect(results(check)).toEqual({
      Sites: 'ok',
      'Agent packages': 'ok',
      'SentinelOne agents': 'ok',
      Groups: 'ok',
      Accounts: 'ok',
      'Start a scan': 'could-not-tell',
      'Abort a scan': 'could-not-tell',
      'Move to another site': 'could-not-tell',
      'Site token': 'ok',
    });
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
    expect(check.usable).toBe(false);
    expect(results(check)).toMatchObject({
      Sites: 'ok',
      'SentinelOne agents': 'ok',
      'Agent packages': 'missing',
      Groups: 'missing',
    });
  });

  it('a site-scoped token may not see accounts, and works all the same', async () => {
    await using setting = await newSetting();
    const scopeIds = [setting.world.tenant.sites[1]?.id ?? ''];
    const user = addUser(setting.world.tenant, { scope: 'site', scopeIds }, setting.timing.now());
    const check = await checkConnection(setting.clientFor(user.apiToken?.value ?? ''));
    expect(check).toMatchObject({ usable: true, owner: { scope: 'site', scopeIds } });
    expect(results(check)['Accounts']).toBe('missing');
  });

  it('three rights are enough: no administrator is asked for', async () => {
    const check = await checkOf({ permissions: ['Sites.view', 'Packages.view', 'Endpoints.view'] });
    expect(check).toMatchObject({ usable: true, owner: null });
    expect(check.token).not.toBeNull();
    expect(check.rows.filter(({ needed }) => needed).map(({ permission }) => permission)).toEqual([
      'Sites: View',
      'Agent Packages: View',
      'Endpoints: View',
    ]);
  });

  it('one read that breaks does not hide the others', async () => {
    await using setting = await newSetting();
    const answer = { status: 500, body: '{"errors":[{"code":5000010,"title":"Server Error"}]}', headers: {} };
    setting.world.faults.push({ match: /update\/agent/, times: 99, answer });
    const check = await checkConnection(setting.client);
    expect(results(check)).toMatchObject({ Sites: 'ok', 'Agent packages': 'could-not-tell', Groups: 'ok' });
    expect(check.usable).toBe(false);
  });
});
