import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { newOperatorRow } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { guideRole } from '#test/worlds/sentinelone/rights.ts';
import { addUser } from '#test/worlds/sentinelone/tenant.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
let vendor: SentinelOneWorld;
let world: ConsoleWorld;
let admin: OperatorClient;

beforeEach(async () => {
  vendor = await startSentinelOne({ now: () => world?.nowMs ?? Date.parse('2026-03-01T10:00:00.000Z') });
  world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
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

async function operator(name: string, role: 'operator' | 'admin', organisations: string[] | null) {
  const row = await newOperatorRow({ name, password, role }, world.nowMs);
  const limited = organisations === null ? null : JSON.stringify(organisations);
  await world.store.write((db) => addOperator(db, { ...row, organisations: limited }));
  return OperatorClient.signedIn(world.operatorApp, name, password);
}

const enable = (apiToken = vendor.apiToken) =>
  admin.call(connectionRoutes.enable, { body: { name: 'Main', address: vendor.url, apiToken } });

describe('enabling from the page', () => {
  it('by password: asks for the code, answers the connection, keeps the password out of the audit log', async () => {
    addUser(
      vendor.tenant,
      { email: 'ann@acme.example', password: 'canary-one', twoFa: 'application', code: '975310', apiToken: null },
      world.nowMs,
    );
    const body = { name: 'Main', address: vendor.url, username: 'ann@acme.example', password: 'canary-one' };
    expect(await admin.call(connectionRoutes.enableByPassword, { body })).toEqual({ kind: 'code-required' });
    const versionPolicy = 'latest-ga' as const;
    const done = await admin.call(connectionRoutes.enableByPassword, {
      body: { ...body, code: '975310', versionPolicy },
    });
    expect(done).toMatchObject({ kind: 'enabled', connection: { userName: 'ann@acme.example', alarms: [] } });
    expect((await admin.call(packageRoutes.list)).versionPolicy).toEqual({ kind: 'latest-ga' });
    expect(JSON.stringify(await world.store.read.selectFrom('audit').selectAll().execute())).not.toMatch(
      /canary-one|975310/,
    );
  });

  it("with the guide's own role names the missing right for packages; with it everything works", async () => {
    const user = addUser(vendor.tenant, { permissions: [...guideRole] }, world.nowMs);
    const { connectionId, alarms, problem } = await enable(user.apiToken?.value);
    expect(problem).toBeNull();
    expect(alarms).toMatchObject([{ kind: 'right', code: 'sentinelone.permission' }]);
    expect(alarms[0]?.detail).toContain('Agent Packages: View');
    user.permissions.push('Packages.view');
    const checked = await admin.call(connectionRoutes.check, { params: { connectionId } });
    expect(checked).toMatchObject({ problem: null, alarms: [] });
    const list = await admin.call(packageRoutes.refresh);
    expect(list.targets.every(({ packages }) => packages.some(({ state }) => state === 'offered'))).toBe(true);
  });

  it('is for administrators of everything (G16)', async () => {
    const limited = await operator('bea', 'admin', ['org_x']);
    const acting = await operator('carl', 'operator', null);
    const body = { name: 'x', address: vendor.url, apiToken: vendor.apiToken };
    const { connectionId } = await enable();
    const params = { connectionId };
    for (const who of [limited, acting]) {
      expect(await refusal(who.call(connectionRoutes.enable, { body }))).toBe('403 auth.forbidden');
      expect(
        await refusal(who.call(connectionRoutes.enableByPassword, { body: { ...body, username: 'a', password: 'b' } })),
      ).toBe('403 auth.forbidden');
      expect(await refusal(who.call(connectionRoutes.change, { params, body }))).toBe('403 auth.forbidden');
      expect(await refusal(who.call(connectionRoutes.renewToken, { params }))).toBe('403 auth.forbidden');
      expect(await refusal(who.call(connectionRoutes.setInstalling, { params, body: { allowed: false } }))).toBe(
        '403 auth.forbidden',
      );
      expect(
        await refusal(
          who.call(connectionRoutes.createSite, { params, body: { name: 'x', licences: null, expiresAt: null } }),
        ),
      ).toBe('403 auth.forbidden');
    }
  });
});

describe('a connection in use', () => {
  it('renews its token on request and says when it will next', async () => {
    const { connectionId } = await enable();
    world.nowMs += 600_000;
    const renewed = await admin.call(connectionRoutes.renewToken, { params: { connectionId } });
    expect(renewed).toMatchObject({
      renewedAt: new Date(world.nowMs).toISOString(),
      renewsAt: new Date(world.nowMs + 90 * 86_400_000).toISOString(),
    });
  });

  it('creates a site in SentinelOne, which can be chosen at once', async () => {
    const { connectionId } = await enable();
    const params = { connectionId };
    const body = { name: 'Fresh', licences: 25, expiresAt: null };
    const site = await admin.call(connectionRoutes.createSite, { params, body });
    expect(site).toMatchObject({ name: 'Fresh', state: 'active', licencesTotal: 25, expiresAt: null });
    expect(vendor.tenant.sites.find(({ name }) => name === 'Fresh')).toMatchObject({ id: site.siteId });
    const { organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Fresh' } });
    const choice = { connectionId, siteId: site.siteId };
    const mapping = await admin.call(mappingRoutes.choose, { params: { organisationId }, body: choice });
    expect(mapping).toMatchObject({ status: 'mapped', site: { siteName: 'Fresh' } });
  });

  it('names the missing right instead of trying, and only for that feature', async () => {
    const user = addUser(vendor.tenant, { permissions: [...guideRole] }, world.nowMs);
    const { connectionId } = await enable(user.apiToken?.value);
    const body = { name: 'Fresh', licences: null, expiresAt: null };
    const refused = admin.call(connectionRoutes.createSite, { params: { connectionId }, body });
    await expect(refused).rejects.toThrow(/Sites: Create/);
    expect((await admin.call(connectionRoutes.sites, { params: { connectionId } })).items).toHaveLength(3);
  });
});

describe("an organisation's own viewer (G9)", () => {
  it('sees no site of another organisation, and no other SentinelOne console', async () => {
    const { connectionId } = await enable();
    const { organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Bakery' } });
    const site = vendor.tenant.sites[1];
    await admin.call(mappingRoutes.choose, {
      params: { organisationId },
      body: { connectionId, siteId: site?.id ?? '' },
    });
    const params = { connectionId };
    const viewer = await operator('vic', 'operator', [organisationId]);
    const seen = await viewer.call(connectionRoutes.sites, { params });
    expect(seen.items.map(({ name }) => name)).toEqual([site?.name]);
    expect((await viewer.call(connectionRoutes.list)).items[0]?.sites).toBe(1);
    const refreshed = await viewer.call(connectionRoutes.refreshSites, { params });
    expect(refreshed.items).toHaveLength(1);
    expect((await admin.call(connectionRoutes.sites, { params })).items.length).toBeGreaterThan(1);
    await admin.call(packageRoutes.refresh);
    const stranger = await operator('sam', 'operator', ['org_other']);
    const list = await stranger.call(packageRoutes.list);
    expect(list.targets.some(({ packages }) => packages.some(({ state }) => state === 'offered'))).toBe(true);
    expect(JSON.stringify(list)).not.toMatch(/Main|127\.0\.0\.1/);
    expect((await viewer.call(packageRoutes.list)).upgradePages).toHaveLength(1);
  });
});

describe('stop installing', () => {
  it('takes "deploy" out of every assignment, removes nothing, and can be taken back', async () => {
    const { connectionId } = await enable();
    const { organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Bakery' } });
    const siteId = vendor.tenant.sites[1]?.id ?? '';
    await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
    await world.mode(organisationId, 'deploy');
    const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
    const device = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs });
    await device.enrol();
    const modeNow = async () => {
      await device.checkIn();
      return device.assignment?.mode;
    };
    expect(await modeNow()).toBe('deploy');
    const params = { connectionId };
    const stopped = await admin.call(connectionRoutes.setInstalling, { params, body: { allowed: false } });
    expect(stopped.stoppedAt).toBe(new Date(world.nowMs).toISOString());
    expect(await modeNow()).toBe('paused');
    const preview = await admin.call(organisationRoutes.previewDeployment, { params: { organisationId } });
    expect(preview.hindrance).toBe('already-deploying');
    await world.mode(organisationId, 'watch');
    expect((await admin.call(organisationRoutes.previewDeployment, { params: { organisationId } })).hindrance).toBe(
      'installing-stopped',
    );
    await world.mode(organisationId, 'deploy');
    expect(
      vendor.requests.filter(({ method, url }) => method === 'POST' && /uninstall|decommission/.test(url)),
    ).toEqual([]);
    await admin.call(connectionRoutes.setInstalling, { params, body: { allowed: true } });
    expect(await modeNow()).toBe('deploy');
  });
});
