/** Every way a renewal can go ends in an API token that works or in an alarm that says what to do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { codes, isFaultCode } from '#protocol/codes.ts';
import { createConnections } from '#console/fleet/connections/connections.ts';
import type { Store } from '#console/store/store.ts';
import { changeConnection } from '#console/store/sentinelone/connections.ts';
import { connectionSetting, dayMs, type ConnectionSetting } from '#test/console/fleet/connection-setting.ts';

const halfLife = 90 * dayMs;

async function works({ connections }: ConnectionSetting, connectionId: string): Promise<boolean> {
  const { client } = await connections.client(connectionId);
  return client.json({ path: 'system/info' }).then(
    () => true,
    () => false,
  );
}

describe('renewing an API token', () => {
  it('happens at half life, ends the old token and keeps the mappings of nobody waiting', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    const first = owner.apiToken?.value;
    const { connection_id: id } = await setting.enabled(owner);
    setting.move(halfLife - dayMs);
    await setting.connections.renewDue();
    expect(setting.asked()).toBe(0);
    setting.move(dayMs);
    await setting.connections.renewDue();
    expect(owner.apiToken?.value).not.toBe(first);
    expect(await works(setting, id)).toBe(true);
    expect(await setting.row(id)).toMatchObject({
      token_created_at: setting.now(),
      token_expires_at: setting.now() + 180 * dayMs,
      token_next_sealed: null,
      renewing_until: null,
      renewal_problem: null,
      renewed_at: setting.now(),
    });
    expect(await setting.alarms(id)).toEqual([]);
    await setting.connections.renewDue();
    expect(setting.asked()).toBe(1);
  });

  it('is one call, however many processes try at once', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const outcomes = await Promise.all([
      setting.connections.renew(id),
      setting.sibling().renew(id),
      setting.sibling().renew(id),
    ]);
    expect(outcomes.toSorted()).toEqual(['busy', 'busy', 'renewed']);
    expect(setting.asked()).toBe(1);
    expect(await works(setting, id)).toBe(true);
  });

  it('is one call, also when the second process looks after the first is done', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    setting.move(halfLife);
    const sibling = setting.sibling();
    await Promise.all([setting.connections.renewDue(), sibling.renewDue(), setting.connections.renewDue()]);
    expect(await sibling.renew(id)).toBe('busy');
    await sibling.renewDue();
    expect(setting.asked()).toBe(1);
    setting.move(61_000);
    expect(await sibling.renew(id)).toBe('renewed');
  });

  it('lost on the way: SentinelOne acted, the answer never came', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    const { connection_id: id } = await setting.enabled(owner);
    setting.vendor.settings.generateTokenMode = 'lost-response';
    expect(await setting.connections.renew(id)).toBe('needs-person');
    expect(setting.asked()).toBe(1);
    expect(await setting.alarms(id)).toEqual(['connection urgent sentinelone.token-lost']);
    setting.vendor.settings.generateTokenMode = 'normal';
    await setting.connections.replaceToken(id, owner.apiToken?.value ?? '');
    expect(await setting.alarms(id)).toEqual([]);
    expect(await works(setting, id)).toBe(true);
  });

  it('cut off before SentinelOne acted: the old token goes on, and the next try succeeds', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    setting.vendor.faults.push({ match: /generate-api-token/, times: 1, answer: 'reset' });
    expect(await setting.connections.renew(id)).toBe('later');
    expect(await works(setting, id)).toBe(true);
    expect(await setting.alarms(id)).toEqual(['renewal attention sentinelone.renewal-failed']);
    setting.move(halfLife);
    await setting.connections.renewDue();
    expect(await setting.alarms(id)).toEqual([]);
    expect((await setting.row(id)).renewed_at).toBe(setting.now());
  });

  it('cut off, and nobody can tell yet whether SentinelOne acted: it asks before it tries again', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    setting.vendor.settings.generateTokenMode = 'lost-response';
    const down = { status: 503, body: '<html>down</html>', headers: {} };
    const requests = setting.vendor.requests.length;
    setting.vendor.faults.push({ match: /generate-api-token/, times: 0, answer: 'reset' });
    const renewing = setting.connections.renew(id);
    while (!setting.vendor.requests.slice(requests).some(({ url }) => url.includes('generate-api-token')))
      await new Promise((resolve) => setImmediate(resolve));
    setting.vendor.faults.push({ match: /system\/info/, times: 5, answer: down });
    expect(await renewing).toBe('later');
    expect((await setting.row(id)).renewal_started_at).not.toBeNull();
    setting.move(dayMs);
    await setting.connections.renewDue();
    expect(setting.asked()).toBe(1);
    expect(await setting.alarms(id)).toEqual(['connection urgent sentinelone.token-lost']);
  });

  it('409: looks before it tries again', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    setting.vendor.settings.generateTokenMode = 'conflict';
    expect(await setting.connections.renew(id)).toBe('later');
    expect([setting.asked(), await works(setting, id)]).toEqual([1, true]);
    setting.vendor.settings.generateTokenMode = 'normal';
    expect(await setting.connections.renew(id)).toBe('renewed');
  });

  it('409 because somebody else made a token for the user: the old one is dead, and that is said', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    const { connection_id: id } = await setting.enabled(owner);
    if (owner.apiToken) owner.apiToken = { ...owner.apiToken, value: 'z'.repeat(80) };
    expect(await setting.connections.renew(id)).toBe('needs-person');
    expect(setting.asked()).toBe(0);
    expect(await setting.alarms(id)).toEqual(['connection urgent sentinelone.token-refused']);
  });

  it('refused: the token goes on until its end, with alarms 30, 14, 7 and 1 days ahead', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled(setting.user({ canGenerateApiToken: false }));
    expect(await setting.connections.renew(id)).toBe('needs-person');
    expect(await works(setting, id)).toBe(true);
    const refused = 'renewal attention sentinelone.renewal-refused';
    expect(await setting.alarms(id)).toEqual([refused]);
    const seen: string[] = [];
    for (const daysLeft of [30, 14, 7, 1]) {
      setting.move(((await setting.row(id)).token_expires_at ?? 0) - daysLeft * dayMs - setting.now());
      await setting.connections.renewDue();
      seen.push(...(await setting.alarms(id)).filter((alarm) => alarm !== refused));
    }
    expect(seen).toEqual([
      'token attention sentinelone.token-ends 30',
      'token attention sentinelone.token-ends 14',
      'token urgent sentinelone.token-ends 7',
      'token urgent sentinelone.token-ends 1',
    ]);
    setting.move(dayMs);
    await setting.connections.check(id);
    expect(await setting.alarms(id)).toContain('token urgent sentinelone.token-expired 0');
    expect(await setting.alarms(id)).toContain('connection urgent sentinelone.token-expired');
  });

  it('a role that was changed does not keep the token from being renewed', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    const { connection_id: id } = await setting.enabled(owner);
    owner.permissions = [];
    setting.move(halfLife);
    await setting.connections.renewDue();
    expect((await setting.row(id)).renewed_at).toBe(setting.now());
    await setting.connections.check(id);
    expect(await setting.alarms(id)).toEqual([
      'connection urgent sentinelone.permission',
      expect.stringMatching(/^right/),
    ]);
    owner.permissions = ['*'];
    await setting.connections.check(id);
    expect(await setting.alarms(id)).toEqual([]);
  });

  it('settings changed while it runs: both changes stay', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    setting.vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 120 } });
    const renewing = setting.connections.renew(id);
    await setting.connections.changeSettings(id, { name: 'Renamed', address: setting.vendor.url, caPem: null });
    expect(await renewing).toBe('renewed');
    expect(await setting.row(id)).toMatchObject({ name: 'Renamed', renewal_problem: null });
    expect(await works(setting, id)).toBe(true);
  });

  it('another token entered while it runs: the entered one stays', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const entered = setting.user({ email: 'other@acme.example' });
    setting.vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 300 } });
    const renewing = setting.connections.renew(id);
    await setting.connections.replaceToken(id, entered.apiToken?.value ?? '');
    expect(await renewing).toBe('busy');
    const { client, row } = await setting.connections.client(id);
    await client.json({ path: 'system/info' });
    expect(row).toMatchObject({ user_name: 'other@acme.example', token_next_sealed: null, renewing_until: null });
  });

  it('a check of the old token that ends after the new one was entered changes nothing', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const entered = setting.user({ email: 'other@acme.example' });
    const requests = setting.vendor.requests.length;
    setting.vendor.faults.push({ match: /system\/status/, times: 1, answer: { delayMs: 300 } });
    const checking = setting.sibling().check(id);
    while (setting.vendor.requests.length === requests) await new Promise((resolve) => setImmediate(resolve));
    await setting.connections.replaceToken(id, entered.apiToken?.value ?? '');
    const { checked_at } = await setting.row(id);
    setting.move(dayMs);
    await checking;
    expect(await setting.row(id)).toMatchObject({ user_name: 'other@acme.example', checked_at });
  });

  it('a crash between the two steps loses nothing: the kept token is used and takes its place', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const requests = setting.vendor.requests.length;
    setting.vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 60 } });
    const renewing = setting.connections.renew(id);
    while (!setting.vendor.requests.slice(requests).some(({ url }) => url.includes('generate-api-token')))
      await new Promise((resolve) => setImmediate(resolve));
    const down = { status: 503, body: '<html>down</html>', headers: {} };
    setting.vendor.faults.push({ match: /system\/info/, times: 5, answer: down });
    expect(await renewing).toBe('later');
    expect((await setting.row(id)).token_next_sealed).not.toBeNull();
    expect(await works(setting, id)).toBe(true);
    setting.move(120_000);
    await setting.sibling().renewDue();
    expect(await setting.row(id)).toMatchObject({ token_next_sealed: null, renewal_problem: null });
    expect([setting.asked(), await works(setting, id)]).toEqual([1, true]);
  });

  it('a new token that is refused at first is kept while the old one is dead, and works later', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const requests = setting.vendor.requests.length;
    setting.vendor.faults.push({ match: /generate-api-token/, times: 1, answer: { delayMs: 60 } });
    const renewing = setting.connections.renew(id);
    while (!setting.vendor.requests.slice(requests).some(({ url }) => url.includes('generate-api-token')))
      await new Promise((resolve) => setImmediate(resolve));
    const unknown = { status: 401, body: '{"errors":[{"code":4010010}]}', headers: {} };
    setting.vendor.faults.push({ match: /system\/info/, times: 1, answer: unknown });
    expect(await renewing).toBe('needs-person');
    expect((await setting.row(id)).token_next_sealed).not.toBeNull();
    expect(await setting.alarms(id)).toEqual(['connection urgent sentinelone.token-lost']);
    expect(await setting.connections.renew(id)).toBe('renewed');
    expect([setting.asked(), await works(setting, id)]).toEqual([1, true]);
  });

  it('a database that fails for a while does not lose the new token', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    let refusals = 0;
    const write: Store['write'] = (work) => {
      if (setting.asked() === 0 || refusals >= 4) return setting.parts.store.write(work);
      refusals += 1;
      return Promise.reject(new Error('disk I/O error'));
    };
    const connections = createConnections({ ...setting.parts, store: { ...setting.parts.store, write } });
    expect(await connections.renew(id)).toBe('renewed');
    connections.close();
    expect([refusals, await works(setting, id)]).toEqual([4, true]);
  });

  it('a process that died with the claim gives it up after a while', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled();
    const untilMs = setting.now() + 600_000;
    await setting.parts.store.write((db) => changeConnection(db, id, { renewing_until: untilMs }));
    expect(await setting.connections.renew(id)).toBe('busy');
    setting.move(600_001);
    expect(await setting.connections.renew(id)).toBe('renewed');
  });
});

describe('the token of a service user', () => {
  const serviceUser = { kind: 'service-user', fullName: 'Garrison', email: 'service' } as const;

  it('renews itself where SentinelOne lets it', async () => {
    await using setting = await connectionSetting({ settings: { serviceUserMayRenew: true, tokenFormat: 'jwt' } });
    const { connection_id: id } = await setting.enabled(setting.user(serviceUser));
    expect(await setting.row(id)).toMatchObject({ user_kind: 'service-user', user_name: 'Garrison' });
    expect(await setting.connections.renew(id)).toBe('renewed');
  });

  it('else by the right Service Users: Edit, with as long a life as before', async () => {
    await using setting = await connectionSetting();
    const { connection_id: id } = await setting.enabled(setting.user(serviceUser));
    setting.move(dayMs);
    expect(await setting.connections.renew(id)).toBe('renewed');
    expect((await setting.row(id)).token_expires_at).toBe(setting.now() + 180 * dayMs);
  });

  it('on an older console neither works, and the alarm says what to do', async () => {
    await using setting = await connectionSetting({ settings: { serviceUserTokenRoute: false } });
    const { connection_id: id } = await setting.enabled(setting.user(serviceUser));
    expect(await setting.connections.renew(id)).toBe('needs-person');
    expect(await setting.alarms(id)).toEqual(['renewal attention sentinelone.renewal-refused']);
    expect(await works(setting, id)).toBe(true);
  });
});

describe('G20: API tokens at rest', () => {
  it('are sealed, the renewed one too, and every alarm has a title and a remedy', async () => {
    await using setting = await connectionSetting();
    const owner = setting.user();
    const first = owner.apiToken?.value ?? '';
    const { connection_id: id } = await setting.enabled(owner);
    await setting.connections.renew(id);
    const stored = readdirSync(setting.directory).map((name) => readFileSync(join(setting.directory, name), 'latin1'));
    expect(stored.length).toBeGreaterThan(0);
    for (const secret of [first, owner.apiToken?.value ?? ''])
      for (const text of stored) expect(text).not.toContain(secret);
    const named = Object.keys(codes).filter((code) => code.startsWith('sentinelone.'));
    for (const code of named) expect(isFaultCode(code) && codes[code].remedy.length).toBeGreaterThan(10);
  });
});
