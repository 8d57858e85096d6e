/** Two console processes on one PostgreSQL: one program each, as it is started in earnest; agents and people come to either. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { agentVersionRoutes, rolloutPlanSchema } from '#console/api/agent-versions.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { notificationRoutes } from '#console/api/notifications.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { createNotifications } from '#console/notify/notifications.ts';
import { createSealer } from '#console/secrets.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { opened } from '#test/console/notify/delivery.contract.ts';
import { overHttp, simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import type { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { TwoPrograms, type WatchedProgram } from '#test/worlds/fleet/two-programs.ts';
import { receiver } from '#test/worlds/receivers/webhook.ts';
import { release, writeRelease } from '#test/worlds/release/release.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { issueToken } from '#test/worlds/sentinelone/tenant.ts';

const inTime = { timeout: 15_000, interval: 50 };

let vendor: SentinelOneWorld;
let programs: TwoPrograms;
let here: OperatorClient;
let there: OperatorClient;
let connectionId: string;
let organisationId: string;
let enrolmentString: string;
beforeAll(async () => {
  vendor = await startSentinelOne({ decoys: false });
  programs = await TwoPrograms.start(new URL(vendor.url).host);
  const admin = await programs.one.signedIn();
  ({ organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Bakery' } }));
  ({ enrolmentString } = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } }));
  const enabling = { name: 'Main', address: vendor.url, apiToken: vendor.apiToken };
  ({ connectionId } = await admin.call(connectionRoutes.enable, { body: enabling }));
  const siteId = vendor.tenant.sites[0]?.id ?? '';
  await admin.call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId } });
  // As after *Start deployment*, which needs packages that nothing here is about.
  await programs.rows(`update organisations set mode = 'deploy', policy_version = policy_version + 1`);
}, 60_000);
afterAll(async () => {
  await programs.stop();
  await vendor.stop();
});
beforeEach(async () => {
  here = await programs.one.signedIn();
  there = await programs.two.signedIn();
});
/** Whoever was ended comes back. */
afterEach(async () => {
  for (const program of [programs.one, programs.two]) if (!program.runs()) await program.start();
});

async function device(program: WatchedProgram): Promise<SimulatedDevice> {
  const made = simulatedDevice(program.deviceUrl, enrolmentString);
  await made.enrol();
  await made.checkIn();
  return made;
}

/** A command request of the device that `program` holds. */
async function holds(program: WatchedProgram, of: SimulatedDevice) {
  const before = await program.held();
  const held = of.commands(60);
  held.catch(() => undefined);
  await expect.poll(() => program.held(), inTime).toBe(before + 1);
  return { answer: held };
}

const retry = (client: OperatorClient, { deviceId }: SimulatedDevice) =>
  client.call(deviceRoutes.command, { params: { deviceId }, body: { verb: 'retry' } });

describe('an agent at one process', () => {
  it('is woken within two seconds by Retry pressed on the other', async () => {
    const agent = await device(programs.one);
    const held = await holds(programs.one, agent);
    const pressedAt = performance.now();
    await retry(there, agent);
    expect((await held.answer).commands.map((command) => command.verb)).toEqual(['retry']);
    expect(performance.now() - pressedAt).toBeLessThan(2_000);
  });

  it('is answered when its process is told to end, and goes on at the other with the session it has', async () => {
    const agent = await device(programs.one);
    const held = await holds(programs.one, agent);
    programs.one.signal('SIGTERM');
    expect(await held.answer).toEqual({ commands: [], checkIn: false });
    expect(await programs.one.ended()).toEqual([0, null]);
    const { session } = agent;
    Object.assign(agent, { wire: overHttp(programs.two.deviceUrl) });
    agent.recordRaw('something-new', { answer: 1 });
    expect((await agent.checkIn()).acknowledged.seq).toBe(1);
    const again = await holds(programs.two, agent);
    await retry(there, agent);
    expect((await again.answer).commands).toHaveLength(1);
    expect(agent.session).toBe(session);
  });

  it('loses no command that was given while its process died', async () => {
    const agent = await device(programs.one);
    await holds(programs.one, agent);
    await programs.kill(programs.one);
    await retry(there, agent);
    Object.assign(agent, { wire: overHttp(programs.two.deviceUrl) });
    expect((await agent.commands()).commands.map((command) => command.verb)).toEqual(['retry']);
  });
});

const asked = () => vendor.requests.filter(({ url }) => url.endsWith('/generate-api-token')).length;
const renew = (client: OperatorClient) => client.call(connectionRoutes.renewToken, { params: { connectionId } });

async function connection() {
  const [row] = await programs.rows<{
    token_sealed: string;
    token_next_sealed: string | null;
    renewing_until: number | null;
    renewal_problem: string | null;
  }>('select * from connections');
  if (row === undefined) throw new Error('no connection');
  return row;
}

/** As if so much time had gone by for what is claimed. */
const letPass = (table: string, column: string, ms: number) =>
  programs.rows(`update ${table} set ${column} = ${column} - ${ms} where ${column} is not null`);

describe('an API token', () => {
  it('is renewed once when it is asked for at both processes in the same moment', async () => {
    const { token_sealed: before } = await connection();
    vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 400 } });
    await Promise.all([renew(here), renew(there)]);
    await expect.poll(async () => (await connection()).token_sealed, inTime).not.toBe(before);
    expect(asked()).toBe(1);
    expect(await connection()).toMatchObject({ token_next_sealed: null, renewal_problem: null });
    for (const client of [here, there])
      expect(await client.call(connectionRoutes.check, { params: { connectionId } })).toMatchObject({ problem: null });
  });

  it('that was made and kept when its process died is put in its place by the other, at once', async () => {
    await letPass('connections', 'renewed_at', 120_000);
    const before = asked();
    // The first look is at the old token; the second, at the new one, is not answered any more.
    vendor.faults.push({ match: /system\/info/, times: 1, answer: { delayMs: 0 } });
    vendor.faults.push({ match: /system\/info/, times: 1, answer: { delayMs: 30_000 } });
    renew(here).catch(() => undefined);
    await expect.poll(async () => (await connection()).token_next_sealed, inTime).not.toBeNull();
    await programs.kill(programs.one);
    vendor.faults.length = 0;
    await renew(there);
    expect(await connection()).toMatchObject({ token_next_sealed: null, renewal_problem: null });
    expect(asked()).toBe(before + 1);
    expect(await there.call(connectionRoutes.check, { params: { connectionId } })).toMatchObject({ problem: null });
  });

  it('that was lost with its process is told by the other as lost, when ten minutes are over', async () => {
    await letPass('connections', 'renewed_at', 120_000);
    const before = asked();
    vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 400 } });
    renew(here).catch(() => undefined);
    await expect.poll(asked, inTime).toBe(before + 1);
    await programs.kill(programs.one);
    // What SentinelOne does in that moment: the old token is dead, and nobody has heard the new one.
    const [user] = vendor.tenant.users;
    if (user === undefined) throw new Error('no user');
    user.apiToken = issueToken(Date.now());
    const claimedFor = ((await connection()).renewing_until ?? 0) - Date.now();
    expect(claimedFor).toBeGreaterThan(0);
    expect(claimedFor).toBeLessThanOrEqual(600_000);
    await renew(there).catch(() => undefined);
    expect(asked()).toBe(before + 1);
    await letPass('connections', 'renewing_until', 600_000);
    await renew(there).catch(() => undefined);
    expect(asked()).toBe(before + 1);
    expect((await connection()).renewal_problem).toContain('sentinelone.token-lost');
    const mended = { params: { connectionId }, body: { apiToken: user.apiToken.value } };
    expect(await there.call(connectionRoutes.replaceToken, mended)).toMatchObject({ problem: null });
  });
});

describe('what a process had begun when it was killed', () => {
  it('a webhook is sent again by the other, under the same id, when two minutes are over', async () => {
    const hook = await receiver();
    hook.answer = 'silence';
    await here.call(notificationRoutes.create, { body: { kind: 'webhook', name: 'Chat', url: hook.url } });
    programs.two.signal('SIGSTOP');
    await tellOfAlert();
    await expect.poll(() => hook.received.length, inTime).toBeGreaterThan(0);
    await programs.kill(programs.one);
    programs.two.signal('SIGCONT');
    hook.answer = { status: 204 };
    const [target] = await programs.rows<{ busy_until: number }>('select * from notification_targets');
    const claimedFor = (target?.busy_until ?? 0) - Date.now();
    expect(claimedFor).toBeGreaterThan(60_000);
    expect(claimedFor).toBeLessThanOrEqual(120_000);
    await letPass('notification_targets', 'busy_until', 120_000);
    const sent = (): unknown[] => hook.received.map(({ headers }) => headers['webhook-id']);
    await expect.poll(() => sent().filter((id) => id === sent()[0]).length, inTime).toBe(2);
    expect(sent()[0]).toMatch(/^\w+$/);
    await hook.close();
  });

  it(
    'a version of the agent goes on being spread by the other, and no device is told twice',
    { timeout: 60_000 },
    async () => {
      const agents = await Promise.all(Array.from({ length: 12 }, () => device(programs.one)));
      await importVersion('0.2.0');
      programs.two.signal('SIGSTOP');
      // Somebody else writes to one of the devices; whoever spreads the version stops there.
      const release = await programs.lock('select 1 from devices where device_id = $1 for update', [
        agents.map((one) => one.deviceId).toSorted((a, b) => (a < b ? -1 : 1))[6],
      ]);
      const params = { organisationId };
      const { devices } = await here.call(agentVersionRoutes.preview, { params, query: { version: '0.2.0' } });
      const plan = rolloutPlanSchema.parse({ steps: [100] });
      await here.call(agentVersionRoutes.start, { params, body: { version: '0.2.0', plan, devices } });
      const told = async (): Promise<string[]> =>
        (await programs.rows<{ device_id: string }>(`select device_id from commands where verb = 'update-self'`)).map(
          (row) => row.device_id,
        );
      await expect.poll(async () => (await told()).length, inTime).toBeGreaterThan(0);
      await expect.poll(() => programs.waiting(), inTime).toBeGreaterThan(0);
      await programs.kill(programs.one);
      const before = (await told()).length;
      expect(before).toBeLessThan(devices);
      programs.two.signal('SIGCONT');
      await release();
      await expect.poll(async () => (await told()).length, inTime).toBe(devices);
      expect(new Set(await told()).size).toBe(devices);
    },
  );
});

async function tellOfAlert(): Promise<void> {
  const store = await openPostgres(programs.database.url);
  const settings = { version: '', origins: ['http://127.0.0.1:8441'], secureCookies: false, webDirectory: null };
  const notifications = createNotifications({
    store,
    sealer: createSealer(programs.keyFile),
    clock: { now: () => Date.now() },
    random: () => 0.5,
    settings,
  });
  await store.write((db) => notifications.tell(db, opened(1)));
  await store.close();
}

async function importVersion(version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'garrison-release-'));
  writeRelease(folder, new Map([['garrison-agent-linux-x64', Buffer.from('agent')]]), release({ version }));
  await programs.one.done(['release', 'add', folder]);
  rmSync(folder, { recursive: true, force: true });
}
