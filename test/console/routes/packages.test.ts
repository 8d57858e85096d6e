/** One download of a package for the whole fleet, whatever the vendor's list and its limits do meanwhile. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectionRoutes } from '#console/api/connections.ts';
import { macosProfilePath, macosRoutes } from '#console/api/macos.ts';
import { packageRoutes, type PackageList } from '#console/api/packages.ts';
import { createPackageCache } from '#console/fleet/packages/package-cache.ts';
import { packageFiles } from '#console/fleet/packages/package-files.ts';
import { trust } from '#installers/sentinelone/trust.ts';
import { claimPackage } from '#console/store/sentinelone/packages.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
let vendor: SentinelOneWorld;
let world: ConsoleWorld;
let admin: OperatorClient;

beforeEach(async () => {
  vendor = await startSentinelOne({ settings: { downloadsPerMinute: 100 } });
  world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  await admin.call(connectionRoutes.enable, { body });
  await world.operatorSide.packages.refresh();
});
afterEach(async () => {
  await world.stop();
  await vendor.stop();
});

const targetOf = (list: PackageList, target: string) => {
  const row = list.targets.find((one) => one.target === target);
  if (row === undefined) throw new Error(`no ${target}`);
  return row;
};
const downloads = (): number => vendor.requests.filter(({ url }) => url.includes('/update/agent/download/')).length;

async function fetched(packageId: string): Promise<void> {
  const { finished } = await world.operatorSide.packages.fetch(packageId);
  await finished;
}

async function idOf(target: string, version: string): Promise<string> {
  const row = targetOf(await admin.call(packageRoutes.list), target).packages.find((one) => one.version === version);
  return row?.packageId ?? '';
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );
}

describe('what is fetched', () => {
  it('a file for two targets once', async () => {
    await fetched(await idOf('windows-x64', '24.2.3.471'));
    const list = await admin.call(packageRoutes.list);
    const both = ['windows-x64', 'windows-x86'].map((target) =>
      targetOf(list, target).packages.find((one) => one.version === '24.2.3.471'),
    );
    expect(both.map((one) => one?.state)).toEqual(['ready', 'ready']);
    expect(both[0]?.sha256).toBe(both[1]?.sha256);
    expect(downloads()).toBe(1);
  });

  it('is told with its digests, and with whoever must have signed it as devices check it', async () => {
    const { targets } = await admin.call(packageRoutes.list);
    const of = (format: string) => targets.flatMap(({ packages }) => packages).find((one) => one.format === format);
    expect(of('deb')?.publisher).toEqual({ checkedBy: 'digest-only', names: [] });
    expect(of('exe')?.publisher).toEqual({
      checkedBy: 'authenticode',
      names: trust.publishers.authenticodeOrganisations,
    });
    expect(of('pkg')?.publisher).toEqual({ checkedBy: 'apple-team', names: trust.publishers.appleTeamIds });
    expect(of('rpm')?.publisher.checkedBy).toBe('rpm-key');
    const packageId = await idOf('linux-x64-deb', '24.2.2.20');
    await fetched(packageId);
    const { packages } = targetOf(await admin.call(packageRoutes.list), 'linux-x64-deb');
    const { sha256 = null, sha1 = null } = packages.find((one) => one.packageId === packageId) ?? {};
    const bytes = readFileSync(join(world.directory, sha256 ?? ''));
    expect([sha256, sha1]).toEqual(['sha256', 'sha1'].map((name) => createHash(name).update(bytes).digest('hex')));
  });

  it('by one of several processes', async () => {
    const { store, clock } = world.side;
    const files = packageFiles(world.directory, 1024 ** 3);
    const changed = (): void => undefined;
    const sibling = createPackageCache({ store, clock, connections: world.operatorSide.connections, files, changed });
    const packageId = await idOf('linux-x64-deb', '24.2.2.20');
    await Promise.all([fetched(packageId), sibling.fetch(packageId).then(({ finished }) => finished)]);
    await sibling.close();
    expect(downloads()).toBe(1);
  });

  it('all that new installs would get, and nothing else', async () => {
    const { started } = await admin.call(packageRoutes.fetchWanted);
    expect(started).toBe(7);
    await expect
      .poll(async () => (await admin.call(packageRoutes.list)).targets.filter((row) => row.chosenPackageId === null), {
        timeout: 10_000,
      })
      .toEqual([]);
    expect(downloads()).toBe(7);
    expect((await admin.call(packageRoutes.fetchWanted)).started).toBe(0);
  });

  it.each(['altered', 'html', 'wrong-size', 'redirect', 'endless'] as const)(
    'not what is not the package: %s leaves no file and says so',
    async (downloadMode) => {
      vendor.settings.downloadMode = downloadMode;
      const packageId = await idOf('linux-x64-deb', '24.2.2.20');
      await fetched(packageId);
      const row = targetOf(await admin.call(packageRoutes.list), 'linux-x64-deb').packages.find(
        (one) => one.packageId === packageId,
      );
      expect(row).toMatchObject({ state: 'failed', sha256: null });
      expect(row?.problem?.code).toMatch(/^(download|sentinelone)\./);
      expect(readdirSync(world.directory).filter((name) => /^[0-9a-f]{64}$|incoming/.test(name))).toEqual([]);
    },
  );
});

describe('a list that changes', () => {
  it('a fetched build that SentinelOne lists no more goes on, and says that a successor is due', async () => {
    await fetched(await idOf('linux-x64-deb', '24.2.2.20'));
    vendor.tenant.packages = vendor.tenant.packages.filter(
      ({ fileName }) => !/linux_x86_64_v24_2_2_20.deb/.test(fileName),
    );
    await world.operatorSide.packages.refresh();
    const row = targetOf(await admin.call(packageRoutes.list), 'linux-x64-deb');
    expect(row.advice).toBe('no-longer-listed');
    expect(row.packages.find((one) => one.packageId === row.chosenPackageId)).toMatchObject({
      version: '24.2.2.20',
      listed: false,
      state: 'ready',
    });
  });

  it('one that was never fetched is gone, and says what else there is', async () => {
    vendor.tenant.packages = vendor.tenant.packages.filter(({ fileName }) => !/macos_v24_2_2_7632/.test(fileName));
    await world.operatorSide.packages.refresh();
    const row = targetOf(await admin.call(packageRoutes.list), 'macos');
    expect(row).toMatchObject({ advice: 'not-listed', newestGa: '25.1.2.7952', chosenPackageId: null });
  });

  it('a list that cannot be read is no broken connection', async () => {
    const answer = {
      status: 403,
      body: '{"errors":[{"code":4030010,"title":"Insufficient permissions"}]}',
      headers: {},
    };
    vendor.faults.push({ match: /update\/agent\/packages/, times: 1, answer });
    const list = await admin.call(packageRoutes.refresh);
    expect(list.problems).toMatchObject([{ connectionName: 'Main', problem: { code: 'sentinelone.permission' } }]);
    expect(targetOf(list, 'linux-x64-deb').packages.length).toBeGreaterThan(0);
    expect((await admin.call(connectionRoutes.list)).items[0]?.problem).toBeNull();
    expect((await admin.call(packageRoutes.refresh)).problems).toEqual([]);
  });
});

describe('a console that died while it fetched', () => {
  it('offers the package again at its next start: nobody else can be at it', async () => {
    const packageId = await idOf('linux-x64-deb', '24.2.2.20');
    const nowMs = world.nowMs;
    await world.store.write((db) => claimPackage(db, packageId, { nowMs, untilMs: nowMs + 3_600_000 }));
    await world.operatorSide.packages.recover();
    await fetched(packageId);
    const { packages } = targetOf(await admin.call(packageRoutes.list), 'linux-x64-deb');
    expect(packages.find((one) => one.packageId === packageId)?.state).toBe('ready');
  });
});

describe('the space of the console', () => {
  it('is told, freed on request, and never below what devices get now', async () => {
    const chosen = await idOf('linux-x64-deb', '24.2.2.20');
    const other = await idOf('linux-x64-rpm', '23.2.2.4');
    await fetched(chosen);
    await fetched(other);
    const before = await admin.call(packageRoutes.list);
    expect(before.cache.usedBytes).toBeGreaterThan(4_000);
    const digest = targetOf(before, 'linux-x64-rpm').packages.find((one) => one.packageId === other)?.sha256;
    expect(existsSync(join(world.directory, digest ?? ''))).toBe(true);
    expect(await codeOf(admin.call(packageRoutes.remove, { params: { packageId: chosen } }))).toBe('request.conflict');
    const after = await admin.call(packageRoutes.remove, { params: { packageId: other } });
    expect(existsSync(join(world.directory, digest ?? ''))).toBe(false);
    expect(targetOf(after, 'linux-x64-rpm').packages.find((one) => one.packageId === other)?.state).toBe('offered');
  });
});

describe('Macs', () => {
  it('G29: get a profile of compiled identifiers, as an attachment, for whoever is signed in', async () => {
    const anonymous = await world.operatorApp.inject({ method: 'GET', url: macosProfilePath });
    expect(anonymous.statusCode).toBe(401);
    const { items } = await admin.call(macosRoutes.steps);
    expect(items.length).toBeGreaterThan(3);
    const row = { method: 'GET', path: macosProfilePath, access: 'viewer', response: null } as const;
    const answer = await admin.raw(row);
    expect(answer.headers['content-disposition']).toBe('attachment; filename="sentinelone-macos.mobileconfig"');
    expect(answer.headers['content-type']).toContain('application/x-apple-aspen-config');
    expect(answer.body).toContain('com.sentinelone.sentineld');
    expect(answer.body).toContain('4AYE5J54KN');
  });
});
