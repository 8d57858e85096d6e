/** An operator at the console's own interface, without a page: one call per row of `console/api`. */
import type * as z from 'zod';
import { csrfHeader, type Route } from '#console/api/route.ts';
import { sessionRoutes } from '#console/api/session.ts';

type Input<T> = T extends z.ZodType ? z.input<T> : undefined;
type Output<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : null;

export interface Given<R extends Route> {
  readonly params?: Input<R['params']>;
  readonly query?: Input<R['query']>;
  readonly body?: Input<R['body']>;
}

export interface Operator {
  call<R extends Route>(route: R, given?: Given<R>): Promise<Output<R>>;
  readonly cookie: string;
}

/** Thrown for anything but 2xx. */
class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, problem: { code?: string; title?: string; detail?: string }) {
    super(`${status} ${problem.code ?? ''}: ${problem.title ?? ''} ${problem.detail ?? ''}`);
    this.status = status;
    this.code = problem.code ?? '';
  }
}

/** Makes the first administrator and is signed in as it. */
export async function firstAdministrator(
  address: string,
  secret: string,
  login: { name: string; password: string },
): Promise<Operator> {
  const session = { address, cookie: '', csrfToken: '' };
  const answer = await send(session, sessionRoutes.firstAdministrator, { body: { secret, ...login } });
  session.csrfToken = answer.csrfToken;
  return operatorOf(session);
}

export async function signIn(address: string, login: { name: string; password: string }): Promise<Operator> {
  const session = { address, cookie: '', csrfToken: '' };
  const answer = await send(session, sessionRoutes.signIn, { body: login });
  if (answer.kind !== 'signed-in') throw new Error('a code is asked for');
  session.csrfToken = answer.csrfToken;
  return operatorOf(session);
}

interface SessionState {
  readonly address: string;
  cookie: string;
  csrfToken: string;
}

function operatorOf(session: SessionState): Operator {
  return {
    call: (route, given) => send(session, route, given ?? {}),
    get cookie() {
      return session.cookie;
    },
  };
}

async function send<R extends Route>(session: SessionState, route: R, given: Given<R>): Promise<Output<R>> {
  const { body, params, query } = given as {
    body?: unknown;
    params?: Record<string, string>;
    query?: Record<string, unknown>;
  };
  const path = route.path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''));
  const search = new URLSearchParams(
    Object.entries(query ?? {}).map(([key, value]): [string, string] => [key, String(value)]),
  );
  const url = `${session.address}${path}${search.size === 0 ? '' : `?${search.toString()}`}`;
  const answer = await fetch(url, {
    method: route.method,
    headers: {
      origin: session.address,
      cookie: session.cookie,
      ...(route.method === 'GET' ? {} : { [csrfHeader]: session.csrfToken }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const cookies = answer.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  if (cookies.length > 0) session.cookie = cookies.join('; ');
  const text = await answer.text();
  if (!answer.ok) throw new Refused(answer.status, parseProblem(text));
  return (route.response === null ? null : route.response.parse(JSON.parse(text))) as Output<R>;
}

function parseProblem(text: string): { code?: string; title?: string; detail?: string } {
  try {
    return JSON.parse(text) as { code?: string };
  } catch {
    return { detail: text.slice(0, 300) };
  }
}
