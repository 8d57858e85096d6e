/** Calls the operator API by its routes. Answers are checked against the same schemas the server answers by. */
import type * as z from 'zod';
import { csrfHeader, idempotencyHeader, type Route } from '#console/api/route.ts';
import { doneOnce } from '#console/web/server/once.ts';
import { noteServerTime } from '#console/web/server/clock.ts';
import { problemSchema, type Problem } from '#protocol/fault-record.ts';

type Part<R extends Route, K extends 'params' | 'query' | 'body'> = R[K] extends z.ZodType
  ? { readonly [P in K]: z.input<R[K]> }
  : unknown;
export type Asked<R extends Route> = Part<R, 'params'> & Part<R, 'query'> & Part<R, 'body'>;
export type Answer<R extends Route> = R['response'] extends z.ZodType ? z.output<R['response']> : null;

/** What the console refused, with its problem document. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

let csrfToken = '';
let onSessionLost: () => void = () => undefined;
let onConfirmation: () => Promise<boolean> = () => Promise.resolve(false);

/** Set by the session's owner: the token to send, and what to do when the console says that nobody is signed in. */
export function sendCsrfToken(token: string): void {
  csrfToken = token;
}
export function whenSessionIsLost(handle: () => void): void {
  onSessionLost = handle;
}

/** Set by the dialog that asks for the password again; its answer says whether it was given. */
export function whenConfirmationIsAsked(ask: () => Promise<boolean>): void {
  onConfirmation = ask;
}

/** An action is done once, however often its button is pressed or its request has to be sent (`once.ts`). */
export async function call<R extends Route>(route: R, asked: Asked<R>, signal?: AbortSignal): Promise<Answer<R>> {
  const { body, params, query } = asked as { body?: unknown; params?: Bag; query?: Bag };
  const content = body === undefined ? null : { type: 'application/json', bytes: JSON.stringify(body) };
  const url = pathOf(route, params) + queryOf(query);
  // With a signal it is a question, such as what would happen: it may be called off, and wants the newest answer.
  const isAction = route.method !== 'GET' && route.access !== 'public' && signal === undefined;
  if (!isAction) return exchange(route, { url, content, signal });
  const what = `${route.method} ${url} ${content?.bytes ?? ''}`;
  return doneOnce(what, (key) => exchange(route, { url, content, key }));
}

/** For the one route whose body is a file itself. */
export async function sendFile<R extends Route>(route: R, asked: Asked<R>, file: Blob): Promise<Answer<R>> {
  const { params, query } = asked as { params?: Bag; query?: Bag };
  const content = { type: 'application/octet-stream', bytes: file };
  return exchange(route, { url: pathOf(route, params) + queryOf(query), content });
}

interface Sent {
  readonly url: string;
  readonly content: { readonly type: string; readonly bytes: string | Blob } | null;
  readonly signal?: AbortSignal | undefined;
  /** Idempotency key of an action. */
  readonly key?: string;
}

/** What needs a confirmation asks for it and then goes on with what was asked. */
async function exchange<R extends Route>(route: R, sent: Sent): Promise<Answer<R>> {
  try {
    return await exchangeOnce(route, sent);
  } catch (error) {
    const wanted = error instanceof ProblemError && error.problem.code === 'auth.not-fresh';
    if (!wanted || !(await onConfirmation())) throw error;
    return exchangeOnce(route, sent);
  }
}

async function exchangeOnce<R extends Route>(route: R, { url, content, signal, key }: Sent): Promise<Answer<R>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (route.method !== 'GET') headers[csrfHeader] = csrfToken;
  if (content !== null) headers['content-type'] = content.type;
  if (key !== undefined) headers[idempotencyHeader] = key;
  const response = await send(url, {
    method: route.method,
    headers,
    credentials: 'same-origin',
    ...(signal && { signal }),
    ...(content !== null && { body: content.bytes }),
  });
  noteServerTime(response.headers.get('date'));
  if (!response.ok) throw await problemOf(response);
  if (route.response === null) return null as Answer<R>;
  return route.response.parse(await response.json()) as Answer<R>;
}

type Bag = Readonly<Record<string, unknown>>;

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ProblemError({
      type: 'about:blank',
      title: 'The console does not answer',
      status: 0,
      code: 'unreachable',
      remedy: 'Check your network; the page tries again by itself.',
    });
  }
}

async function problemOf(response: Response): Promise<ProblemError> {
  const document: unknown = await response.json().catch(() => null);
  const parsed = problemSchema.safeParse(document);
  // A wrong password is answered with the same status, and ends no session.
  if (response.status === 401 && parsed.data?.code !== 'auth.refused') onSessionLost();
  if (parsed.success) return new ProblemError(parsed.data);
  return new ProblemError({
    type: 'about:blank',
    title: `The console answered with status ${response.status}`,
    status: response.status,
    code: 'unreadable',
    remedy: 'Reload the page. Look at the log of the console if it stays.',
  });
}

export function pathOf(route: Route, params: Bag | undefined): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params?.[name])));
}

function queryOf(query: Bag | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '');
  return pairs.length === 0
    ? ''
    : `?${new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString()}`;
}
