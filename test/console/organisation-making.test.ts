import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationMakingRoutes } from '#console/api/organisation-making.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { addSite } from '#test/worlds/sentinelone/tenant.ts';
import { Operated, refusal } from '#test/worlds/fleet/operated.ts';

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

const names = async () => (await operated.admin.call(organisationRoutes.list)).items.map((row) => row.name);

describe('organisations from sites', () => {
  it('are made for those that were ticked, mapped to them, and only watch', async () => {
    for (let index = 0; index < 60; index += 1)
      addSite(operated.vendor.tenant, { name: `Customer ${index}` }, operated.world.nowMs);
    await operated.connected();
    const { items } = await operated.admin.call(organisationMakingRoutes.freeSites);
    const ticked = items.filter((one) => one.siteName.startsWith('Customer'));
    expect(ticked).toHaveLength(60);
    const sites = ticked.map(({ connectionId, siteId }) => ({ connectionId, siteId }));
    const made = await operated.admin.call(organisationMakingRoutes.fromSites, { body: { sites } });
    expect(made.items.filter((row) => row.problem === null)).toHaveLength(60);
    const mappings = (await operated.admin.call(mappingRoutes.list)).items;
    expect(
      mappings.filter((row) => row.status === 'mapped' && row.site?.siteName === row.organisationName),
    ).toHaveLength(60);
    const organisations = (await operated.admin.call(organisationRoutes.list)).items;
    expect(new Set(organisations.map((row) => row.mode))).toEqual(new Set(['watch']));
    const left = await operated.admin.call(organisationMakingRoutes.freeSites);
    expect(left.items.some((one) => one.siteName.startsWith('Customer'))).toBe(false);
    const again = await operated.admin.call(organisationMakingRoutes.fromSites, { body: { sites: sites.slice(0, 1) } });
    expect(again.items[0]?.problem?.code).toBe('request.conflict');
  });

  it('keep equal names apart: of another organisation, and of two consoles', async () => {
    addSite(operated.vendor.tenant, { name: 'Globex' }, operated.world.nowMs);
    await operated.organisation('Acme Branch');
    const connectionId = await operated.connected('Europe');
    await operated.world.store.write(async (db) => {
      const [row] = await db.selectFrom('connections').selectAll().execute();
      if (row === undefined) throw new Error('no connection');
      const other = { ...row, connection_id: 'con_us', name: 'America', account_id: '2', user_id: null };
      await db.insertInto('connections').values(other).execute();
      const sites = await db.selectFrom('sites').selectAll().where('name', '=', 'Globex').execute();
      for (const site of sites)
        await db
          .insertInto('sites')
          .values({ ...site, connection_id: 'con_us' })
          .execute();
    });
    const { items } = await operated.admin.call(organisationMakingRoutes.freeSites);
    const named = items.filter((one) => ['Globex', 'Acme Branch'].includes(one.siteName)).map((one) => one.name);
    expect(named.toSorted()).toEqual(['Acme Branch (Europe)', 'Globex (America)', 'Globex (Europe)']);
    const globex = items.find((one) => one.name === 'Globex (Europe)');
    const sites = [{ connectionId, siteId: globex?.siteId ?? '' }];
    await operated.admin.call(organisationMakingRoutes.fromSites, { body: { sites } });
    expect(await names()).toContain('Globex (Europe)');
  });
});

describe('organisations from a list', () => {
  const read = (csv: string, dryRun = false) =>
    operated.admin.call(organisationMakingRoutes.importList, { body: { csv, dryRun } });

  it('are created with their outside ids, tried first, and kept when the list is read again', async () => {
    await operated.organisation('Bakery');
    const csv = 'id,name\n17,"Foundry, north"\n18,Bakery\n,Nameless id\n17,Twice\n19,\n';
    const wanted = ['created', 'adopted', 'created', 'refused', 'refused'];
    expect((await read(csv, true)).items.map((row) => row.outcome)).toEqual(wanted);
    expect(await names()).toEqual(['Bakery']);
    expect((await read(csv)).items.map((row) => row.outcome)).toEqual(wanted);
    expect(await names()).toEqual(['Bakery', 'Foundry, north', 'Nameless id']);
    const again = await read('name;id\nFoundry north;17\nBakery;18\nBakery two;99\n');
    expect(again.items.map((row) => row.outcome)).toEqual(['renamed', 'unchanged', 'created']);
    expect(await names()).toEqual(['Bakery', 'Bakery two', 'Foundry north', 'Nameless id']);
    const clash = await read('name,id\nBakery,17\nFoundry north,42\n');
    expect(clash.items.map((row) => [row.outcome, row.why])).toEqual([
      ['refused', 'another organisation has this name'],
      ['refused', 'the organisation of this name has another id'],
    ]);
  });

  it('need a title for the names, and an administrator of everything', async () => {
    expect(await refusal(read('a,b\n1,2\n'))).toBe('400 request.invalid');
    const limited = await operated.operator('lim', 'admin', [await operated.organisation('Bakery')]);
    const body = { csv: 'Foundry', dryRun: false };
    expect(await refusal(limited.call(organisationMakingRoutes.importList, { body }))).toBe('403 auth.forbidden');
  });
});
