import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { organisationRoutes } from '#console/api/organisations.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';
import type { OpenApi } from '#console/operation/openapi.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { demandDocumented } from '#test/worlds/fleet/documented.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let world: ConsoleWorld;
let admin: OperatorClient;
let document: OpenApi;
beforeEach(async () => {
  world = await ConsoleWorld.start();
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  const answer = await world.operatorApp.inject({ url: '/api/openapi.json', headers: { cookie: admin.cookie } });
  document = answer.json<OpenApi>();
});
afterEach(() => world.stop());

describe('the OpenAPI document', () => {
  it('is the one that answers are held against, of version 3.1, with every route that is served below /api', () => {
    expect(document.openapi).toBe('3.1.0');
    expect(document).toEqual(JSON.parse(JSON.stringify(world.operatorApp.openApi())));
    const rows: Route[] = Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes));
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = rows.map((row) => `${row.method} ${row.path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(listed.filter((one) => !documented.includes(one))).toEqual([]);
    // What Fastify itself knows, so that a route beside the rows is seen too.
    const tree = world.operatorApp.printRoutes({ commonPrefix: false });
    const served = [...tree.matchAll(/^[^/]*(\/api\/\S*) \(([^)]*)\)/gm)].flatMap(([, path = '', methods = '']) =>
      methods
        .split(', ')
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
    );
    expect(served.length).toBeGreaterThan(5);
    expect(served.filter((one) => !documented.includes(one))).toEqual([]);
  });

  it('has one id for each operation, a problem for whatever goes wrong, and a key for every action', () => {
    const operations = Object.values(document.paths).flatMap((methods) => Object.entries(methods));
    const ids = operations.map(([, operation]) => operation['operationId']);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [method, operation] of operations) {
      const responses = operation['responses'] as Record<string, { content?: Record<string, unknown> }>;
      expect(Object.keys(responses['default']?.content ?? {})).toEqual(['application/problem+json']);
      const { security, parameters, requestBody } = operation as {
        security: unknown[];
        parameters: { name: string }[];
        requestBody?: { content: object };
      };
      const file = requestBody !== undefined && 'application/octet-stream' in requestBody.content;
      const repeats = method !== 'get' && security.length > 0 && !file;
      expect(parameters.some((one) => one.name === 'idempotency-key')).toBe(repeats);
    }
  });

  it('is no decoration: an answer that it does not describe fails the test that got it', () => {
    const row = organisationRoutes.list;
    const json = { 'content-type': 'application/json' };
    const good = { statusCode: 200, headers: json, body: '{"items":[]}' };
    expect(() => demandDocumented(document, row, good)).not.toThrow();
    expect(() => demandDocumented(document, row, { ...good, body: '{"items":[{"name":1}]}' })).toThrow('unlike');
    expect(() => demandDocumented(document, row, { ...good, statusCode: 201 })).toThrow('not documented');
    expect(() => demandDocumented(document, row, { ...good, headers: { 'content-type': 'text/html' } })).toThrow(
      'as text',
    );
    expect(() => demandDocumented(document, { method: 'GET', path: '/api/nothing' }, good)).toThrow('not documented');
    const problem = { type: 'urn:x', title: 'x', status: 404, code: 'no-such-code' };
    const bad = {
      statusCode: 404,
      headers: { 'content-type': 'application/problem+json' },
      body: JSON.stringify(problem),
    };
    expect(() => demandDocumented(document, row, bad)).toThrow('unlike');
    expect(() =>
      demandDocumented(document, row, { ...bad, body: bad.body.replace('no-such-code', 'not-found') }),
    ).not.toThrow();
  });
});

describe('problems', () => {
  it('G32: are of bounded size, however large what they refuse', async () => {
    const bodies: unknown[] = [
      { name: 'x'.repeat(200_000) },
      Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`field-${index}-${'y'.repeat(20)}`, index])),
      Array.from({ length: 20_000 }, () => 1),
      'z'.repeat(100_000),
    ];
    for (const body of bodies) {
      const answer = await admin.raw(organisationRoutes.create, { body });
      expect([answer.statusCode, answer.headers['content-type']]).toEqual([
        400,
        'application/problem+json; charset=utf-8',
      ]);
      expect(answer.body.length).toBeLessThan(4_096);
    }
    const long = await world.operatorApp.inject({
      url: `/api/${'a'.repeat(10_000)}`,
      headers: { cookie: admin.cookie },
    });
    expect([long.statusCode, long.body.length < 1_024]).toEqual([404, true]);
    const large = await admin.raw(organisationRoutes.create, { body: { name: 'x'.repeat(300_000) } });
    expect([large.statusCode, large.body.length < 1_024]).toEqual([413, true]);
    const junk = await world.operatorApp.inject({
      method: 'POST',
      url: '/api/organisations',
      headers: {
        cookie: admin.cookie,
        origin: 'http://127.0.0.1:8441',
        'garrison-csrf': admin.csrf,
        'content-type': 'application/json',
      },
      payload: '{"name":',
    });
    expect([junk.statusCode, (junk.json() as { code: string }).code]).toEqual([400, 'request.invalid']);
  });
});
