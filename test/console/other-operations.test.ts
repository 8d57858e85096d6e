/** Operations of the operator API that no other test gets a success from. */
import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountRoutes } from '#console/api/account.ts';
import { alertRoutes } from '#console/api/alerts.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { retentionRoutes } from '#console/api/retention.ts';
import { route } from '#console/api/route.ts';
import { streamPath } from '#console/api/stream.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';

let operated: Operated;
beforeEach(async () => {
  operated = await Operated.start();
});
afterEach(() => operated.stop());

describe('alerts over the API', () => {
  it('are listed, counted, marked as seen, and told by which rules they come', async () => {
    const { admin, world } = operated;
    const organisationId = await operated.organisation('Bakery');
    const row = {
      alert_id: 'alr_1',
      alert_key: 'silent:dev_1:',
      kind: 'silent',
      level: 'attention',
      cause: '',
      subject_kind: 'device',
      subject_id: 'dev_1',
      subject_name: 'pc-1',
      organisation_id: organisationId,
      detail: '{}',
      stage: '',
      since: world.nowMs,
      opened_at: world.nowMs,
    };
    await world.store.write((db) => db.insertInto('alerts').values(row).execute());
    expect((await admin.call(alertRoutes.list, { query: { state: 'open' } })).items).toMatchObject([
      { alertId: 'alr_1', seen: null },
    ]);
    expect((await admin.call(alertRoutes.counts)).items).toMatchObject([{ kind: 'silent', alerts: 1, unseen: 1 }]);
    const seen = await admin.call(alertRoutes.see, { params: { alertId: 'alr_1' } });
    expect(seen.seen?.by).toBe('ann');
    const rules = await admin.call(alertRoutes.rules);
    const changed = { ...rules, silentAfterHours: 24 };
    expect(await admin.call(alertRoutes.setRules, { body: changed })).toEqual(changed);
    expect(await admin.call(alertRoutes.rules)).toEqual(changed);
  });
});

describe('what is left of the API', () => {
  it('pauses an organisation, renames a connection, and fetches a package', async () => {
    const { admin, vendor, world } = operated;
    const organisationId = await operated.organisation('Bakery');
    const mode = { params: { organisationId }, body: { mode: 'paused' } };
    expect(await admin.call(organisationRoutes.setMode, mode)).toMatchObject({ mode: 'paused' });
    const connectionId = await operated.connected();
    const body = { name: 'Renamed', address: vendor.url };
    const renamed = await admin.call(connectionRoutes.change, { params: { connectionId }, body });
    expect(renamed.name).toBe('Renamed');
    await world.operatorSide.packages.refresh();
    const { targets } = await admin.call(packageRoutes.list);
    const offered = targets.flatMap((target) => target.packages).find((one) => one.state === 'offered');
    const params = { packageId: offered?.packageId ?? '' };
    expect((await admin.call(packageRoutes.fetch, { params })).state).toBe('fetching');
  });

  it('reads how long rows are kept as it was set', async () => {
    const { admin } = operated;
    const kept = await admin.call(retentionRoutes.read);
    expect(await admin.call(retentionRoutes.set, { body: kept })).toEqual(kept);
    expect(await admin.call(retentionRoutes.read)).toEqual(kept);
  });

  it('drops an authenticator', async () => {
    const { admin, world } = operated;
    const { secret } = await admin.call(accountRoutes.offerSecondFactor);
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: world.nowMs });
    await admin.call(accountRoutes.proveSecondFactor, { body: { code } });
    expect((await admin.call(accountRoutes.dropSecondFactor)).secondFactor).toBe(false);
  });

  it('describes itself, and tells a page what changed until the console ends', async () => {
    const { admin, world } = operated;
    const get = (path: string) => admin.raw(route({ method: 'GET', path, access: 'viewer', response: null }));
    expect((await get('/api/openapi.json')).statusCode).toBe(200);
    const stream = get(streamPath);
    await expect.poll(() => world.operatorSide.hints.count()).toBe(1);
    world.operatorSide.hints.publish({ topic: 'connections', id: null }, null);
    world.operatorSide.hints.endAll();
    const answer = await stream;
    expect(answer.headers['content-type']).toBe('text/event-stream');
    expect(answer.body).toContain('"topic":"connections"');
  });
});
