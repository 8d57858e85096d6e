import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { addSite } from '#test/worlds/sentinelone/tenant.ts';
import { readyReport } from '#test/worlds/fleet/estate.ts';
import { Operated, refusal } from '#test/worlds/fleet/operated.ts';

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

const list = async () => (await operated.admin.call(mappingRoutes.list)).items;

/** What the page sends for rows that are ticked: the suggestion of each. */
async function suggested() {
  return (await list()).flatMap(({ organisationId, suggestion }) => {
    if (suggestion === null) return [];
    const { connectionId, siteId } = suggestion.site;
    return [{ organisationId, connectionId, siteId }];
  });
}

describe('confirming selected mappings', () => {
  it('tries first, saves only what was ticked, and tells row by row what became of it', async () => {
    for (const name of ['Globex', 'Initech', 'Hooli']) addSite(operated.vendor.tenant, { name }, operated.world.nowMs);
    for (const name of ['Globex', 'Initech', 'Hooli', 'Nobody']) await operated.organisation(name);
    await operated.connected();
    expect((await list()).map((row) => [row.organisationName, row.status, row.suggestion?.why ?? null])).toEqual([
      ['Globex', 'needs-confirmation', 'same-name'],
      ['Hooli', 'needs-confirmation', 'same-name'],
      ['Initech', 'needs-confirmation', 'same-name'],
      ['Nobody', 'unmapped', null],
    ]);
    const [globex, hooli] = await suggested();
    if (globex === undefined || hooli === undefined) throw new Error('nothing suggested');
    const choices = [globex, { ...hooli, siteId: '1' }];
    const tried = await operated.admin.call(mappingRoutes.confirm, { body: { dryRun: true, choices } });
    expect(tried).toMatchObject({ installs: 0, items: [{ outcome: 'would-save' }, { outcome: 'refused' }] });
    expect((await list()).filter((row) => row.site !== null)).toEqual([]);
    const saved = await operated.admin.call(mappingRoutes.confirm, { body: { dryRun: false, choices } });
    expect(saved.items.map((row) => [row.outcome, row.problem?.code ?? null])).toEqual([
      ['saved', null],
      ['refused', 'not-found'],
    ]);
    expect((await list()).map((row) => row.status)).toEqual([
      'mapped',
      'needs-confirmation',
      'needs-confirmation',
      'unmapped',
    ]);
  });

  it('says how many installs it starts, and refuses when that is not the number any more', async () => {
    const { admin, world } = operated;
    addSite(operated.vendor.tenant, { name: 'Globex' }, world.nowMs);
    const organisationId = await operated.organisation('Globex');
    await operated.connected();
    await world.package('a package');
    await world.mode(organisationId, 'deploy');
    const device = await operated.device(organisationId);
    device.report = readyReport;
    await device.checkIn();
    const choices = await suggested();
    const tried = await admin.call(mappingRoutes.confirm, { body: { dryRun: true, choices } });
    expect(tried.installs).toBe(1);
    expect(await refusal(admin.call(mappingRoutes.confirm, { body: { dryRun: false, choices } }))).toBe(
      '409 request.conflict',
    );
    expect((await list())[0]?.site).toBeNull();
    await admin.call(mappingRoutes.confirm, { body: { dryRun: false, installs: 1, choices } });
    await device.checkIn();
    expect(device.assignment?.site?.siteName).toBe('Globex');
  });

  it('is for administrators of everything: a mapping leads to somebody’s tenant', async () => {
    const organisationId = await operated.organisation('Globex');
    const connectionId = await operated.connected();
    const body = { dryRun: true, choices: [{ organisationId, connectionId, siteId: '1' }] };
    const limited = await operated.operator('lim', 'admin', [organisationId]);
    expect(await refusal(limited.call(mappingRoutes.confirm, { body }))).toBe('403 auth.forbidden');
    const acting = await operated.operator('act', 'operator', null);
    expect(await refusal(acting.call(mappingRoutes.confirm, { body }))).toBe('403 auth.forbidden');
  });
});

describe('mappings', () => {
  it('offer the groups in which a device can enrol, and keep the one chosen', async () => {
    const organisationId = await operated.organisation('Globex');
    const connectionId = await operated.connected();
    const siteId = await operated.siteId(connectionId, 'Acme Branch');
    const { items } = await operated.admin.call(mappingRoutes.groups, { params: { connectionId, siteId } });
    expect(items.length).toBeGreaterThan(0);
    const groupId = items[0]?.groupId;
    const params = { organisationId };
    const mapped = await operated.admin.call(mappingRoutes.choose, { params, body: { connectionId, siteId, groupId } });
    expect(mapped.site).toMatchObject({ groupId, groupName: items[0]?.name });
  });

  it('belong to the account: another API token leaves them as they are', async () => {
    const organisationId = await operated.organisation('Globex');
    const connectionId = await operated.connected();
    await operated.map(organisationId, connectionId, 'Acme Branch');
    const before = await list();
    const body = { apiToken: operated.vendor.apiToken };
    await operated.admin.call(connectionRoutes.replaceToken, { params: { connectionId }, body });
    expect(await list()).toEqual(before);
    const shown = await operated.admin.call(organisationRoutes.read, { params: { organisationId } });
    expect(shown.mapping).toMatchObject({ status: 'mapped', siteName: 'Acme Branch' });
  });
});
