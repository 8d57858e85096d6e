import { describe, expect, it } from 'vitest';
import { plainCursor, readList } from '#console/sentinelone/answers.ts';
import { groupToken, listGroups } from '#console/sentinelone/groups.ts';
import { listSites, siteOfToken, siteProblem, siteToken, type SentinelOneSite } from '#console/sentinelone/sites.ts';
import { newSetting, type Setting } from '#test/console/sentinelone/setting.ts';
import { addGroup, addSite, addUser } from '#test/worlds/sentinelone/tenant.ts';
import * as z from 'zod';

function addSites(setting: Setting, count: number): void {
  for (let at = 0; at < count; at += 1) addSite(setting.world.tenant, { name: `Branch ${at}` }, setting.timing.now());
}

describe('sites', () => {
  it('every page to the end: neither the default page of ten nor our own page size hides one', async () => {
    await using setting = await newSetting();
    addSites(setting, 431);
    const { items, unreadable } = await listSites(setting.client);
    expect(new Set(items.map(({ id }) => id)).size).toBe(434);
    expect(unreadable).toBe(0);
    expect(setting.world.requests).toHaveLength(3);
  });

  it('the cursor, whose padding comes percent-encoded, is not encoded twice', async () => {
    await using setting = await newSetting();
    addSites(setting, 240);
    await listSites(setting.client);
    const [, second = ''] = setting.world.requests.map(({ url }) => url);
    expect(second).toContain('cursor=');
    expect(second).not.toContain('%25');
    expect(plainCursor('abc%3D%3D')).toBe('abc==');
    expect(plainCursor('100%')).toBe('100%');
  });

  it('a list that goes round in circles ends in a fault, not in memory', async () => {
    await using setting = await newSetting();
    const body = JSON.stringify({ data: [1], pagination: { totalItems: 9, nextCursor: 'abc' } });
    setting.world.faults.push({ match: /groups/, times: 99, answer: { status: 200, body, headers: {} } });
    await expect(readList(setting.client, { path: 'groups', query: {}, item: z.number() })).rejects.toMatchObject({
      code: 'sentinelone.unreadable',
    });
    expect(setting.world.requests).toHaveLength(2);
  });

  it('ids of nineteen digits arrive as they are', async () => {
    await using setting = await newSetting();
    const { items } = await listSites(setting.client);
    expect(items.map(({ id }) => id)).toEqual(setting.world.tenant.sites.map(({ id }) => id));
    expect(items[0]?.id).toMatch(/^\d{19}$/);
    expect(Number.isSafeInteger(Number(items[0]?.id))).toBe(false);
  });

  it('an id that came as a number is not guessed at: that row is counted as unreadable', async () => {
    await using setting = await newSetting();
    const good = { id: '1893456781234500017', name: 'A', accountId: '1', state: 'active' };
    const body = JSON.stringify({
      data: { all_sites: {}, sites: [good, { ...good, id: 1_893_456 }] },
      pagination: null,
    });
    setting.world.faults.push({ match: /sites/, times: 1, answer: { status: 200, body, headers: {} } });
    await expect(listSites(setting.client)).resolves.toMatchObject({ items: [{ name: 'A' }], unreadable: 1 });
  });

  it('a name is matched by us, whatever characters it has', async () => {
    await using setting = await newSetting();
    const { id } = addSite(setting.world.tenant, { name: 'R&D / Süd #1' }, setting.timing.now());
    const { items } = await listSites(setting.client, { siteIds: [id] });
    expect(items.map(({ name }) => name)).toEqual(['R&D / Süd #1']);
  });

  it('a site-scoped token lists its sites although accounts are forbidden to it', async () => {
    await using setting = await newSetting();
    const [site] = setting.world.tenant.sites;
    const own = addUser(setting.world.tenant, { scope: 'site', scopeIds: [site?.id ?? ''] }, setting.timing.now());
    const client = setting.clientFor(own.apiToken?.value ?? '');
    await expect(client.json({ path: 'accounts' })).rejects.toMatchObject({ code: 'sentinelone.permission' });
    const { items } = await listSites(client);
    expect(items).toMatchObject([{ id: site?.id, accountName: 'Acme' }]);
  });

  it('an expired, deleted or full site is named as no place for a device', () => {
    const now = Date.UTC(2026, 0, 15);
    const site: SentinelOneSite = {
      id: '1',
      name: 'A',
      accountId: '2',
      accountName: 'B',
      state: 'active',
      isDefault: false,
      activeLicenses: 5,
      totalLicenses: 6,
      expiresAt: '2026-02-01T00:00:00.000000Z',
    };
    expect(siteProblem(site, now)).toBeNull();
    expect(siteProblem({ ...site, state: 'expired' }, now)).toBe('expired');
    expect(siteProblem({ ...site, state: 'deleted' }, now)).toBe('deleted');
    expect(siteProblem({ ...site, state: 'frozen' }, now)).toBe('not-active');
    expect(siteProblem({ ...site, expiresAt: '2026-01-01T00:00:00.000000Z' }, now)).toBe('expired');
    expect(siteProblem({ ...site, activeLicenses: 6 }, now)).toBe('no-licence');
    expect(siteProblem({ ...site, activeLicenses: 60, totalLicenses: null }, now)).toBeNull();
  });

  it('unlimited licences and no expiry are told apart from none', async () => {
    await using setting = await newSetting({ sites: [] });
    const facts = { name: 'A', unlimitedLicenses: true, totalLicenses: 0, expiration: null };
    addSite(setting.world.tenant, facts, setting.timing.now());
    const { items } = await listSites(setting.client);
    expect(items).toMatchObject([{ totalLicenses: null, expiresAt: null, activeLicenses: 0 }]);
  });
});

describe('site and group tokens', () => {
  it('are read for one site or group, not from the list, which no longer carries them', async () => {
    await using setting = await newSetting();
    const [site] = setting.world.tenant.sites;
    const id = site?.id ?? '';
    expect(await siteToken(setting.client, id)).toBe(setting.world.registrationToken(id));
    expect(setting.world.requests.at(-1)?.url).toBe(`/web/api/v2.1/sites/${id}/token`);
    const { items } = await listGroups(setting.client, id);
    const token = await groupToken(setting.client, items[0]?.id ?? '');
    expect(JSON.parse(Buffer.from(token, 'base64').toString())).toMatchObject({ url: setting.world.url });
  });

  it('SentinelOne itself says which site a token belongs to, and an unknown one to none', async () => {
    await using setting = await newSetting();
    const site = setting.world.tenant.sites[1];
    const token = setting.world.registrationToken(site?.id ?? '');
    await expect(siteOfToken(setting.client, token)).resolves.toMatchObject({ id: site?.id, name: site?.name });
    await expect(siteOfToken(setting.client, setting.world.registrationToken('0'))).rejects.toMatchObject({
      code: 'sentinelone.not-found',
    });
  });

  it('a site outside the scope, or an id that is none, has no token', async () => {
    await using setting = await newSetting();
    await expect(siteToken(setting.client, '42')).rejects.toMatchObject({ code: 'sentinelone.not-found' });
    await expect(siteToken(setting.client, '42/../../users')).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('something else than a token is not passed on', async () => {
    await using setting = await newSetting();
    const answer = { status: 200, body: '{"data":{"token":"--exec rm"}}', headers: {} };
    setting.world.faults.push({ match: /token/, times: 1, answer });
    await expect(siteToken(setting.client, '42')).rejects.toMatchObject({ code: 'sentinelone.unreadable' });
  });

  it('dynamic groups take no enrolments', async () => {
    await using setting = await newSetting();
    const siteId = setting.world.tenant.sites[0]?.id ?? '';
    addGroup(setting.world.tenant, { name: 'Laptops', siteId, type: 'dynamic' }, setting.timing.now());
    const { items } = await listGroups(setting.client, siteId);
    expect(items.map(({ name, takesEnrolments }) => [name, takesEnrolments])).toEqual([
      ['Default Group', true],
      ['Laptops', false],
    ]);
  });
});
