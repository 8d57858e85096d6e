import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { idPart, queryText, urlOf } from '#console/sentinelone/call.ts';
import { newSentinelOneClient } from '#console/sentinelone/client.ts';
import { newTransport } from '#console/sentinelone/transport.ts';
import { Fault } from '#protocol/codes.ts';
import { newSetting, testTiming } from '#test/console/sentinelone/setting.ts';
import { addUser } from '#test/worlds/sentinelone/tenant.ts';

const sites = { path: 'sites' };

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(Fault);
  return error instanceof Fault ? error : new Fault('internal', 'nothing was thrown');
}

describe('requests', () => {
  it('no doubled slash, which SentinelOne answers with 401', async () => {
    await using setting = await newSetting();
    await setting.client.json(sites);
    expect(setting.world.requests.map(({ url }) => url)).toEqual(['/web/api/v2.1/sites']);
    expect(() => urlOf('https://a.example', { path: '/sites' })).toThrow(Fault);
    expect(() => urlOf('https://a.example', { path: 'sites//1' })).toThrow(Fault);
    const answer = await fetch(`${setting.world.url}//web/api/v2.1/sites`, {
      headers: { authorization: `ApiToken ${setting.world.apiToken}` },
    });
    expect(answer.status).toBe(401);
  });

  it('names with special characters are encoded, arrays are one comma-joined value', () => {
    expect(queryText({ name: 'R&D #1/Süd', siteIds: ['1', '2'], cursor: undefined, limit: 5 })).toBe(
      '?name=R%26D%20%231%2FS%C3%BCd&siteIds=1,2&limit=5',
    );
    expect(queryText({})).toBe('');
  });

  it('ids stay text and lead nowhere else', () => {
    expect(idPart('1893456781234500017')).toBe('1893456781234500017');
    expect(() => idPart('../users')).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });

  it('asks for an uncompressed answer', async () => {
    await using setting = await newSetting();
    await setting.client.json(sites);
    expect(setting.world.requests[0]?.headers['accept-encoding']).toBe('identity');
  });
});

describe('G16: the API token goes to its own origin only', () => {
  it('is sent as ApiToken, and not at all where none is needed', async () => {
    await using setting = await newSetting();
    await setting.client.json(sites);
    await setting.client.json({ path: 'system/status', authenticated: false });
    expect(setting.world.requests.map(({ authorization }) => authorization)).toEqual([
      `ApiToken ${setting.world.apiToken}`,
      null,
    ]);
  });

  it('a redirect is not followed, and is called a wrong address', async () => {
    const elsewhere: string[] = [];
    const server = createServer((request, response) => {
      elsewhere.push(request.url ?? '');
      response.end('{"data":{}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await using setting = await newSetting();
    setting.world.faults.push({
      match: /sites/,
      times: 1,
      answer: { status: 302, body: '', headers: { location: `http://127.0.0.1:${port}/web/api/v2.1/sites` } },
    });
    expect((await faultOf(setting.client.json(sites))).code).toBe('sentinelone.address');
    expect(elsewhere).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
  });

  it('no path can leave the origin', () => {
    for (const path of [
      'https://evil.example/x',
      '//evil.example',
      '..',
      'a/../../b',
      'a?b',
      'a#b',
      '@evil.example',
      '\\x',
    ])
      expect(() => urlOf('https://a.example', { path })).toThrow(Fault);
  });

  it('a name that resolves to a forbidden network is refused before anything is sent', async () => {
    await using setting = await newSetting();
    const { port } = new URL(setting.world.url);
    const answersOf = async (address: string): Promise<unknown> => {
      const client = newSentinelOneClient({
        origin: `http://s1.corp.example:${port}`,
        apiToken: setting.world.apiToken,
        timing: testTiming(),
        transport: newTransport({
          caPem: null,
          resolve: (_name, options, answer) =>
            options.all === true ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4),
        }),
      });
      return client.json(sites).finally(() => client.close());
    };
    await expect(answersOf('127.0.0.1')).resolves.toMatchObject({ data: {} });
    expect((await faultOf(answersOf('169.254.169.254'))).code).toBe('sentinelone.address');
    expect(setting.world.requests).toHaveLength(1);
  });

  it('nothing that is thrown holds the token, however deep one looks', async () => {
    await using setting = await newSetting();
    const { world } = setting;
    const echo = { status: 400, body: `bad token ${world.apiToken}`, headers: {} };
    world.faults.push({ match: /sites/, times: 1, answer: echo });
    world.faults.push({ match: /groups/, times: 9, answer: 'reset' });
    const faults = [
      await faultOf(setting.client.json(sites)),
      await faultOf(setting.client.json({ path: 'groups' })),
      await faultOf(setting.client.json({ path: 'sites/1/token' })),
    ];
    for (const fault of faults) expect(inspect(fault, { depth: 20, showHidden: true })).not.toContain(world.apiToken);
  });
});

describe('what SentinelOne answers when it refuses', () => {
  it.each([
    [403, '{"errors":[{"code":4030010,"title":"Insufficient permissions","detail":null}]}', 'sentinelone.permission'],
    [404, '{"errors":[{"code":4040010,"title":"gone","detail":null}]}', 'sentinelone.not-found'],
    [400, '{"errors":[{"code":400,"title":"","detail":""}]}', 'sentinelone.rejected'],
    [409, '', 'sentinelone.rejected'],
    [501, 'not supported', 'sentinelone.unavailable'],
    [404, '{"error":"no such artifact"}', 'sentinelone.not-found'],
    [500, '{"timestamp":"x","status":500,"error":"Internal Server Error","path":"/x"}', 'sentinelone.unavailable'],
    [503, '<html>Service Unavailable</html>', 'sentinelone.unavailable'],
    [429, '<html>429</html>', 'sentinelone.throttled'],
  ])('%i with %s is understood', async (status, body, code) => {
    await using setting = await newSetting();
    setting.world.faults.push({ match: /sites/, times: 99, answer: { status, body, headers: {} } });
    const fault = await faultOf(setting.client.json(sites));
    expect(fault.code).toBe(code);
    expect(fault.context).toMatchObject({ status, request: 'GET sites' });
    expect(fault.cause).toEqual({ status, bodyStart: body });
  });

  it('shows parsed fields only; the raw start of the body is bounded and stays inside', async () => {
    await using setting = await newSetting();
    const body = `{"errors":[{"code":4000040,"title":"Bad\\u202eRequest","detail":"${'x'.repeat(5000)}"}]}`;
    const page = `<html>${'y'.repeat(5000)}</html>`;
    setting.world.faults.push({ match: /sites/, times: 1, answer: { status: 400, body: page, headers: {} } });
    const raw = await faultOf(setting.client.json(sites));
    expect(raw.message).toBe('SentinelOne answered 400 to GET sites');
    expect(raw.cause).toEqual({ status: 400, bodyStart: page.slice(0, 500) });
    setting.world.faults.push({ match: /groups/, times: 1, answer: { status: 400, body, headers: {} } });
    const parsed = await faultOf(setting.client.json({ path: 'groups' }));
    expect(parsed.message.length).toBeLessThan(500);
    expect(parsed.message).not.toContain('\u202e');
  });

  it('a web page with status 200 is no answer', async () => {
    await using setting = await newSetting();
    setting.world.faults.push({ match: /sites/, times: 1, answer: { status: 200, body: '<html>', headers: {} } });
    expect((await faultOf(setting.client.json(sites))).code).toBe('sentinelone.unreadable');
  });

  it('of a broken good answer nothing is kept: it may carry a new token', async () => {
    await using setting = await newSetting();
    const body = `{"data":{"token":"${'S'.repeat(80)}"`;
    setting.world.faults.push({ match: /sites/, times: 1, answer: { status: 200, body, headers: {} } });
    const fault = await faultOf(setting.client.json(sites));
    expect(inspect(fault, { depth: 20, showHidden: true })).not.toContain('SSSS');
  });

  it('401 is a missing permission when the token still opens other doors', async () => {
    await using setting = await newSetting();
    const user = addUser(setting.world.tenant, { permissions: [], missingPermission: 401 }, setting.timing.now());
    const client = setting.clientFor(user.apiToken?.value ?? '');
    expect((await faultOf(client.json(sites))).code).toBe('sentinelone.permission');
  });

  it('401 is a refused token when nothing opens, and an expired one when its end says so', async () => {
    await using setting = await newSetting();
    expect((await faultOf(setting.clientFor('A'.repeat(80)).json(sites))).code).toBe('sentinelone.token-refused');
    setting.timing.move(200 * 86_400_000);
    expect((await faultOf(setting.client.json(sites))).code).toBe('sentinelone.token-expired');
  });

  it('a new token kills the old one at once: the second product with the same user loses', async () => {
    await using setting = await newSetting();
    await setting.client.json(sites);
    await setting.client.json({ method: 'POST', path: 'users/generate-api-token', body: { data: {} } });
    expect((await faultOf(setting.client.json(sites))).code).toBe('sentinelone.token-refused');
  });
});

describe('patience', () => {
  it('a 429 is waited for as long as it says, then the call succeeds', async () => {
    await using setting = await newSetting();
    const answer = { status: 429, body: '<html>slow down</html>', headers: { 'retry-after': '17' } };
    setting.world.faults.push({ match: /sites/, times: 2, answer });
    await setting.client.json(sites);
    expect(setting.timing.slept.filter((ms) => ms >= 17_000)).toEqual([17_250, 17_500]);
    expect(setting.world.requests).toHaveLength(3);
  });

  it('a Retry-After beyond the budget is not sat out but reported', async () => {
    await using setting = await newSetting();
    const answer = { status: 429, body: '', headers: { 'retry-after': '3000' } };
    setting.world.faults.push({ match: /sites/, times: 2, answer });
    const fault = await faultOf(setting.client.json(sites));
    expect(fault).toMatchObject({ code: 'sentinelone.throttled', context: { retryAfterMs: 3_000_000 } });
    expect(setting.world.requests).toHaveLength(1);
  });

  it('502 and cut connections are tried again, five times in all', async () => {
    await using setting = await newSetting();
    setting.world.faults.push({ match: /sites/, times: 1, answer: { status: 502, body: '<html>', headers: {} } });
    setting.world.faults.push({ match: /sites/, times: 1, answer: 'reset' });
    await setting.client.json(sites);
    expect(setting.world.requests).toHaveLength(3);
    setting.world.faults.push({ match: /groups/, times: 99, answer: 'reset' });
    expect((await faultOf(setting.client.json({ path: 'groups' }))).code).toBe('sentinelone.unavailable');
    expect(setting.world.requests).toHaveLength(8);
  });

  it('an answer cut off in the middle is read again', async () => {
    await using setting = await newSetting();
    const half = { status: 200, body: '{"data":', headers: {}, announceBytes: 500 };
    setting.world.faults.push({ match: /sites/, times: 1, answer: half });
    await expect(setting.client.json(sites)).resolves.toMatchObject({ data: {} });
  });

  it('other 4xx are not tried again', async () => {
    await using setting = await newSetting();
    await faultOf(setting.client.json({ path: 'sites', query: { nonsense: '1' } }));
    expect(setting.world.requests).toHaveLength(1);
  });

  it('making a token is never sent twice: the answer may be lost when the deed is done', async () => {
    await using setting = await newSetting();
    setting.world.settings.generateTokenMode = 'lost-response';
    const call = { method: 'POST', path: 'users/generate-api-token', body: { data: {} } } as const;
    expect((await faultOf(setting.client.json(call))).code).toBe('sentinelone.unavailable');
    expect(setting.world.requests).toHaveLength(1);
    expect(setting.world.tenant.users[0]?.apiToken?.value).not.toBe(setting.world.apiToken);
  });

  it('a server that accepts and says nothing is given up and asked again', async () => {
    await using setting = await newSetting({}, 150);
    setting.world.faults.push({ match: /sites/, times: 1, answer: { delayMs: 600 } });
    await setting.client.json(sites);
    expect(setting.world.requests).toHaveLength(2);
  });

  it('ends at once when aborted', async () => {
    await using setting = await newSetting();
    setting.world.faults.push({ match: /sites/, times: 1, answer: { delayMs: 5_000 } });
    const controller = new AbortController();
    const pending = setting.client.json({ ...sites, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 50);
    await expect(pending).rejects.toThrow('enough');
  });
});

describe('certificates', () => {
  function certificate(): { key: string; cert: string } {
    const folder = mkdtempSync(join(tmpdir(), 'garrison-tls-'));
    const key = join(folder, 'key.pem');
    const cert = join(folder, 'cert.pem');
    const subject = ['-subj', '/CN=stand-in', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    const kind = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', [...kind, '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
    const pair = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    rmSync(folder, { recursive: true });
    return pair;
  }

  it('a private authority is trusted when its certificate was pasted, and only then', async () => {
    await using setting = await newSetting({ tls: certificate() });
    await expect(setting.client.json(sites)).resolves.toMatchObject({ data: {} });
    const plain = newSentinelOneClient({
      origin: setting.world.url,
      apiToken: setting.world.apiToken,
      timing: testTiming(),
    });
    expect((await faultOf(plain.json(sites))).code).toBe('sentinelone.untrusted');
    plain.close();
  });

  it('what was pasted must be a certificate, not a path or a key', () => {
    for (const caPem of ['/etc/ssl/certs/ca.pem', '', certificate().key])
      expect(() => newTransport({ caPem })).toThrow(expect.objectContaining({ code: 'request.invalid' }));
  });
});
