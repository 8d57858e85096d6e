/** From a request to its answer: routes, the token header, strict queries, planned faults. */
import { renameSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { agentRoutes } from '#test/worlds/sentinelone/agent-routes.ts';
import { heartbeat, register } from '#test/worlds/sentinelone/enrolment.ts';
import {
  badRequest,
  forbidden,
  unauthorized,
  type Answer,
  type Exchange,
  type Route,
  type Settings,
} from '#test/worlds/sentinelone/exchange.ts';
import { packageRoutes } from '#test/worlds/sentinelone/package-routes.ts';
import { roleRoutes } from '#test/worlds/sentinelone/role-routes.ts';
import { signInRoutes } from '#test/worlds/sentinelone/sign-in-routes.ts';
import { siteRoutes } from '#test/worlds/sentinelone/site-routes.ts';
import type { Tenant, User } from '#test/worlds/sentinelone/tenant.ts';
import { threatRoutes } from '#test/worlds/sentinelone/threat-routes.ts';
import { userRoutes } from '#test/worlds/sentinelone/user-routes.ts';

/** What the next matching requests get instead of an answer. */
export interface PlannedFault {
  /** Found anywhere in "GET /web/api/v2.1/sites?limit=10". */
  match: RegExp;
  times: number;
  answer: Answer | 'reset' | { delayMs: number };
}

interface SeenRequest {
  method: string;
  /** As it came: path and query. */
  url: string;
  authorization: string | null;
  headers: Record<string, string | string[] | undefined>;
}

export interface SentinelOneWorld {
  url: string;
  /** Of the first user. */
  apiToken: string;
  tenant: Tenant;
  settings: Settings;
  faults: PlannedFault[];
  requests: SeenRequest[];
  now(): number;
  /** Of the site with this id. */
  registrationToken(siteId: string): string;
  stop(): Promise<void>;
}

const prefix = '/web/api/v2.1/';
const bodyBytesMax = 1024 * 1024;
const routes: readonly Route[] = [
  ...signInRoutes,
  ...userRoutes,
  ...roleRoutes,
  ...siteRoutes,
  ...packageRoutes,
  ...agentRoutes,
  ...threatRoutes,
];

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':')) params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return null;
  }
  return params;
}

/** Any case of the scheme word; `Token` is for sessions; a bare token is nobody's. */
function authenticate(
  tenant: Tenant,
  header: string | undefined,
  { now, temporaryToo }: { now: number; temporaryToo: boolean },
): { user: User; token: string } | null {
  const [, scheme = '', token = ''] = /^(apitoken|token) (\S+)$/i.exec(header ?? '') ?? [];
  const user = tenant.users.find((candidate) => {
    const valid = scheme.toLowerCase() === 'apitoken' ? [candidate.apiToken] : candidate.sessions;
    return valid.some(
      (issued) =>
        issued !== null &&
        issued.value === token &&
        now < issued.expiresAtMs &&
        (temporaryToo || issued.temporary !== true),
    );
  });
  return user === undefined ? null : { user, token };
}

function strictQuery(parameters: URLSearchParams, known: readonly string[]): Map<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (!known.includes(name)) throw badRequest(`${name}: Unknown field`);
    if (query.has(name)) throw badRequest(`${name}: Given twice; join values with commas`);
    query.set(name, value);
  }
  return query;
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw badRequest('body: Too large');
    parts.push(chunk);
  }
  const text = Buffer.concat(parts).toString('utf8').trim();
  if (text === '') return {};
  if (!text.startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
  try {
    return Object(JSON.parse(text));
  } catch {
    throw badRequest('body: Not JSON');
  }
}

export class Dispatcher {
  readonly world: SentinelOneWorld;
  readonly downloads = new Map<string, number[]>();
  private readonly stateFile: string | undefined;

  constructor(world: SentinelOneWorld, stateFile: string | undefined) {
    this.world = world;
    this.stateFile = stateFile;
  }

  save(): void {
    if (this.stateFile === undefined) return;
    writeFileSync(`${this.stateFile}.new`, JSON.stringify(this.world.tenant, null, 1), { mode: 0o600 });
    renameSync(`${this.stateFile}.new`, this.stateFile);
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(`http://stand-in${request.url ?? '/'}`);
    if ((request.url ?? '').split('?')[0]?.includes('//')) throw unauthorized();
    if (url.pathname.startsWith('/stand-in/')) return this.enrol(request, url.pathname);
    if (!url.pathname.startsWith(prefix)) return { status: 404, body: 'Not found', headers: {} };
    return this.route(request, url);
  }

  private async enrol(request: IncomingMessage, path: string): Promise<Answer> {
    const { tenant, settings } = this.world;
    const context = { tenant, settings, now: this.world.now(), body: await readBody(request) };
    const handle = { '/stand-in/register': register, '/stand-in/heartbeat': heartbeat }[path];
    if (handle === undefined || request.method !== 'POST') return { status: 404, body: 'Not found', headers: {} };
    const answer = handle(context);
    this.save();
    return answer;
  }

  private async route(request: IncomingMessage, url: URL): Promise<Answer> {
    const path = url.pathname.slice(prefix.length);
    for (const route of routes) {
      const params = route.method === request.method ? matchPath(route.path, path) : null;
      if (params !== null) return this.run(route, { request, url, params });
    }
    return { status: 404, body: 'no Route matched with those values', headers: { 'content-type': 'text/plain' } };
  }

  private async run(
    route: Route,
    call: { request: IncomingMessage; url: URL; params: Record<string, string> },
  ): Promise<Answer> {
    const { tenant, settings } = this.world;
    const now = this.world.now();
    const caller = authenticate(tenant, call.request.headers.authorization, {
      now,
      temporaryToo: route.temporaryToo === true,
    });
    if (caller === null && route.permission !== null) throw unauthorized();
    const user = caller?.user ?? tenant.users[0];
    if (user === undefined) throw unauthorized();
    const wanted = route.permission ?? '';
    if (wanted !== '' && !user.permissions.includes('*') && !user.permissions.includes(wanted))
      throw user.missingPermission === 401 ? unauthorized() : forbidden();
    const exchange: Exchange = {
      tenant,
      settings,
      now,
      user,
      token: caller?.token ?? '',
      params: call.params,
      query: strictQuery(call.url.searchParams, route.query),
      body: route.method === 'GET' ? {} : await readBody(call.request),
      changed: () => this.save(),
      downloads: this.downloads,
    };
    return route.handle(exchange);
  }

  /** The planned fault for this request, used up by one. */
  fault(request: IncomingMessage): PlannedFault | undefined {
    const line = `${request.method} ${request.url}`;
    const planned = this.world.faults.find((candidate) => candidate.times > 0 && candidate.match.test(line));
    if (planned !== undefined) planned.times -= 1;
    return planned;
  }
}
