/** Signing in and out; the session is a strict cookie. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sessionRoutes, type SignedIn } from '#console/api/session.ts';
import { cookieName } from '#console/auth/guard.ts';
import { sessionLifeMs, type Opened, type Origin } from '#console/auth/sessions.ts';
import type { SignedInOperator } from '#console/auth/signed-in.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { serve, type Server } from '#console/routes/serve.ts';

function cookieOptions(side: OperatorSide) {
  return { path: '/', httpOnly: true, sameSite: 'strict', secure: side.settings.secureCookies } as const;
}

function signedIn(side: OperatorSide, who: SignedInOperator): SignedIn {
  const { operator, csrfToken, via } = who;
  return { kind: 'signed-in', operator, csrfToken, consoleVersion: side.settings.version, via };
}

export function setCookie(side: OperatorSide, reply: FastifyReply, token: string): void {
  const options = { ...cookieOptions(side), maxAge: sessionLifeMs / 1000 };
  reply.setCookie(cookieName(side.settings.secureCookies), token, options);
}

export function originOf(request: FastifyRequest): Origin {
  return { address: request.ip, browser: request.headers['user-agent'] ?? '' };
}

/** Sets the cookie of a session that was just opened. */
export function enter(side: OperatorSide, reply: FastifyReply, { token, who }: Opened): SignedIn {
  setCookie(side, reply, token);
  return signedIn(side, who);
}

export function registerSession(server: Server): void {
  const { side } = server;
  serve(server, sessionRoutes.read, async ({ who }) => {
    if (who !== null) return signedIn(side, who);
    if (!(await side.operators.exist())) return { kind: 'no-administrator' as const };
    return { kind: 'signed-out' as const, signOn: await side.signOn.label() };
  });
  serve(server, sessionRoutes.signIn, async ({ body, request, reply }) => {
    const answer = await side.operators.signIn({ ...body, ...originOf(request) });
    if (answer.kind === 'code-required') return answer;
    return enter(side, reply, answer);
  });
  serve(server, sessionRoutes.signOut, async ({ who, reply }) => {
    await side.operators.signOut(who);
    await side.devices.store.announce(`operator:${who.operator.operatorId}`).catch(() => undefined);
    reply.clearCookie(cookieName(side.settings.secureCookies), cookieOptions(side));
    return null;
  });
  serve(server, sessionRoutes.confirm, async ({ who, body, request }) => {
    // A wrong password must not look like a lost session.
    const kind = await side.operators.confirm(who, { ...body, address: request.ip });
    return { kind };
  });
  serve(server, sessionRoutes.firstAdministrator, async ({ body, request, reply }) => {
    return enter(side, reply, await side.operators.firstAdministrator({ ...body, ...originOf(request) }));
  });
}
