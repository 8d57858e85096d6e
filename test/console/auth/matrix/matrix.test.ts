/**
 * Every route that the operator app has × every kind of asker × own, foreign and missing things (G9). Routes come from the
 * app itself and bodies from their schemas: a route that is added is asked like all others without a line here.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accountRoutes } from '#console/api/account.ts';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { archiveRoute } from '#console/api/diagnostics.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { route, type Access, type Route } from '#console/api/route.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import { streamPath } from '#console/api/stream.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import { Operated } from '#test/worlds/fleet/operated.ts';
import { OperatorClient, type Given } from '#test/worlds/fleet/operator.ts';
import { sampleOf, type Known } from './sample.ts';

const ranks: Record<Access, number> = { public: 0, viewer: 1, operator: 2, admin: 3 };
const roles = ['viewer', 'operator', 'admin'] as const;
type Role = (typeof roles)[number];

const read = (path: string): Route => route({ method: 'GET', path, access: 'viewer', response: null });
/** Served beside the API, since they are no JSON. */
const beside: readonly Route[] = [
  archiveRoute,
  read('/api/macos-profile'),
  read('/api/openapi.json'),
  read(streamPath),
];
/** For everybody, and saying nothing of anybody. */
const open = /^\/(healthz|readyz|install\/(files\/)?:sha256)$/;
/** Of everybody or of the console as a whole: nobody's organisation is in their name. */
const shared = new Set(['packageId', 'commandId', 'siteId', 'target']);

const declared: readonly Route[] = [
  ...Object.values(operatorRoutes).flatMap((routes): Route[] => Object.values(routes)),
  ...beside,
];
const nameOf = (row: Pick<Route, 'method' | 'path'>): string => `${row.method} ${row.path}`;
/** One's own password, second factor and session: about nobody else, and told apart in tests of their own. */
const ownAccount = /^\/api\/(account|session)(\/|$)/;
const guarded = declared.filter((row) => row.access !== 'public');

let operated: Operated;
let registered: string[];
const people = new Map<Role, OperatorClient>();
const programs = new Map<Role, OperatorClient>();
let own: Known;
let foreign: Known;
let missing: Known;
let wellFormed: Known;

/** One of everything that belongs to an organisation; whatever it is called has the organisation's name in it. */
async function everythingOf(name: string): Promise<Known> {
  const { admin, world } = operated;
  const organisationId = await operated.organisation(name);
  await mapped(organisationId, name);
  const { deviceId } = await operated.device(organisationId, { machine: { hostname: `pc-${name}` } });
  const key = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId, label: `key of ${name}` } });
  const exception = { subject: { kind: 'product', productId: 'sophos-linux' }, days: 7, reason: `because of ${name}` };
  const scope = { kind: 'organisation', organisationId };
  const { exceptionId } = await admin.call(exceptionRoutes.add, { body: { ...exception, scope } });
  const somebody = await operated.operator(`admin of ${name}`, 'admin', [organisationId]);
  const listed = (await admin.call(operatorManagementRoutes.list)).items;
  const operatorId = listed.find((one) => one.name === `admin of ${name}`)?.operatorId ?? '';
  const wanted = { label: `program of ${name}`, role: 'viewer', organisationIds: [organisationId] };
  const { apiKeyId } = (await somebody.call(apiKeyRoutes.create, { body: wanted })).key;
  const [session] = (await somebody.call(accountRoutes.sessions)).items;
  await world.store.write((db) =>
    db
      .insertInto('alerts')
      .values(alert(organisationId, name, world.nowMs))
      .execute(),
  );
  return {
    organisationId,
    organisationIds: [organisationId],
    connectionId: `con_${name}`,
    siteId: `site_${name}`,
    deviceId,
    keyId: key.key.keyId,
    exceptionId,
    operatorId,
    apiKeyId,
    sessionId: session?.sessionId ?? '',
    alertId: `alr_${name}`,
    commandId: 'cmd_1',
    packageId: 'pkg_1',
  };
}

const alert = (organisationId: string, name: string, nowMs: number) => ({
  alert_id: `alr_${name}`,
  alert_key: name,
  kind: 'deployment-halted' as const,
  level: 'urgent' as const,
  cause: `deployment of ${name}`,
  subject_kind: 'organisation' as const,
  subject_id: organisationId,
  subject_name: name,
  organisation_id: organisationId,
  detail: '{}',
  stage: '',
  since: nowMs,
  opened_at: nowMs,
  absent_since: null,
  closed_at: null,
  seen_at: null,
  seen_by: null,
});

/** A console and a site of its own. */
async function mapped(organisationId: string, name: string): Promise<void> {
  const { world } = operated;
  await world.mapped(organisationId);
  const own = { connection_id: `con_${name}`, site_id: `site_${name}` };
  await world.store.write(async (db) => {
    const connection = await db.selectFrom('connections').selectAll().limit(1).executeTakeFirstOrThrow();
    const site = await db.selectFrom('sites').selectAll().limit(1).executeTakeFirstOrThrow();
    const place = { table: 'connections', row: own.connection_id, field: 'token_sealed' };
    const named = {
      token_sealed: world.sealer.seal(place, 'A'.repeat(80)),
      name: `console of ${name}`,
      account_id: name,
      host: `${name}.test`,
      address: `https://${name}.test`,
    };
    await db
      .insertInto('connections')
      .values({ ...connection, ...named, connection_id: own.connection_id })
      .execute();
    await db
      .insertInto('sites')
      .values({ ...site, ...own, name: `site of ${name}` })
      .execute();
    await db.updateTable('mappings').set(own).where('organisation_id', '=', organisationId).execute();
  });
}

beforeAll(async () => {
  operated = await Operated.start();
  const { world, admin } = operated;
  registered = [];
  const app = await buildOperatorApp(world.operatorSide, {
    routeAdded: (method, path) => registered.push(`${method} ${path}`),
  });
  await app.close();
  own = await everythingOf('bakery');
  foreign = await everythingOf('foundry');
  missing = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, Array.isArray(value) ? ['org_missing'] : `${name}_missing`]),
  );
  wellFormed = {
    time: new Date(world.nowMs + 7 * 86_400_000).toISOString(),
    code: '123456',
    address: 'https://usea1-test.sentinelone.test',
    apiToken: 'A'.repeat(80),
    version: '0.1.0',
    probe: 'dpkg',
    productId: 'sophos-linux',
  };
  for (const role of roles) {
    const organisationIds = own['organisationIds'] as string[];
    const person = await operated.operator(`${role} of bakery, too`, role, organisationIds);
    people.set(role, person);
    const body = { label: role, role, organisationIds, mayConfirmed: true };
    const { secret } = await person.call(apiKeyRoutes.create, { body });
    programs.set(role, OperatorClient.withApiKey(world.operatorApp, secret));
  }
  // Each asks more than a thousand times in a few seconds.
  for (const [index, client] of [...people.values(), ...programs.values()].entries())
    client.address = `127.0.1.${index + 1}`;
  expect(admin).toBeDefined();
});
afterAll(() => operated.stop());

const textOf = (known: Known, name: string): string => {
  const value = known[name];
  return typeof value === 'string' ? value : 'missing';
};

/** About something besides the organisation that is not there: an archive, a rollout, a retirement, another administrator. */
const notInThisWorld = /:(operatorId|sessionId|commandId)|agent-rollout|device-retirements/;

/** What to send to a route about these things. */
function about(row: Route, things: Known): Given {
  const known = { ...wellFormed, ...things };
  const named = row.path.match(/:(\w+)/g)?.map((name) => name.slice(1)) ?? [];
  const params = Object.fromEntries(named.map((name) => [name, textOf(known, name)]));
  return {
    params,
    ...(row.query && {
      query: sampleOf(row.query, { ...things, version: wellFormed['version'] }) as Record<string, string>,
    }),
    ...(row.body && { body: sampleOf(row.body, known) }),
  };
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

async function ask(client: OperatorClient, row: Route, given: Given): Promise<Answered> {
  // Held open for ever: that it opens is shown elsewhere.
  if (row.path === streamPath) return { status: 200, text: '' };
  const { statusCode, body } = await client.raw(row, given);
  return { status: statusCode, text: body };
}

const limited = (role: Role): readonly (readonly [string, OperatorClient])[] => [
  [`${role}`, people.get(role) as OperatorClient],
  [`API key ${role}`, programs.get(role) as OperatorClient],
];
const namesSomething = (row: Route): boolean =>
  (row.path.match(/:(\w+)/g) ?? []).some((name) => !shared.has(name.slice(1)));

function namesForeign(given: Given): boolean {
  const text = JSON.stringify(given);
  return Object.entries(foreign).some(([name, value]) => !shared.has(name) && text.includes(String(value)));
}

describe('routes × roles × organisations (G9)', () => {
  it('G9: is asked of every route that the app has', () => {
    const known = new Set(declared.map(nameOf));
    const strangers = registered.filter((name) => {
      const [method = '', path = ''] = name.split(' ');
      return !known.has(name) && !open.test(path) && !['HEAD', 'OPTIONS'].includes(method);
    });
    expect(strangers).toEqual([]);
    expect(registered.length).toBeGreaterThan(80);
    expect(declared.map(nameOf).filter((name) => !registered.includes(name))).toEqual([]);
  });

  it('G9: nobody gets in without a session or a key, and nobody beyond the role', async () => {
    const nobody = new OperatorClient(operated.world.operatorApp);
    const forged = OperatorClient.withApiKey(
      operated.world.operatorApp,
      `garrison-api-key.apk_${'0'.repeat(24)}.${'A'.repeat(43)}`,
    );
    for (const row of guarded) {
      for (const client of [nobody, forged]) {
        const { status, text } =
          row.path === streamPath ? { status: 401, text: 'auth.required' } : await ask(client, row, about(row, own));
        expect([nameOf(row), status, text.includes('auth.required')]).toEqual([nameOf(row), 401, true]);
      }
      for (const role of roles.filter((one) => ranks[one] < ranks[row.access])) {
        for (const [who, client] of limited(role)) {
          const { status } = await ask(client, row, about(row, own));
          expect([nameOf(row), who, status]).toEqual([nameOf(row), who, 403]);
        }
      }
    }
  });

  it('G9: what is foreign is answered exactly like what is missing, to every role and key', async () => {
    for (const row of guarded.filter((one) => !ownAccount.test(one.path))) {
      for (const role of roles.filter((one) => ranks[one] >= ranks[row.access])) {
        for (const [who, client] of limited(role)) {
          const [theirs, none] = [
            await ask(client, row, about(row, foreign)),
            await ask(client, row, about(row, missing)),
          ];
          const place = `${nameOf(row)} as ${who}`;
          expect([place, theirs.status, asIfMissing(theirs.text)]).toEqual([place, none.status, none.text]);
          if (namesSomething(row)) expect([place, [403, 404].includes(theirs.status)]).toEqual([place, true]);
          // Refused for its form alone, it would say nothing about whose it is.
          if (namesForeign(about(row, foreign))) expect([place, theirs.status]).not.toEqual([place, 400]);
        }
      }
    }
  });

  it('G9: no answer of any list, counter, export or detail says anything of another organisation', async () => {
    for (const row of guarded.filter((one) => one.method === 'GET' && !ownAccount.test(one.path))) {
      for (const role of roles.filter((one) => ranks[one] >= ranks[row.access])) {
        for (const [who, client] of limited(role)) {
          const { status, text } = await ask(client, row, about(row, own));
          const said = /foundry/i.exec(text)?.[0] ?? null;
          expect([nameOf(row), who, said, status === 500]).toEqual([nameOf(row), who, null, false]);
        }
      }
    }
  });

  it('G9: what happens in another organisation moves no list and no counter', async () => {
    const admin = people.get('admin') as OperatorClient;
    const whole = guarded.filter((row) => row.method === 'GET' && !row.path.includes(':') && row.path !== streamPath);
    const looks = async () =>
      Promise.all(whole.map(async (row) => [nameOf(row), withoutDisk((await ask(admin, row, {})).text)] as const));
    await looks();
    const before = await looks();
    const annex = await everythingOf('annex-of-foundry');
    await operated.world.mode(textOf(annex, 'organisationId'), 'deploy');
    await operated.world.sweep();
    expect(await looks()).toEqual(before);
  });

  it('G9: what is own is never refused for being foreign', async () => {
    const rows = guarded.filter((row) => !ownAccount.test(row.path) && namesSomething(row));
    const kindest = rows.toSorted((one, other) => Number(one.method === 'DELETE') - Number(other.method === 'DELETE'));
    const client = people.get('admin') as OperatorClient;
    for (const row of kindest) {
      if (notInThisWorld.test(row.path)) continue;
      const { status, text } = await ask(client, row, about(row, own));
      const globalOnly = status === 403 && text.includes('right to all organisations');
      expect([nameOf(row), globalOnly || ![401, 403, 404, 500].includes(status), text.slice(0, 200)]).toEqual([
        nameOf(row),
        true,
        text.slice(0, 200),
      ]);
    }
  });
});

/** The database of this test stands where the packages do, and grows. */
const withoutDisk = (text: string): string => text.replace(/"usedBytes":\d+/, '');

/** Ids that were asked for may come back in the answer. */
function asIfMissing(text: string): string {
  return Object.entries(foreign).reduce((changed, [name, value]) => {
    const [from, to] = [Array.isArray(value) ? String(value[0]) : String(value), missing[name]];
    return shared.has(name) ? changed : changed.replaceAll(from, Array.isArray(to) ? String(to[0]) : String(to));
  }, text);
}
