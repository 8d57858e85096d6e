/** Enabling SentinelOne: both ways, and every mistake with words of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asFault, type Fault } from '#protocol/codes.ts';
import { recheckBroken } from '#console/fleet/connections/connections.ts';
import type { EnableByPassword } from '#console/fleet/connections/enable-connection.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import { connectionSetting, dayMs, type ConnectionSetting } from '#test/console/fleet/connection-setting.ts';
import { addSite, newJwtValue, type User } from '#test/worlds/sentinelone/tenant.ts';

async function faultOf(work: Promise<unknown>): Promise<Fault> {
  try {
    await work;
  } catch (error) {
    return asFault(error);
  }
  throw new Error('it was not refused');
}

const person: Partial<User> = { email: 'ann@acme.example', password: 'correct horse', apiToken: null };

function byPassword(setting: ConnectionSetting, more: Partial<EnableByPassword> = {}) {
  const words = { name: 'Main', address: setting.vendor.url, username: 'ann@acme.example', password: 'correct horse' };
  return setting.connections.enableByPassword({ ...words, replaceToken: false, ...more });
}

describe('by user name and password', () => {
  it('makes an API token at once, ends the session, and renews it like any other', async () => {
    await using setting = await connectionSetting();
    const ann = setting.user(person);
    const answer = await byPassword(setting);
    expect(answer).toMatchObject({
      kind: 'enabled',
      row: { user_name: 'ann@acme.example', token_expires_at: setting.now() + 180 * dayMs, problem: null },
    });
    expect(ann.sessions).toEqual([]);
    const [row] = await listConnections(setting.parts.store.read);
    expect(await setting.connections.renew(row?.connection_id ?? '')).toBe('renewed');
  });

  it('asks for the six digits of an authenticator, which are good once', async () => {
    await using setting = await connectionSetting();
    setting.user({ ...person, twoFa: 'application', code: '246810' });
    expect(await byPassword(setting)).toEqual({ kind: 'code-required' });
    const wrong = await faultOf(byPassword(setting, { code: '000000' }));
    expect([wrong.code, wrong.context['reason']]).toEqual(['sentinelone.sign-in', 'code']);
    expect(await byPassword(setting, { code: '246810' })).toMatchObject({ kind: 'enabled' });
    const used = await faultOf(byPassword(setting, { code: '246810', name: 'Again' }));
    expect(used.context['reason']).toBe('code');
  });

  it.each<[string, Partial<User>, string]>([
    ['a wrong password', { password: 'another' }, 'incorrect'],
    ['codes by SMS', { twoFa: 'sms' }, 'sms'],
    ['single sign-on only', { source: 'sso_saml' }, 'single-sign-on'],
    ['an expired password', { loginStatus: 'expired' }, 'password-expired'],
    ['no second factor where one is demanded', { loginStatus: 'two_fa_not_enrolled' }, 'two-factor-missing'],
    ['no role', { loginStatus: 'no_permissions' }, 'no-permissions'],
    ['a raised session demanded', { loginStatus: 'elevated_session_required' }, 'elevated'],
    ['a state of a newer console', { loginStatus: 'quarantined' }, 'unknown'],
  ])('%s is told as such, with what to do', async (_name, more, reason) => {
    await using setting = await connectionSetting();
    setting.user({ ...person, ...more });
    const fault = await faultOf(byPassword(setting));
    expect([fault.code, fault.context['reason']]).toEqual(['sentinelone.sign-in', reason]);
    expect(fault.message.length).toBeGreaterThan(20);
    expect(setting.asked()).toBe(0);
  });

  it('does not end a token that somebody uses, unless told to', async () => {
    await using setting = await connectionSetting();
    const ann = setting.user({ ...person, apiToken: { value: 'u'.repeat(80), createdAtMs: 0, expiresAtMs: 4e12 } });
    const fault = await faultOf(byPassword(setting));
    expect([fault.code, setting.asked()]).toEqual(['sentinelone.token-in-use', 0]);
    expect(ann.apiToken?.value).toBe('u'.repeat(80));
    expect(await byPassword(setting, { replaceToken: true })).toMatchObject({ kind: 'enabled' });
  });

  it('ends none unasked where SentinelOne does not tell whether there is one', async () => {
    await using setting = await connectionSetting();
    const ann = setting.user({ ...person, apiToken: { value: 'u'.repeat(80), createdAtMs: 0, expiresAtMs: 4e12 } });
    const refused = { status: 403, body: '{"errors":[]}', headers: {} };
    setting.vendor.faults.push({ match: /v2\.1\/user(\?|$)/, times: 9, answer: refused });
    expect((await faultOf(byPassword(setting))).code).toBe('sentinelone.token-in-use');
    expect([setting.asked(), ann.apiToken?.value]).toEqual([0, 'u'.repeat(80)]);
  });

  it('checks everything before a token is made: missing rights, a user who may not make one', async () => {
    await using setting = await connectionSetting();
    const ann = setting.user({ ...person, permissions: ['Users.view'] });
    expect((await faultOf(byPassword(setting))).code).toBe('sentinelone.permission');
    Object.assign(ann, { permissions: ['*'], canGenerateApiToken: false });
    expect((await faultOf(byPassword(setting))).code).toBe('sentinelone.renewal-refused');
    expect([setting.asked(), ann.apiToken]).toEqual([0, null]);
  });

  it('keeps neither password nor code: not in the database, not in a fault, not at another host', async () => {
    await using setting = await connectionSetting();
    setting.user({ ...person, password: 'canary-password', twoFa: 'application', code: '135791' });
    const echo = { status: 500, body: 'login failed for canary-password', headers: {} };
    setting.vendor.faults.push({ match: /users\/login/, times: 1, answer: echo });
    const words = { password: 'canary-password', code: '135791' };
    const fault = await faultOf(byPassword(setting, words));
    expect(JSON.stringify([fault.message, fault.context, fault.cause])).not.toMatch(/canary-password|135791/);
    await byPassword(setting, words);
    for (const name of readdirSync(setting.directory))
      expect(readFileSync(join(setting.directory, name), 'latin1')).not.toMatch(/canary-password|135791/);
    const before = setting.vendor.requests.length;
    setting.vendor.faults.push({
      match: /system\/status/,
      times: 9,
      answer: { status: 404, body: 'a shop', headers: {} },
    });
    expect((await faultOf(byPassword(setting, words))).code).toBe('sentinelone.address');
    expect(setting.vendor.requests.slice(before).map(({ url }) => url)).toEqual(['/web/api/v2.1/system/status']);
  });
});

describe('mistakes when enabling by API token', () => {
  const jwt = newJwtValue({ kind: 'user', id: '1' }, Date.UTC(2027, 0, 1));
  const siteToken = Buffer.from('{"url":"https://usea1-acme.sentinelone.net","site_key":"a1b2c3d4e5f60718"}').toString(
    'base64',
  );

  it.each<[string, string, string]>([
    ['a site id', '1893456781234500017', 'site-id'],
    ['a site token', siteToken, 'site-token'],
    ['a JWT that was cut off', jwt.slice(0, -30), 'api-token-cut-off'],
    ['a legacy token that was cut off', 'a'.repeat(60), 'api-token-cut-off'],
    ['a password', 'hunter2!', 'unknown'],
  ])('%s pasted as the token is named', async (_name, apiToken, looksLike) => {
    await using setting = await connectionSetting();
    const fault = await faultOf(setting.connections.enable({ name: 'x', address: setting.vendor.url, apiToken }));
    expect([fault.code, fault.context['looksLike']]).toEqual(['sentinelone.token-shape', looksLike]);
    expect(setting.vendor.requests).toEqual([]);
  });

  it.each([siteToken, jwt, 'Default site', 'a'.repeat(80)])('%s pasted as the site id is named', async (siteId) => {
    await using setting = await connectionSetting();
    const apiToken = setting.user().apiToken?.value ?? '';
    const wanted = { name: 'x', address: setting.vendor.url, apiToken, siteId };
    expect((await faultOf(setting.connections.enable(wanted))).code).toBe('sentinelone.site-id');
  });

  it('quotes, blanks, line breaks and the scheme word around a token are taken off', async () => {
    await using setting = await connectionSetting();
    const value = setting.user().apiToken?.value ?? '';
    const apiToken = ` "ApiToken ${value.slice(0, 40)}\n${value.slice(40)}" `;
    expect(
      await setting.connections.enable({ name: 'x', address: `${setting.vendor.url}//login`, apiToken }),
    ).toMatchObject({
      address: setting.vendor.url,
      problem: null,
    });
  });

  it('expired, revoked and not allowed are three things', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user({ permissions: ['Endpoints.view'], missingPermission: 401 });
    const enable = (apiToken: string) =>
      faultOf(setting.connections.enable({ name: 'x', address: setting.vendor.url, apiToken }));
    const value = owner.apiToken?.value ?? '';
    expect((await enable(value)).code).toBe('sentinelone.permission');
    expect((await enable('q'.repeat(80))).code).toBe('sentinelone.token-refused');
    setting.move(181 * dayMs);
    expect((await enable(value)).code).toBe('sentinelone.token-expired');
    const old = newJwtValue({ kind: 'user', id: '1' }, setting.now() - 1000);
    expect((await enable(old)).code).toBe('sentinelone.token-expired');
  });

  it('a site that the token does not see, and an account that must be chosen', async () => {
    await using setting = await connectionSetting();
    const everything = setting.user({ scope: 'tenant', scopeIds: [] });
    const wanted = { name: 'x', address: setting.vendor.url, apiToken: everything.apiToken?.value ?? '' };
    const unseen = await faultOf(setting.connections.enable({ ...wanted, siteId: '4711471147114711' }));
    expect(['sentinelone.not-found', 'sentinelone.permission']).toContain(unseen.code);
    const { tenant } = setting.vendor;
    tenant.accounts.push({ id: '555', name: 'Beta', state: 'active' });
    addSite(tenant, { name: 'Beta site', accountId: '555' }, setting.now());
    const fault = await faultOf(setting.connections.enable(wanted));
    expect(fault.code).toBe('sentinelone.choose-account');
    expect(fault.message).toContain('Beta (555)');
    const row = await setting.connections.enable({ ...wanted, accountId: '555' });
    expect(row).toMatchObject({ account_id: '555', account_name: 'Beta', scope: 'global' });
    const sites = await listSitesOf(setting.parts.store.read, row.connection_id);
    expect(sites.map(({ name }) => name)).toEqual(['Beta site']);
  });

  it('the same account, or the same API user, is enabled once', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    await setting.enabled(owner);
    expect((await faultOf(setting.enabled(owner))).code).toBe('request.conflict');
    const { tenant } = setting.vendor;
    tenant.accounts.push({ id: '555', name: 'Beta', state: 'active' });
    addSite(tenant, { name: 'Beta site', accountId: '555' }, setting.now());
    owner.scopeIds = ['555'];
    expect((await faultOf(setting.enabled(owner))).code).toBe('sentinelone.token-in-use');
  });
});

describe('an older console', () => {
  it('carries site tokens in its lists; none of them is kept (G20)', async () => {
    await using setting = await connectionSetting({ settings: { registrationTokenInLists: true } });
    const { connection_id: id } = await setting.enabled();
    await setting.connections.refreshSites(id);
    const tokens = setting.vendor.tenant.sites.map((site) => setting.vendor.registrationToken(site.id));
    for (const name of readdirSync(setting.directory)) {
      const text = readFileSync(join(setting.directory, name), 'latin1');
      for (const token of tokens) expect(text).not.toContain(token);
    }
  });
});

describe('a console that was down', () => {
  it('is no problem any more as soon as it answers', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const down = { status: 503, body: '<html>down</html>', headers: {} };
    setting.vendor.faults.push({ match: /system\/status/, times: 5, answer: down });
    await setting.connections.check(id);
    expect(await setting.alarms(id)).toEqual(['connection urgent sentinelone.unavailable']);
    expect((await setting.row(id)).permissions).toContain('Sites: View');
    await recheckBroken(setting.connections, setting.parts.store);
    expect(await setting.alarms(id)).toEqual([]);
  });
});

describe('a token of one site', () => {
  it('works, narrowed to it, and does not count accounts as a missing right', async () => {
    await using setting = await connectionSetting();
    const site = setting.vendor.tenant.sites[1];
    const owner = setting.user({ scope: 'site', scopeIds: [site?.id ?? ''] });
    const apiToken = owner.apiToken?.value ?? '';
    const row = await setting.connections.enable({
      name: 'x',
      address: setting.vendor.url,
      apiToken,
      siteId: site?.id,
    });
    expect(row).toMatchObject({ scope: 'site', site_id: site?.id, problem: null });
    expect(row.permissions).toContain('API tokens of one site may not list accounts');
    expect(await listSitesOf(setting.parts.store.read, row.connection_id)).toHaveLength(1);
  });
});

describe('G16: address, authority and token belong together', () => {
  it('another address or authority needs the API token again; a name does not', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const change = (more: object) =>
      setting.connections.changeSettings(id, { name: 'Main', address: setting.vendor.url, caPem: null, ...more });
    expect(await change({ name: 'Renamed' })).toMatchObject({ name: 'Renamed' });
    const moved = setting.vendor.url.replace('127.0.0.1', 'localhost');
    expect((await faultOf(change({ address: moved }))).code).toBe('request.invalid');
    expect((await faultOf(change({ caPem: 'x' }))).code).toBe('request.invalid');
    const before = setting.vendor.requests.length;
    expect((await faultOf(change({ address: 'https://169.254.169.254', apiToken: 'a'.repeat(80) }))).code).toBe(
      'sentinelone.address',
    );
    expect(setting.vendor.requests).toHaveLength(before);
    const apiToken = setting.user({ email: 'new@acme.example' }).apiToken?.value ?? '';
    expect(await change({ address: moved, apiToken })).toMatchObject({ address: moved, user_name: 'new@acme.example' });
  });

  it('a path is no certificate authority', async () => {
    await using setting = await connectionSetting();
    const apiToken = setting.user().apiToken?.value ?? '';
    const wanted = { name: 'x', address: setting.vendor.url, apiToken, caPem: '/etc/ssl/private/key.pem' };
    const fault = await faultOf(setting.connections.enable(wanted));
    expect([fault.code, setting.vendor.requests]).toEqual(['request.invalid', []]);
  });

  it('a token of another account does not take the place of the first', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const { tenant } = setting.vendor;
    tenant.accounts.push({ id: '555', name: 'Beta', state: 'active' });
    addSite(tenant, { name: 'Beta site', accountId: '555' }, setting.now());
    const stranger = setting.user({ scopeIds: ['555'] });
    const fault = await faultOf(setting.connections.replaceToken(id, stranger.apiToken?.value ?? ''));
    expect(['request.conflict', 'sentinelone.permission']).toContain(fault.code);
    expect((await setting.row(id)).user_id).not.toBe(stranger.id);
  });
});
