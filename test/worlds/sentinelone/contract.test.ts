/**
 * The stand-in against the vendor's published v2.1 field lists: what a client written from those lists may rely on.
 * Fields are named here once more, on purpose, so that the stand-in and the client cannot be wrong together.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { addUser } from '#test/worlds/sentinelone/tenant.ts';
import { addThreat } from '#test/worlds/sentinelone/threat-routes.ts';

let world: SentinelOneWorld;
let now = Date.UTC(2026, 0, 15, 12);

interface Reply {
  status: number;
  text: string;
  json: Record<string, unknown>;
}

async function call(path: string, options: RequestInit & { token?: string | null } = {}): Promise<Reply> {
  const { token = `ApiToken ${world.apiToken}`, ...rest } = options;
  const headers: Record<string, string> = token === null ? {} : { authorization: token };
  const answer = await fetch(`${world.url}/web/api/v2.1/${path}`, { redirect: 'manual', ...rest, headers });
  const text = await answer.text();
  return { status: answer.status, text, json: text.startsWith('{') ? JSON.parse(text) : {} };
}

function post(path: string, body: unknown, token?: string | null): Promise<Reply> {
  return call(path, { method: 'POST', body: JSON.stringify(body), ...(token === undefined ? {} : { token }) });
}

function rows(reply: Reply): Record<string, unknown>[] {
  const { data } = reply.json;
  return Array.isArray(data) ? data : [];
}

function formEncoded(path: string, fields: Record<string, string>): Promise<Response> {
  return fetch(`${world.url}/stand-in/${path}`, { method: 'POST', body: new URLSearchParams(fields) });
}

const id = expect.stringMatching(/^\d{18,19}$/);
const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);

beforeAll(async () => {
  world = await startSentinelOne({ now: () => now });
});
afterAll(() => world.stop());
beforeEach(() => {
  now += 3_600_000;
});

describe('transport', () => {
  it('takes ApiToken in any case, and refuses a bare, foreign or missing token with one body for all', async () => {
    for (const scheme of ['ApiToken', 'APIToken', 'apitoken'])
      expect((await call('system/info', { token: `${scheme} ${world.apiToken}` })).status).toBe(200);
    for (const token of [null, world.apiToken, `Token ${world.apiToken}`, `Bearer ${world.apiToken}`, 'ApiToken x'])
      expect(await call('system/info', { token })).toMatchObject({
        status: 401,
        json: { errors: [{ code: 4_010_010, title: 'Authentication Failed', detail: null }] },
      });
  });

  it('answers a second slash with 401 and an unknown route in plain text', async () => {
    const doubled = await fetch(`${world.url}//web/api/v2.1/sites`, {
      headers: { authorization: `ApiToken ${world.apiToken}` },
    });
    expect(doubled.status).toBe(401);
    const unknown = await call('agents/scan');
    expect(unknown).toMatchObject({ status: 404, json: {} });
  });

  it('refuses unknown parameters, repeated ones and limits out of range', async () => {
    for (const query of ['nonsense=1', 'siteIds=1&siteIds=2', 'limit=1001', 'limit=0', 'skip=1001', 'cursor=abc%253D'])
      expect(await call(`agents?${query}`), query).toMatchObject({
        status: 400,
        json: { errors: [{ code: 4_000_040, title: 'Bad Request' }] },
      });
  });

  it('pages of ten unless asked, cursor with encoded padding, null at the end', async () => {
    const first = await call('update/agent/packages');
    expect(rows(first)).toHaveLength(10);
    const seen = new Set(rows(first).map((row) => row['id']));
    let { nextCursor } = Object(first.json['pagination']);
    expect(nextCursor).toMatch(/%3D$/);
    expect(nextCursor).not.toContain('=');
    for (let pages = 0; nextCursor !== null && pages < 20; pages += 1) {
      const next = await call(`update/agent/packages?limit=9&cursor=${nextCursor}`);
      for (const row of rows(next)) seen.add(row['id']);
      ({ nextCursor } = Object(next.json['pagination']));
    }
    expect(seen.size).toBe(world.tenant.packages.length);
    expect(Object(first.json['pagination']).totalItems).toBe(seen.size);
  });
});

describe('system, users and tokens', () => {
  it('status needs no token, info has these fields', async () => {
    expect((await call('system/status', { token: null })).json).toEqual({ data: { health: 'ok' } });
    expect((await call('system/info')).json).toEqual({
      data: {
        build: expect.any(String),
        version: expect.any(String),
        release: expect.any(String),
        patch: expect.any(String),
        latestAgentVersion: expect.any(String),
      },
    });
  });

  it('tells the lifetime of a token given in the body, also without a header; 400 for another', async () => {
    const known = await post('users/api-token-details', { data: { apiToken: world.apiToken } }, null);
    expect(known.json).toEqual({ data: { createdAt: time, expiresAt: time } });
    expect((await post('users/api-token-details', { data: { apiToken: 'x' } })).status).toBe(400);
  });

  it('says who one is', async () => {
    expect((await call('user')).json).toEqual({
      data: expect.objectContaining({
        id,
        email: 'garrison@acme.example',
        scope: 'account',
        scopeRoles: [expect.objectContaining({ id, name: 'Acme' })],
        apiToken: { createdAt: time, expiresAt: time },
        canGenerateApiToken: true,
      }),
    });
  });

  it('one token a user: 409, a lost answer, and the old one dead in the same moment', async () => {
    const user = addUser(world.tenant, {}, now);
    const header = (): string => `ApiToken ${user.apiToken?.value}`;
    const first = header();
    world.settings.generateTokenMode = 'conflict';
    expect((await post('users/generate-api-token', { data: {} }, first)).status).toBe(409);
    world.settings.generateTokenMode = 'lost-response';
    await expect(post('users/generate-api-token', { data: {} }, first)).rejects.toThrow(/fetch failed/);
    expect((await call('system/info', { token: first })).status).toBe(401);
    world.settings.generateTokenMode = 'normal';
    const second = header();
    const made = await post('users/generate-api-token', { data: {} }, second);
    expect(Object(made.json['data']).token).toMatch(/^[A-Za-z0-9]{80}$/);
    expect((await call('system/info', { token: second })).status).toBe(401);
    expect((await call('system/info', { token: header() })).status).toBe(200);
  });

  it('a password login gives a session, which is sent as Token', async () => {
    addUser(world.tenant, { email: 'ann@acme.example', password: 'correct horse' }, now);
    const wrong = await post('users/login', { username: 'ann@acme.example', password: 'x' }, null);
    expect(wrong.status).toBe(401);
    const right = await post('users/login', { username: 'ann@acme.example', password: 'correct horse' }, null);
    const { token, status } = Object(right.json['data']);
    expect(status).toBe('verified');
    expect((await call('user', { token: `Token ${token}` })).status).toBe(200);
    expect((await call('user', { token: `ApiToken ${token}` })).status).toBe(401);
  });

  it('a second factor lies between a temporary and a verified session; a code is good once', async () => {
    const bob = { email: 'bob@acme.example', password: 'battery', twoFa: 'application', code: '123456' } as const;
    addUser(world.tenant, bob, now);
    const login = () => post('users/login', { username: bob.email, password: bob.password }, null);
    const first = Object((await login()).json['data']);
    expect(first).toMatchObject({ status: 'temporary', twoFaMethod: 'application' });
    expect((await call('user', { token: `Token ${first.token}` })).status).toBe(401);
    const code = { data: { code: '123456', rememberMe: false } };
    const second = await post('users/auth/app', code, `Token ${first.token}`);
    expect(second.json['data']).toMatchObject({ status: 'verified', token: expect.any(String) });
    expect((await call('user', { token: `Token ${Object(second.json['data']).token}` })).status).toBe(200);
    const again = Object((await login()).json['data']);
    expect((await post('users/auth/app', code, `Token ${again.token}`)).status).toBe(401);
  });

  it('tells effective rights by user and by role; service users stand apart', async () => {
    const user = addUser(world.tenant, { permissions: ['Users.view', 'Roles.view', 'Service Users.view'] }, now);
    const token = `ApiToken ${user.apiToken?.value}`;
    const shape = {
      identifier: expect.any(String),
      name: 'Endpoints',
      permissions: expect.arrayContaining([
        expect.objectContaining({ identifier: 'initiateScan', title: 'Initiate Scan', value: false }),
      ]),
    };
    const pages = Object((await call(`users/${user.id}`, { token })).json['data']).pages;
    expect(pages).toEqual(expect.arrayContaining([shape]));
    const { scopeRoles } = Object((await call('user', { token })).json['data']);
    const role = await call(`rbac/role/${scopeRoles[0].roleId}`, { token });
    expect(Object(role.json['data']).pages).toEqual(expect.arrayContaining([shape]));
    const service = addUser(world.tenant, { kind: 'service-user', fullName: 'Robot' }, now);
    expect(rows(await call('service-users', { token }))).toEqual([
      expect.objectContaining({ id: service.id, name: 'Robot', apiToken: { createdAt: time, expiresAt: time } }),
    ]);
    const own = `ApiToken ${service.apiToken?.value}`;
    expect((await call('user', { token: own })).status).toBe(403);
    expect((await post('users/generate-api-token', { data: {} }, own)).status).toBe(403);
    const made = await post(
      `service-users/${service.id}/generate-api-token`,
      { data: { expirationDate: '2026-06-01T00:00:00Z' } },
      own,
    );
    expect(Object(made.json['data']).token).toMatch(/^\S{80}$/);
    expect((await call('system/info', { token: own })).status).toBe(401);
  });

  it('makes tokens of the newer form: three parts, with their end inside', async () => {
    const user = addUser(world.tenant, {}, now);
    world.settings.tokenFormat = 'jwt';
    const made = await post('users/generate-api-token', { data: {} }, `ApiToken ${user.apiToken?.value}`);
    world.settings.tokenFormat = 'legacy';
    const { token } = Object(made.json['data']);
    const [head, claims, signature] = String(token).split('.');
    expect(JSON.parse(Buffer.from(head ?? '', 'base64url').toString())).toMatchObject({ alg: 'ES256', kid: 'k1' });
    expect(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())).toMatchObject({
      sub: `user-${user.id}@mgmt-1.acme.example`,
      exp: Math.floor((user.apiToken?.expiresAtMs ?? 0) / 1000),
    });
    expect(signature).toHaveLength(86);
  });

  it('a missing permission is 403, or 401 with the body of a dead token', async () => {
    const user = addUser(world.tenant, { permissions: ['Sites.view'] }, now);
    const token = `ApiToken ${user.apiToken?.value}`;
    expect(await call('update/agent/packages', { token })).toMatchObject({
      status: 403,
      json: { errors: [{ code: 4_030_010, title: 'Insufficient permissions' }] },
    });
    user.missingPermission = 401;
    expect(await call('rbac/roles', { token })).toMatchObject({ status: 401, json: { errors: [{ code: 4_010_010 }] } });
    expect((await call('sites', { token })).status).toBe(200);
  });
});

describe('accounts, sites, groups', () => {
  it('accounts, which a site-scoped token may not list', async () => {
    expect(rows(await call('accounts'))).toEqual([
      expect.objectContaining({ id, name: 'Acme', state: 'active', accountType: expect.any(String), numberOfSites: 3 }),
    ]);
    const user = addUser(world.tenant, { scope: 'site', scopeIds: [world.tenant.sites[0]?.id ?? ''] }, now);
    expect((await call('accounts', { token: `ApiToken ${user.apiToken?.value}` })).status).toBe(403);
  });

  it('the odd envelope of sites, without registration tokens', async () => {
    const reply = await call('sites?states=active');
    expect(reply.json['data']).toEqual({
      allSites: { activeLicenses: expect.any(Number), totalLicenses: 300 },
      sites: expect.arrayContaining([
        expect.objectContaining({
          id,
          name: 'Default site',
          state: 'active',
          siteType: 'Paid',
          accountId: id,
          accountName: 'Acme',
          isDefault: true,
          activeLicenses: expect.any(Number),
          totalLicenses: 100,
          unlimitedLicenses: false,
          expiration: time,
          unlimitedExpiration: false,
          createdAt: time,
          updatedAt: time,
        }),
      ]),
    });
    expect(reply.text).not.toContain('registrationToken');
    expect(reply.text).not.toContain('siteKey');
  });

  it('a site token is base64 of url and site_key, longer than 90 characters for a real host name, and finds its site', async () => {
    const [site] = world.tenant.sites;
    const reply = await call(`sites/${site?.id}/token`);
    const { token } = Object(reply.json['data']);
    expect(JSON.parse(Buffer.from(token, 'base64').toString())).toEqual({ url: world.url, site_key: site?.siteKey });
    expect(site?.siteKey).toMatch(/^[0-9a-f]{16}$/);
    const found = await call(`sites?registrationToken=${encodeURIComponent(token)}`);
    expect(Object(found.json['data']).sites).toHaveLength(1);
    expect((await call('sites/42/token')).status).toBe(404);
  });

  it('creates a site for account and global scope, with a licence count or without limit', async () => {
    const accountId = world.tenant.accounts[0]?.id;
    const site = { name: 'New', accountId, siteType: 'Paid', unlimitedLicenses: true, unlimitedExpiration: true };
    const made = await post('sites', { data: site });
    expect(made.json['data']).toMatchObject({ id, name: 'New', state: 'active', accountId, unlimitedLicenses: true });
    expect((await post('sites', { data: site })).status).toBe(400);
    expect((await post('sites', { data: { ...site, name: 'Newer', unlimitedLicenses: false } })).status).toBe(400);
    const narrow = addUser(world.tenant, { scope: 'site', scopeIds: [world.tenant.sites[0]?.id ?? ''] }, now);
    const refused = await post('sites', { data: { ...site, name: 'X' } }, `ApiToken ${narrow.apiToken?.value}`);
    expect(refused.status).toBe(403);
    world.tenant.sites = world.tenant.sites.filter(({ name }) => name !== 'New');
  });

  it('a regenerated key ends the old site token', async () => {
    const site = world.tenant.sites[2];
    const before = world.registrationToken(site?.id ?? '');
    const made = await call(`sites/${site?.id}/regenerate-key`, { method: 'PUT', body: '{}' });
    expect(Object(made.json['data']).registrationToken).not.toBe(before);
    const found = await call(`sites?registrationToken=${encodeURIComponent(before)}`);
    expect(Object(found.json['data']).sites).toEqual([]);
  });

  it('older consoles carry site tokens in the list', async () => {
    world.settings.registrationTokenInLists = true;
    expect((await call('sites')).text).toContain('registrationToken');
    world.settings.registrationTokenInLists = false;
  });

  it('groups and their tokens', async () => {
    const [site] = world.tenant.sites;
    const [group] = rows(await call(`groups?siteIds=${site?.id}`));
    expect(group).toMatchObject({ id, name: 'Default Group', siteId: site?.id, type: 'static', isDefault: true });
    const reply = await call(`groups/${String(group?.['id'])}/token`);
    expect(JSON.parse(Buffer.from(Object(reply.json['data']).token, 'base64').toString())).toMatchObject({
      site_key: expect.stringMatching(/^g_[0-9a-f]{16}$/),
    });
  });
});

describe('packages', () => {
  it('have these fields, no SHA-256, and at least thirty entries of all sorts', async () => {
    const list = rows(await call('update/agent/packages?limit=1000'));
    expect(list.length).toBeGreaterThanOrEqual(30);
    for (const item of list)
      expect(Object.keys(item)).toEqual(
        expect.arrayContaining(
          (
            'id fileName fileExtension fileSize sha1 version majorVersion minorVersion status osType platformType ' +
            'osArch packageType scopeLevel sites accounts link'
          ).split(' '),
        ),
      );
    expect(list[0]).not.toHaveProperty('sha256');
    const values = (name: string): unknown[] => [...new Set(list.map((item) => item[name]))];
    expect(values('status')).toEqual(expect.arrayContaining(['ga', 'ea', 'beta']));
    expect(values('packageType')).toEqual(expect.arrayContaining(['Agent', 'Ranger', 'AgentAndRanger']));
    expect(values('platformType')).toEqual(expect.arrayContaining(['windows', 'macos', 'linux', 'linux_k8s', 'sdk']));
    expect(values('osArch')).toEqual(expect.arrayContaining(['32/64 bit', '32 bit/64 bit/ARM64', 'ARM64', 'N/A']));
    expect(values('minorVersion')).toEqual(expect.arrayContaining(['GA', 'GA-SP2', 'SP1', 'EA']));
  });

  it('are filtered and sorted on the server by letters', async () => {
    const linux = rows(
      await call('update/agent/packages?platformTypes=linux&fileExtensions=.deb,.rpm&status=ga&limit=100'),
    );
    expect(linux.length).toBeGreaterThan(4);
    expect(linux.every((item) => item['platformType'] === 'linux' && item['status'] === 'ga')).toBe(true);
    const sorted = rows(await call('update/agent/packages?sortBy=version&sortOrder=desc&limit=1'));
    expect(sorted[0]).toMatchObject({ version: '9.1.1.3' });
  });

  it('two downloads a minute and token, then a page instead of JSON', async () => {
    const [item] = world.tenant.packages;
    const path = `update/agent/download/${world.tenant.sites[0]?.id}/${item?.id}`;
    const first = await call(path);
    expect([first.status, first.text.length > 1000]).toEqual([200, true]);
    expect((await call(`update/agent/download/${item?.id}`)).status).toBe(200);
    const third = await call(path);
    expect([third.status, third.text.startsWith('<!DOCTYPE html>')]).toEqual([429, true]);
    now += 61_000;
    expect((await call(path)).status).toBe(200);
    expect((await call('update/agent/download/42/42')).status).toBe(404);
  });

  it('real files are offered with their true size and digest', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'garrison-packages-'));
    const file = join(folder, 'SentinelAgent_linux_x86_64_v24_2_2_20.deb');
    writeFileSync(file, '!<arch>\ndebian-binary   stand-in');
    const other = await startSentinelOne({ packageFiles: [file] });
    const found = other.tenant.packages.filter(({ fileName }) => fileName.includes('linux_x86_64_v24_2_2_20.deb'));
    expect(found).toMatchObject([{ file, fileSize: 32, version: '24.2.2.20', status: 'ga', platformType: 'linux' }]);
    await other.stop();
    rmSync(folder, { recursive: true });
  });
});

describe('agents', () => {
  const registration = { uuid: 'u-1', computerName: 'web1', version: '24.2.2.20', os: 'linux' };

  it('register with a site key or the whole token, by form or JSON; a wrong or expired key is 403', async () => {
    const site = world.tenant.sites[1];
    const siteKey = site?.siteKey ?? '';
    expect((await formEncoded('register', { ...registration, siteKey })).status).toBe(200);
    const token = world.registrationToken(site?.id ?? '');
    const again = await fetch(`${world.url}/stand-in/register`, {
      method: 'POST',
      body: JSON.stringify({ ...registration, token }),
    });
    expect(await again.json()).toEqual({ uuid: 'u-1', agentId: id, siteId: site?.id, url: world.url });
    expect((await formEncoded('register', { ...registration, siteKey: '0'.repeat(16) })).status).toBe(403);
    expect((await formEncoded('register', { siteKey })).status).toBe(400);
    if (site) site.state = 'expired';
    expect((await formEncoded('register', { ...registration, uuid: 'u-9', siteKey })).status).toBe(403);
    if (site) site.state = 'active';
  });

  it('have these fields', async () => {
    expect(rows(await call('agents?uuid=u-1'))).toEqual([
      expect.objectContaining({
        id,
        uuid: 'u-1',
        computerName: 'web1',
        siteId: id,
        siteName: 'Acme Headquarters',
        accountId: id,
        accountName: 'Acme',
        groupId: id,
        groupName: 'Default Group',
        agentVersion: '24.2.2.20',
        installerType: '.deb',
        isActive: false,
        isUpToDate: true,
        infected: false,
        isPendingUninstall: false,
        isUninstalled: false,
        isDecommissioned: false,
        activeThreats: 0,
        lastActiveDate: time,
        registeredAt: time,
        networkStatus: 'disconnected',
        osType: 'linux',
        machineType: 'server',
        scanStatus: 'finished',
        scanStartedAt: time,
        scanFinishedAt: time,
        scanAbortedAt: null,
        operationalState: 'na',
        mitigationMode: 'protect',
        missingPermissions: [],
        userActionsNeeded: ['none'],
        consoleMigrationStatus: 'N/A',
      }),
    ]);
  });

  it('a heartbeat makes an agent active; an unknown one is 404', async () => {
    expect((await formEncoded('heartbeat', { uuid: 'u-1' })).status).toBe(200);
    expect(rows(await call('agents?uuids=u-1'))).toMatchObject([{ isActive: true, networkStatus: 'connected' }]);
    expect((await formEncoded('heartbeat', { uuid: 'u-404' })).status).toBe(404);
  });

  it('decommissioned agents are hidden unless asked for', async () => {
    const [agent] = world.tenant.agents;
    if (agent) agent.isDecommissioned = true;
    expect(rows(await call('agents?uuid=u-1'))).toEqual([]);
    expect(rows(await call('agents?uuid=u-1&isDecommissioned=true,false'))).toHaveLength(1);
    expect((await call('agents/count')).json).toEqual({ data: { total: 0 } });
    expect((await formEncoded('heartbeat', { uuid: 'u-1' })).status).toBe(404);
    if (agent) agent.isDecommissioned = false;
  });

  it('threats are nested as in v2.1 and can be asked for by agent', async () => {
    const [agent] = world.tenant.agents;
    const threat = addThreat(world.tenant, { agentId: agent?.id ?? '' }, now);
    expect(rows(await call(`threats?agentIds=${agent?.id}&resolved=false`))).toEqual([
      {
        id: threat.id,
        threatInfo: expect.objectContaining({
          threatId: threat.id,
          threatName: 'eicar.com',
          classification: 'Malware',
          confidenceLevel: 'malicious',
          mitigationStatus: 'not_mitigated',
          incidentStatus: 'unresolved',
          filePath: '/home/ann/eicar.com',
          identifiedAt: time,
        }),
        agentDetectionInfo: expect.any(Object),
        agentRealtimeInfo: expect.objectContaining({ agentId: agent?.id, agentUuid: 'u-1', siteId: agent?.siteId }),
        mitigationStatus: [],
        indicators: [],
      },
    ]);
    expect(rows(await call('threats?agentIds=42'))).toEqual([]);
  });

  it('actions want a filter and tell how many they reached, which may be none', async () => {
    expect((await post('agents/actions/initiate-scan', { filter: {}, data: {} })).status).toBe(400);
    expect((await post('agents/actions/initiate-scan', { filter: { ids: ['42'] }, data: {} })).json).toEqual({
      data: { affected: 0 },
    });
    expect((await post('agents/actions/initiate-scan', { filter: { uuid: 'u-1' }, data: {} })).json).toEqual({
      data: { affected: 1 },
    });
    expect((await post('agents/scan', {})).status).toBe(404);
  });
});

describe('the program', () => {
  it('prints one JSON line with all that is needed to connect, and keeps its tenant in a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'garrison-stand-in-'));
    const state = join(folder, 'tenant.json');
    const program = join(import.meta.dirname, 'main.ts');
    const child = execFile(process.execPath, [program, '--state', state, '--public-url', 'https://s1.example']);
    const line = await new Promise<string>((resolve) => child.stdout?.once('data', (part) => resolve(String(part))));
    const ready = JSON.parse(line);
    expect(ready).toMatchObject({ publicUrl: 'https://s1.example', accountId: id, apiToken: expect.any(String) });
    const answer = await fetch(`${ready.url}/web/api/v2.1/system/info`, {
      headers: { authorization: `ApiToken ${ready.apiToken}` },
    });
    expect(answer.status).toBe(200);
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(JSON.parse(readFileSync(state, 'utf8'))).toMatchObject({ users: [{ apiToken: { value: ready.apiToken } }] });
    rmSync(folder, { recursive: true });
  });
});
