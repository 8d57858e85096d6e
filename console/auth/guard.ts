/** Who may call an operator route: session, right, origin and CSRF token, before the body is read. */
import type { FastifyRequest } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { equal } from '#protocol/crypto.ts';
import { csrfHeader, type Access, type Route } from '#console/api/route.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import type { OperatorSide } from '#console/operator-side.ts';

const ranks: Readonly<Record<Access, number>> = { public: 0, viewer: 1, operator: 2, admin: 3 };

export function cookieName(secure: boolean): string {
  return secure ? '__Host-garrison' : 'garrison';
}

function demandOrigin(side: OperatorSide, request: FastifyRequest): void {
  const { origin } = request.headers;
  if (origin !== undefined && side.settings.origins.includes(origin)) return;
  throw new Fault('auth.forbidden', 'the request does not come from the page of this console');
}

function demandCsrf(who: SignedInOperator, request: FastifyRequest): void {
  const sent = request.headers[csrfHeader];
  if (typeof sent === 'string' && equal(Buffer.from(sent), Buffer.from(who.csrfToken))) return;
  throw new Fault('auth.forbidden', 'the request does not carry the token of this session');
}

/** An API key travels here and nowhere else: no browser adds this header by itself, so no other page can make it. */
function apiKeyIn(request: FastifyRequest): string | null {
  const { authorization } = request.headers;
  if (authorization === undefined) return null;
  return /^Bearer +(\S{1,200})$/i.exec(authorization)?.[1] ?? '';
}

/** Whoever a request comes from; null: nobody. With an API key the cookie says nothing. */
export async function identify(side: OperatorSide, request: FastifyRequest): Promise<SignedInOperator | null> {
  const apiKey = apiKeyIn(request);
  if (apiKey !== null) return side.operators.byApiKey(apiKey, request.ip);
  return side.operators.whoIs(request.cookies[cookieName(side.settings.secureCookies)]);
}

/** The operator behind a request; null for a public route without a session. Faults `auth.…`. */
export async function admit(side: OperatorSide, row: Route, request: FastifyRequest): Promise<SignedInOperator | null> {
  const byBrowser = row.method !== 'GET' && apiKeyIn(request) === null;
  if (byBrowser) demandOrigin(side, request);
  const who = await identify(side, request);
  if (row.access === 'public') return who;
  if (who === null) throw new Fault('auth.required', 'nobody is signed in');
  if (byBrowser) demandCsrf(who, request);
  if (ranks[who.operator.role] < ranks[row.access])
    throw new Fault('auth.forbidden', `this needs the role ${row.access}`);
  if (row.person === true && who.apiKey) throw new Fault('auth.forbidden', 'this is for people, not for API keys');
  return who;
}

/** Where a route always needs it, its row says `fresh`; this is for those that need it only sometimes. */
export function requireFresh(request: Pick<FastifyRequest, 'operator'>): void {
  if (request.operator?.fresh === true) return;
  throw new Fault('auth.not-fresh', 'the password was last given more than ten minutes ago');
}

/** For what concerns every organisation: connections, packages, new organisations (G16). */
export function demandGlobal(who: SignedInOperator): void {
  if (who.operator.organisationIds !== null)
    throw new Fault('auth.forbidden', 'this needs a right to all organisations');
}
