import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Secret, TOTP } from 'otpauth';
import { connectionRoutes } from '#console/api/connections.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { judge, judgementPolicy } from '#installers/antivirus/judge.ts';
import { antivirusPolicySchema } from '#protocol/assignment.ts';
import { failed as unreadable, linux, ok, service } from '#test/installers/antivirus/inventories.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { overviewRoutes } from '#console/api/overview.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';
import { activityRoutes } from '#console/api/activity.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { newOperatorRow, offerFirstAdministrator } from '#console/auth/operators.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import type { Hint } from '#console/api/stream.ts';
import { operatorScope } from '#console/auth/scope.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { ConsoleWorld, origin, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
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

async function operator(
  name: string,
  role: 'viewer' | 'operator' | 'admin',
  organisationIds: string[] | null,
): Promise<OperatorClient> {
  const row = await newOperatorRow({ name, password, role }, world.nowMs);
  const organisations = organisationIds === null ? null : JSON.stringify(organisationIds);
  await world.store.write((db) => addOperator(db, { ...row, organisations }));
  return OperatorClient.signedIn(world.operatorApp, name, password);
}

async function organisation(name: string): Promise<string> {
  return (await admin.call(organisationRoutes.create, { body: { name } })).organisationId;
}

async function device(organisationId: string, options = {}): Promise<SimulatedDevice> {
  const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const one = simulatedDevice(world.app, made.enrolmentString, { now: () => world.nowMs, ...options });
  await one.enrol();
  await one.checkIn();
  return one;
}

async function connected(): Promise<string> {
  const body = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  const { connectionId } = await admin.call(connectionRoutes.enable, { body });
  await world.operatorSide.packages.refresh();
  return connectionId;
}

async function mappedTo(organisationId: string, siteName = 'Acme Branch'): Promise<string> {
  const connectionId = await connected();
  const { items } = await admin.call(connectionRoutes.sites, { params: { connectionId } });
  const siteId = items.find((site) => site.name === siteName)?.siteId ?? '';
  await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  return connectionId;
}

async function fetched(target = 'linux-x64-deb'): Promise<string> {
  const list = await admin.call(packageRoutes.list);
  const row = list.targets.find((one) => one.target === target)?.packages.find((one) => one.version === '24.2.2.20');
  const { finished } = await world.operatorSide.packages.fetch(row?.packageId ?? '');
  await finished;
  return row?.packageId ?? '';
}

const observedAt = '2026-03-01T10:00:00.000Z';
const absent = {
  state: 'absent' as const,
  version: null,
  serviceRunning: null,
  enabled: null,
  connected: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
  detail: [],
};
const clean = { blocking: [], reported: [], failedProbes: [] };
const ready = { product: { observedAt, value: absent }, antivirus: { observedAt, value: clean } };

describe('signing in (G22)', () => {
  it('answers a wrong name, password and code alike, and slows guessing down', async () => {
    const nobody = new OperatorClient(world.operatorApp);
    expect(await refusal(nobody.signIn('ann', 'wrong password'))).toBe('401 auth.refused');
    expect(await refusal(nobody.signIn('nobody', password))).toBe('401 auth.refused');
    for (let tries = 0; tries < 9; tries += 1) await refusal(nobody.signIn('ann', 'wrong password'));
    expect(await refusal(nobody.signIn('ann', password))).toBe('429 rate-limited');
    world.nowMs += 16 * 60_000;
    expect(await refusal(nobody.signIn('ann', password))).toBe('no refusal');
  });

  it('G22: takes a code of the authenticator once', async () => {
    const secret = new Secret({ size: 20 }).base32;
    const row = await newOperatorRow({ name: 'tess', password, role: 'viewer' }, world.nowMs);
    const place = { table: 'operators', row: row.operator_id, field: 'totp_sealed' };
    await world.store.write((db) => addOperator(db, { ...row, totp_sealed: world.sealer.seal(place, secret) }));
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: world.nowMs });
    const client = new OperatorClient(world.operatorApp);
    await expect(client.signIn('tess', password)).rejects.toThrow('code-required');
    expect(await refusal(client.signIn('tess', password, '000000'))).toBe('401 auth.refused');
    expect(await refusal(client.signIn('tess', password, code))).toBe('no refusal');
    expect(await refusal(client.signIn('tess', password, code))).toBe('401 auth.refused');
  });

  it('keeps a session in a strict cookie that no script reads, until signed out or idle', async () => {
    const answer = await admin.raw(sessionRoutes.signIn, { body: { name: 'ann', password } });
    const [cookie] = answer.cookies;
    expect(cookie).toMatchObject({ name: 'garrison', httpOnly: true, sameSite: 'Strict', path: '/' });
    await admin.call(sessionRoutes.signOut);
    expect(await refusal(admin.call(organisationRoutes.list))).toBe('401 auth.required');
    await admin.signIn('ann', password);
    world.nowMs += 3 * 3_600_000;
    expect(await refusal(admin.call(organisationRoutes.list))).toBe('401 auth.required');
  });

  it('G22: makes the first administrator with the link, once', async () => {
    const fresh = await ConsoleWorld.start();
    try {
      const client = new OperatorClient(fresh.operatorApp);
      expect(await client.call(sessionRoutes.read)).toEqual({ kind: 'no-administrator' });
      const secret = await fresh.store.write((db) => offerFirstAdministrator(db));
      const body = { secret, name: 'first', password };
      expect(await refusal(client.call(sessionRoutes.firstAdministrator, { body: { ...body, secret: 'AAAA' } }))).toBe(
        '403 auth.forbidden',
      );
      expect(await client.call(sessionRoutes.firstAdministrator, { body })).toMatchObject({
        kind: 'signed-in',
        operator: { role: 'admin' },
      });
      const again = { ...body, name: 'second' };
      expect(await refusal(client.call(sessionRoutes.firstAdministrator, { body: again }))).toBe('403 auth.forbidden');
      await client.signIn('first', password);
      const { items } = await client.call(activityRoutes.list);
      expect(items.map(({ who, what }) => [who, what])).toEqual([
        ['operator:first', 'operator.signed-in'],
        ['operator:first', 'operator.signed-in'],
        ['console:first-administrator', 'operator.made'],
      ]);
    } finally {
      await fresh.stop();
    }
  });

  it('changes nothing without the origin of the page and the token of the session', async () => {
    const body = { name: 'Bakery' };
    const foreign = { origin: 'http://evil.test' };
    expect(await refusal(admin.call(organisationRoutes.create, { body, headers: foreign }))).toBe('403 auth.forbidden');
    const csrf = admin.csrf;
    admin.csrf = 'guess';
    expect(await refusal(admin.call(organisationRoutes.create, { body }))).toBe('403 auth.forbidden');
    admin.csrf = csrf;
    expect(await refusal(admin.call(organisationRoutes.create, { body }))).toBe('no refusal');
    const signIn = { body: { name: 'ann', password }, headers: foreign };
    expect((await admin.raw(sessionRoutes.signIn, signIn)).statusCode).toBe(403);
  });

  // Three roles ask every route, which takes its time on a busy machine.
  it('lets each role do what is its own, on every route', async () => {
    const viewer = await operator('vera', 'viewer', null);
    const worker = await operator('otto', 'operator', null);
    const rows: Route[] = Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes));
    const nobody = new OperatorClient(world.operatorApp);
    for (const row of rows.filter((one) => one.access !== 'public' && one.path !== '/api/session')) {
      expect([row.path, (await nobody.raw(row)).statusCode]).toEqual([row.path, 401]);
      if (row.access !== 'viewer') expect([row.path, (await viewer.raw(row)).statusCode]).toEqual([row.path, 403]);
      if (row.access === 'admin') expect([row.path, (await worker.raw(row)).statusCode]).toEqual([row.path, 403]);
    }
  }, 60_000);
});

describe('organisations apart (G9)', () => {
  it('G9: what belongs to another one is missing, in every list, counter and change', async () => {
    const bakery = await organisation('Bakery');
    const foundry = await organisation('Foundry');
    const mine = await device(bakery);
    const foreign = await device(foundry);
    const limited = await operator('lisa', 'admin', [bakery]);
    const params = { deviceId: foreign.deviceId };
    const missing = '404 not-found';
    expect(await refusal(limited.call(deviceRoutes.read, { params }))).toBe(missing);
    expect(await refusal(limited.call(deviceRoutes.read, { params: { deviceId: 'dev_none' } }))).toBe(missing);
    expect(await refusal(limited.call(deviceRoutes.timeline, { params }))).toBe(missing);
    expect(await refusal(limited.call(deviceRoutes.command, { params, body: { verb: 'check' } }))).toBe(missing);
    expect(await refusal(limited.call(deviceRoutes.remove, { params }))).toBe(missing);
    expect(await refusal(limited.call(organisationRoutes.read, { params: { organisationId: foundry } }))).toBe(missing);
    const mode = { params: { organisationId: foundry }, body: { mode: 'paused' } };
    expect(await refusal(limited.call(organisationRoutes.setMode, mode))).toBe(missing);
    expect(await refusal(limited.call(enrolmentKeyRoutes.create, { body: { organisationId: foundry } }))).toBe(missing);
    const exception = {
      scope: { kind: 'device', deviceId: foreign.deviceId },
      subject: { kind: 'product', productId: 'clamav' },
      days: 3,
      reason: 'x',
    };
    expect(await refusal(limited.call(exceptionRoutes.add, { body: exception }))).toBe(missing);
    const list = await limited.call(deviceRoutes.list);
    expect(list.items.map((row) => row.deviceId)).toEqual([mine.deviceId]);
    expect((await limited.call(deviceRoutes.counts)).devices).toBe(1);
    expect((await limited.call(overviewRoutes.read)).devices).toBe(1);
    expect((await limited.call(organisationRoutes.list)).items.map((row) => row.name)).toEqual(['Bakery']);
    expect((await limited.call(enrolmentKeyRoutes.list)).items).toHaveLength(1);
    expect((await limited.call(deviceRoutes.list, { query: { organisationId: foundry } })).items).toEqual([]);
  });

  it('G16: connections and packages are for administrators of everything', async () => {
    const bakery = await organisation('Bakery');
    const limited = await operator('lisa', 'admin', [bakery]);
    const body = { name: 'Evil', address: vendor.url, apiToken: vendor.apiToken };
    expect(await refusal(limited.call(connectionRoutes.enable, { body }))).toBe('403 auth.forbidden');
    expect(await refusal(limited.call(packageRoutes.refresh))).toBe('403 auth.forbidden');
    await connected();
    expect((await limited.call(connectionRoutes.list)).items).toEqual([]);
    await mappedAlready(bakery);
    expect((await limited.call(connectionRoutes.list)).items).toHaveLength(1);
  });

  async function mappedAlready(organisationId: string): Promise<void> {
    const [connection] = (await admin.call(connectionRoutes.list)).items;
    const connectionId = connection?.connectionId ?? '';
    const { items } = await admin.call(connectionRoutes.sites, { params: { connectionId } });
    const body = { connectionId, siteId: items[0]?.siteId ?? '' };
    await admin.call(mappingRoutes.choose, { params: { organisationId }, body });
  }

  it('G9: hints reach only those who may see the organisation', () => {
    const got: Record<string, Hint[]> = { limited: [], all: [] };
    const listen = (name: string, organisationIds: string[] | null): (() => void) =>
      world.operatorSide.hints.subscribe({
        scope: operatorScope({ name, organisationIds }),
        operatorId: name,
        send: (hint) => got[name]?.push(hint),
        check: () => got[name]?.push({ topic: 'connections', id: null }),
        end: () => got[name]?.push({ topic: 'connections', id: null }),
      });
    listen('limited', ['org_a']);
    listen('all', null);
    world.operatorSide.hints.publish({ topic: 'device', id: 'dev_1' }, 'org_b');
    world.operatorSide.hints.publish({ topic: 'packages', id: null }, null);
    expect(got['limited']).toEqual([{ topic: 'packages', id: null }]);
    expect(got['all']).toHaveLength(2);
    world.operatorSide.hints.recheck('limited');
    expect(got['limited']?.at(-1)).toEqual({ topic: 'connections', id: null });
  });
});

describe('install keys (G13)', () => {
  it('are shown once with a command that keeps them out of the process list', async () => {
    const organisationId = await organisation('Bakery');
    const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId, usesMax: 1 } });
    expect(made.key).toMatchObject({ state: 'active', uses: 0, usesMax: 1 });
    expect(Date.parse(made.key.expiresAt) - world.nowMs).toBe(7 * 86_400_000);
    expect(made.commands[0]?.command).toMatch(/^printf '%s' 'garrison1\.[\w-]+' \| sudo garrison-agent enrol$/);
    await simulatedDevice(world.app, made.enrolmentString).enrol();
    const listed = (await admin.call(enrolmentKeyRoutes.list)).items[0];
    expect(listed?.state).toBe('used-up');
    const revoked = await admin.call(enrolmentKeyRoutes.revoke, { params: { keyId: made.key.keyId } });
    expect(revoked.state).toBe('revoked');
  });
});

describe('SentinelOne connections (G16)', () => {
  it('are checked before they are stored, and the API token never comes out', async () => {
    const wrong = { name: 'Main', address: vendor.url, apiToken: 'A'.repeat(80) };
    expect(await refusal(admin.call(connectionRoutes.enable, { body: wrong }))).toMatch(/sentinelone\.token-refused/);
    await connected();
    const answer = await admin.raw(connectionRoutes.list);
    expect(answer.body).not.toContain(vendor.apiToken);
    expect(JSON.stringify(await world.store.read.selectFrom('connections').selectAll().execute())).not.toContain(
      vendor.apiToken,
    );
    expect(connectionRoutes.list.response.parse(answer.json()).items[0]).toMatchObject({
      problem: null,
      sites: 3,
      host: new URL(vendor.url).host,
    });
    const again = { name: 'Again', address: `${vendor.url}/login?x=1`, apiToken: vendor.apiToken };
    expect(await refusal(admin.call(connectionRoutes.enable, { body: again }))).toBe('409 request.conflict');
  });

  it('show a lost token as their problem', async () => {
    const connectionId = await connected();
    for (const user of vendor.tenant.users) user.apiToken = null;
    const checked = await admin.call(connectionRoutes.check, { params: { connectionId } });
    expect(checked.problem?.code).toBe('sentinelone.token-refused');
  });

  it('of a console that devices would refuse say what to do', async () => {
    const other = await startSentinelOne();
    try {
      const body = { name: 'Other', address: other.url, apiToken: other.apiToken };
      const row = await admin.call(connectionRoutes.enable, { body });
      expect(row.problem).toMatchObject({
        code: 'token.tenant-not-pinned',
        detail: expect.stringContaining('add-vendor-host'),
      });
      const organisationId = await organisation('Bakery');
      const { connectionId } = row;
      const { items } = await admin.call(connectionRoutes.sites, { params: { connectionId } });
      const choice = { params: { organisationId }, body: { connectionId, siteId: items[0]?.siteId ?? '' } };
      expect(await refusal(admin.call(mappingRoutes.choose, choice))).toBe('409 token.tenant-not-pinned');
    } finally {
      await other.stop();
    }
  });
});

describe('mappings', () => {
  it('suggest the site of the same name, and save only what was chosen', async () => {
    const organisationId = await organisation('Acme-Branch');
    await connected();
    const before = (await admin.call(mappingRoutes.list)).items[0];
    expect(before).toMatchObject({
      status: 'needs-confirmation',
      site: null,
      suggestion: { why: 'same-name', site: { siteName: 'Acme Branch' } },
    });
    const site = before?.suggestion?.site;
    const body = { connectionId: site?.connectionId, siteId: site?.siteId };
    const after = await admin.call(mappingRoutes.choose, { params: { organisationId }, body });
    expect(after).toMatchObject({ status: 'mapped', site: { siteName: 'Acme Branch' }, suggestion: null });
  });

  it('need confirmation when their site was renamed, and again after that', async () => {
    const organisationId = await organisation('Bakery');
    const connectionId = await mappedTo(organisationId);
    const branch = vendor.tenant.sites.find((site) => site.name === 'Acme Branch');
    if (branch !== undefined) branch.name = 'Acme Renamed';
    await admin.call(connectionRoutes.refreshSites, { params: { connectionId } });
    const [row] = (await admin.call(mappingRoutes.list)).items;
    expect(row).toMatchObject({ status: 'needs-confirmation', concern: 'site-renamed' });
    const body = { connectionId, siteId: row?.site?.siteId };
    expect(await admin.call(mappingRoutes.choose, { params: { organisationId }, body })).toMatchObject({
      status: 'mapped',
    });
  });
});

describe('packages', () => {
  it('list every target, fetch into the cache, and reach devices that were told to deploy', async () => {
    const organisationId = await organisation('Bakery');
    await mappedTo(organisationId);
    const list = await admin.call(packageRoutes.list);
    expect(list.targets).toHaveLength(7);
    const packageId = await fetched();
    const after = await admin.call(packageRoutes.list);
    const deb = after.targets.find((one) => one.target === 'linux-x64-deb');
    expect(deb?.packages.find((one) => one.packageId === packageId)).toMatchObject({
      state: 'ready',
      publisher: { checkedBy: 'digest-only', names: [] },
      source: 'baseline',
    });
    expect(deb?.chosenPackageId).toBe(packageId);
    const one = await device(organisationId);
    const candidate = one.assignment?.candidates[0];
    expect(candidate).toMatchObject({ version: '24.2.2.20', source: 'baseline' });
    const file = await one.package(candidate?.sha256 ?? '');
    expect(file.body.length).toBe(candidate?.sizeBytes);
  });

  it('take an upload that is what its name says, and refuse one that is not', async () => {
    const query = { target: 'linux-x64-deb', fileName: 'SentinelAgent_linux_x86_64_v25_1_2_3.deb' };
    const headers = { 'content-type': 'application/octet-stream' };
    const body = Buffer.concat([Buffer.from('!<arch>\ndebian-binary   '), Buffer.alloc(5000, 1)]);
    const row = await admin.call(packageRoutes.upload, { query, body, headers });
    expect(row).toMatchObject({ state: 'ready', version: '25.1.2.3', source: 'upload', sizeBytes: body.length });
    const fake = { query, body: Buffer.from('MZ not a deb at all'), headers };
    expect(await refusal(admin.call(packageRoutes.upload, fake))).toBe('422 package.unreadable');
    const misnamed = { query: { ...query, fileName: 'setup.exe' }, body, headers };
    expect(await refusal(admin.call(packageRoutes.upload, misnamed))).toBe('422 package.wrong-product');
  });

  it('change assignments with the version policy', async () => {
    const organisationId = await organisation('Bakery');
    const one = await device(organisationId);
    await admin.call(packageRoutes.setVersionPolicy, { body: { kind: 'exact', version: '25.1.2.3' } });
    await one.checkIn();
    expect(one.assignment?.versionPolicy).toEqual({ kind: 'exact', version: '25.1.2.3' });
  });
});

describe('start deployment', () => {
  it('shows first what would happen, and starts only what was shown', async () => {
    const organisationId = await organisation('Bakery');
    const params = { organisationId };
    expect((await admin.call(organisationRoutes.previewDeployment, { params })).hindrance).toBe('no-site');
    await mappedTo(organisationId);
    await fetched();
    const [first, second, third, fourth] = [
      await device(organisationId, { machine: { hostname: 'one' } }),
      await device(organisationId, { machine: { hostname: 'two' } }),
      await device(organisationId, {
        machine: { hostname: 'three', os: 'macos', version: '26.0', target: 'macos', architecture: 'arm64' },
      }),
      await device(organisationId, { machine: { hostname: 'four' } }),
    ];
    const conflict = {
      productId: 'sophos',
      name: 'Sophos',
      version: null,
      state: 'active' as const,
      evidence: [],
      remedy: '',
    };
    first.report = ready;
    second.report = { ...ready, antivirus: { observedAt, value: { ...clean, blocking: [conflict] } } };
    third.report = ready;
    fourth.report = { ...ready, product: { observedAt, value: { ...absent, state: 'present', version: '24.2.2.20' } } };
    for (const one of [first, second, third, fourth]) await one.checkIn();
    await device(organisationId, { machine: { hostname: 'five' } });
    const preview = await admin.call(organisationRoutes.previewDeployment, { params });
    expect(preview).toMatchObject({ installs: 1, devices: 5, hindrance: null, siteName: 'Acme Branch' });
    expect(Object.fromEntries(preview.counts.map((row) => [row.outcome, row.devices]))).toEqual({
      install: 1,
      'already-installed': 1,
      'other-antivirus': 1,
      unsupported: 1,
      'not-checked': 1,
    });
    expect(preview.packages).toEqual([{ target: 'linux-x64-deb', version: '24.2.2.20', devices: 1 }]);
    expect(await refusal(admin.call(organisationRoutes.startDeployment, { params, body: { installs: 4 } }))).toBe(
      '409 request.conflict',
    );
    const started = await admin.call(organisationRoutes.startDeployment, { params, body: { installs: 1 } });
    expect(started.mode).toBe('deploy');
    await first.checkIn();
    expect(first.assignment).toMatchObject({ mode: 'deploy', slot: 'none' });
    expect(await first.askForTurn()).toBe(true);
    const branch = vendor.tenant.sites.find((site) => site.name === 'Acme Branch');
    expect(await first.siteToken()).toBe(vendor.registrationToken(branch?.id ?? ''));
    expect((await admin.call(organisationRoutes.previewDeployment, { params })).hindrance).toBe('already-deploying');
  });

  it('counts an exception of the operator as given', async () => {
    const organisationId = await organisation('Bakery');
    await mappedTo(organisationId);
    await fetched();
    const one = await device(organisationId);
    const conflict = {
      productId: 'clamav',
      name: 'ClamAV',
      version: null,
      state: 'active' as const,
      evidence: [],
      remedy: '',
    };
    one.report = { ...ready, antivirus: { observedAt, value: { ...clean, blocking: [conflict] } } };
    await one.checkIn();
    const body = {
      scope: { kind: 'device', deviceId: one.deviceId },
      subject: { kind: 'product', productId: 'clamav' },
      days: 30,
      reason: 'mail server',
    };
    const exception = await admin.call(exceptionRoutes.add, { body });
    await one.checkIn();
    expect(one.assignment?.antivirus.exceptions).toMatchObject([
      { productId: 'clamav', expiresAt: exception.expiresAt },
    ]);
    const params = { organisationId };
    expect((await admin.call(organisationRoutes.previewDeployment, { params })).installs).toBe(1);
    const detail = await admin.call(deviceRoutes.read, { params: { deviceId: one.deviceId } });
    expect(detail.exceptions).toMatchObject([{ reason: 'mail server', createdBy: 'ann' }]);
    await admin.call(exceptionRoutes.remove, { params: { exceptionId: exception.exceptionId } });
    expect((await admin.call(organisationRoutes.previewDeployment, { params })).installs).toBe(0);
  });

  it('carries exceptions and waivers to the device, which believes them for as long as they last', async () => {
    const organisationId = await organisation('Bakery');
    await mappedTo(organisationId);
    const one = await device(organisationId);
    const scope = { kind: 'device', deviceId: one.deviceId };
    const add = (subject: object) =>
      admin.call(exceptionRoutes.add, { body: { scope, subject, days: 2, reason: 'mail server' } });
    await add({ kind: 'product', productId: 'clamav' });
    const waiver = await add({ kind: 'probe', probe: 'packages' });
    const listed = (await admin.call(exceptionRoutes.list)).items;
    const told = listed.map(({ name, organisation: { name: where }, device: on }) => `${name} ${where} ${on?.id}`);
    expect(new Set(told)).toEqual(new Set([`ClamAV Bakery ${one.deviceId}`, `packages Bakery ${one.deviceId}`]));
    await one.checkIn();
    const found = detect(
      linux({ packages: unreadable(), services: ok([service('clamav-daemon.service')]) }),
      catalogue,
    );
    const policy = judgementPolicy(antivirusPolicySchema.parse(one.assignment?.antivirus));
    const at = (ms: number) => judge(found, policy, ms).verdict;
    expect([at(world.nowMs), at(Date.parse(waiver.expiresAt) - 1), at(Date.parse(waiver.expiresAt))]).toEqual([
      'clear',
      'clear',
      'blocked',
    ]);
    await admin.call(exceptionRoutes.remove, { params: { exceptionId: waiver.exceptionId } });
    await one.checkIn();
    const left = judgementPolicy(antivirusPolicySchema.parse(one.assignment?.antivirus));
    expect(judge(found, left, world.nowMs).verdict).toBe('unknown');
    const longer = { scope, subject: { kind: 'product', productId: 'eset' }, days: 31, reason: 'for ever' };
    expect(await refusal(admin.call(exceptionRoutes.add, { body: longer }))).toBe('400 request.invalid');
  });
});

describe('devices', () => {
  it('are listed in pages, whatever they are sorted by, without doubles or holes', async () => {
    const organisationId = await organisation('Bakery');
    for (const hostname of ['c', 'a', 'b', 'A%', 'e']) await device(organisationId, { machine: { hostname } });
    for (const sort of ['name', 'state', 'last-seen']) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const query = { sort, limit: 2, ...(after === undefined ? {} : { after }) };
        const page = await admin.call(deviceRoutes.list, { query });
        seen.push(...page.items.map((row) => row.hostname));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen.toSorted()).toEqual(['A%', 'a', 'b', 'c', 'e']);
    }
    expect((await admin.call(deviceRoutes.list, { query: { search: '%' } })).items.map((row) => row.hostname)).toEqual([
      'A%',
    ]);
    expect(await refusal(admin.call(deviceRoutes.list, { query: { after: 'x' } }))).toBe('400 request.invalid');
  });

  it('that fell silent are counted as such and not by their last word', async () => {
    const organisationId = await organisation('Bakery');
    const one = await device(organisationId);
    one.state = { kind: 'protected', version: '24.2.2.20', since: observedAt, notes: [] };
    await one.checkIn();
    expect((await admin.call(deviceRoutes.counts)).counts).toEqual([{ state: 'protected', devices: 1 }]);
    world.nowMs += 16 * 60_000;
    await world.sweep();
    expect((await admin.call(deviceRoutes.counts)).counts).toEqual([{ state: 'not-reporting', devices: 1 }]);
    expect((await admin.call(deviceRoutes.list, { query: { state: 'protected' } })).items).toEqual([]);
    const [row] = (await admin.call(deviceRoutes.list, { query: { state: 'not-reporting' } })).items;
    expect(row?.notReportingSince).not.toBeNull();
    expect((await admin.call(deviceRoutes.list, { query: { silentHours: 1 } })).items).toEqual([]);
    world.nowMs += 3_600_000;
    expect((await admin.call(deviceRoutes.list, { query: { silentHours: 1 } })).items).toHaveLength(1);
    await one.connect();
    await one.checkIn();
    await world.side.memory.flush();
    await world.sweep();
    expect((await admin.call(deviceRoutes.counts)).counts).toEqual([{ state: 'protected', devices: 1 }]);
  });

  it('take Retry only where it can do something, and show how far it came', async () => {
    const organisationId = await organisation('Bakery');
    const one = await device(organisationId);
    const params = { deviceId: one.deviceId };
    const retry = { params, body: { verb: 'retry' } };
    expect((await admin.call(deviceRoutes.read, { params })).refusals).toEqual({
      retry: 'watching',
      check: null,
      cancel: 'no-restart',
    });
    expect(await refusal(admin.call(deviceRoutes.command, retry))).toBe('409 request.conflict');
    await mappedTo(organisationId);
    await world.mode(organisationId, 'deploy');
    const given = await admin.call(deviceRoutes.command, retry);
    expect(given).toMatchObject({ verb: 'retry', requestedBy: 'ann', receivedAt: null, result: null });
    const { commands } = await one.commands();
    expect(commands.map((command) => command.commandId)).toEqual([given.commandId]);
    one.record('command-received', { commandId: given.commandId, verb: 'retry' });
    one.record('command-executed', { commandId: given.commandId, verb: 'retry', result: 'joined', fault: null });
    await one.checkIn();
    const [shown] = (await admin.call(deviceRoutes.commands, { params })).items;
    expect(shown).toMatchObject({ commandId: given.commandId, result: 'joined' });
    const page = await admin.call(deviceRoutes.timeline, { params, query: { limit: 1 } });
    expect(page.items[0]?.kind).toBe('command-executed');
    const next = await admin.call(deviceRoutes.timeline, { params, query: { limit: 1, after: page.next ?? '' } });
    expect(next.items[0]?.kind).toBe('command-received');
  });

  it('show attempts folded from their events', async () => {
    const one = await device(await organisation('Bakery'));
    one.recordRaw('attempt-ended', { attempt: 1, result: 'failed', fault: null, nextAttemptAt: null });
    await one.checkIn();
    const { items } = await admin.call(deviceRoutes.attempts, { params: { deviceId: one.deviceId } });
    expect(items).toMatchObject([{ attempt: 1, result: 'failed' }]);
  });

  it('G24: removed ones are gone at once, from the list and from the wire', async () => {
    const one = await device(await organisation('Bakery'));
    const params = { deviceId: one.deviceId };
    expect(await refusal(admin.call(deviceRoutes.remove, { params }))).toBe('no refusal');
    expect((await admin.call(deviceRoutes.list)).items).toEqual([]);
    await expect(one.checkIn()).rejects.toThrow('identity.revoked');
    expect(await refusal(admin.call(deviceRoutes.read, { params }))).toBe('404 not-found');
  });
});

describe('the page and its record', () => {
  it('is served with a policy that allows no foreign script, and nothing is cached', async () => {
    const answer = await admin.raw(organisationRoutes.list);
    expect(answer.headers['content-security-policy']).toContain("script-src 'self'");
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    expect((await admin.app.inject({ url: '/nowhere' })).statusCode).toBe(404);
  });

  it('streams hints to a signed-in page and ends with its session', async () => {
    await world.operatorApp.listen({ port: 0, host: '127.0.0.1' });
    const address = world.operatorApp.server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const url = `http://127.0.0.1:${port}/api/stream`;
    expect((await fetch(url)).status).toBe(401);
    const answer = await fetch(url, { headers: { cookie: admin.cookie } });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (what: string): Promise<void> => {
      while (!text.includes(what)) text += (await reader?.read())?.value ?? '';
    };
    await until('retry:');
    const organisationId = await organisation('Bakery');
    await until('"topic":"organisations"');
    const one = await device(organisationId);
    await until(`{"topic":"device","id":"${one.deviceId}"}`);
    expect(text).not.toContain(organisationId);
    await admin.call(sessionRoutes.signOut);
    await until('event: session-ended');
  });

  it('writes down who did what, in a chain that shows every change (G21)', async () => {
    await device(await organisation('Bakery'));
    const key = world.sealer.subkey('audit');
    expect(await verifyAudit(world.store.read, key)).toBeNull();
    const actions = (await world.store.read.selectFrom('audit').select('action').execute()).map((row) => row.action);
    expect(actions).toEqual(
      expect.arrayContaining(['operator.signed-in', 'organisation.made', 'install-key.made', 'device.enrolled']),
    );
    await world.store.write((db) =>
      db.updateTable('audit').set({ actor: 'operator:somebody' }).where('number', '=', 2).execute(),
    );
    expect(await verifyAudit(world.store.read, key)).toBe(2);
  });

  it('has only this console’s page as origin', () => {
    expect(world.operatorSide.settings.origins).toEqual([origin]);
    expect(scope.organisations).toBe('all');
  });
});
