/** Signing in by password: session tokens, sent as `Token`, the second factor in between. */
import {
  badRequest,
  data,
  dataOf,
  unauthorized,
  vendorError,
  Refusal,
  type Answer,
  type Exchange,
  type Route,
} from '#test/worlds/sentinelone/exchange.ts';
import { issueToken, type IssuedToken, type User } from '#test/worlds/sentinelone/tenant.ts';

const sessionMs = 3_600_000;

function openSession(user: User, now: number, temporary: boolean): IssuedToken {
  const session = { ...issueToken(now, undefined, temporary ? 300_000 : sessionMs), temporary };
  user.sessions.push(session);
  return session;
}

function answer(user: User, session: IssuedToken | null, status: string): Answer {
  const twoFaMethod = user.twoFa === 'none' ? null : user.twoFa;
  return data({ token: session?.value ?? null, status, twoFaMethod, csrf: null });
}

/** The body has no `data` around it. */
function login(exchange: Exchange): Answer {
  const { username, password } = exchange.body;
  const user = exchange.tenant.users.find(({ email, kind }) => email === username && kind === 'user');
  if (user?.source === 'sso_saml')
    throw new Refusal(vendorError(401, 4_010_035, 'Authentication Failed', 'Single sign-on user'));
  if (user === undefined || user.password === null || user.password !== password) throw unauthorized();
  if (user.loginStatus !== null) return answer(user, null, user.loginStatus);
  if (user.twoFa === 'none') return answer(user, openSession(user, exchange.now, false), 'verified');
  return answer(user, openSession(user, exchange.now, true), 'temporary');
}

/** A code is good once. */
function secondFactor(exchange: Exchange): Answer {
  const { user } = exchange;
  const { code } = dataOf(exchange.body);
  if (typeof code !== 'string') throw badRequest('code: Missing data for required field.');
  if (user.twoFa !== 'application' || user.code === null || code !== user.code) throw unauthorized();
  user.code = null;
  user.sessions = user.sessions.filter(({ value }) => value !== exchange.token);
  return answer(user, openSession(user, exchange.now, false), 'verified');
}

function logout(exchange: Exchange): Answer {
  exchange.user.sessions = exchange.user.sessions.filter(({ value }) => value !== exchange.token);
  return data({ success: true });
}

export const signInRoutes: readonly Route[] = [
  { method: 'POST', path: 'users/login', permission: null, query: [], handle: login },
  { method: 'POST', path: 'users/auth/app', permission: '', query: [], handle: secondFactor, temporaryToo: true },
  { method: 'POST', path: 'users/logout', permission: '', query: [], handle: logout, temporaryToo: true },
];
