/** Somebody at the page: a cookie, a token, an origin, and the routes of the API. */
import type { FastifyInstance } from 'fastify';
import type * as z from 'zod';
import { csrfHeader, type Route } from '#console/api/route.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { demandDocumented } from '#test/worlds/fleet/documented.ts';
import { origin } from '#test/worlds/fleet/console.ts';

export interface Given {
  params?: Record<string, string>;
  query?: Record<string, string | number>;
  body?: unknown;
  headers?: Record<string, string>;
}

/** What the console refused, with its problem document. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(row: Route, status: number, text: string) {
    super(`${row.method} ${row.path}: ${status} ${text}`);
    this.status = status;
    this.code = (JSON.parse(text || '{}') as { code?: string }).code ?? '';
  }
}

export class OperatorClient {
  readonly app: FastifyInstance;
  cookie = '';
  csrf = '';
  /** Where the requests come from: how many may come in a minute is counted by address. */
  address = '127.0.0.1';
  /** Given again when a route asks for it, as the page's dialog does. */
  #password = '';
  #apiKey: string | null = null;

  constructor(app: FastifyInstance) {
    this.app = app;
  }

  static async signedIn(app: FastifyInstance, name: string, password: string): Promise<OperatorClient> {
    const client = new OperatorClient(app);
    await client.signIn(name, password);
    return client;
  }

  /** A program instead of somebody at the page. */
  static withApiKey(app: FastifyInstance, secret: string): OperatorClient {
    const client = new OperatorClient(app);
    client.#apiKey = secret;
    return client;
  }

  #ownHeaders(row: Route): Record<string, string> {
    if (this.#apiKey !== null) return { authorization: `Bearer ${this.#apiKey}` };
    return { cookie: this.cookie, ...(row.method === 'GET' ? {} : { origin, [csrfHeader]: this.csrf }) };
  }

  async raw(row: Route, given: Given = {}) {
    const path = row.path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(given.params?.[name] ?? ''));
    const query = Object.entries(given.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
    const answer = await this.app.inject({
      method: row.method,
      remoteAddress: this.address,
      url: query.length === 0 ? path : `${path}?${new URLSearchParams(query).toString()}`,
      headers: {
        ...this.#ownHeaders(row),
        ...given.headers,
      },
      ...(given.body === undefined ? {} : { payload: given.body as object }),
    });
    // A console in another process has no app to ask.
    if ('openApi' in this.app) demandDocumented(this.app.openApi(), row, answer);
    return answer;
  }

  async call<R extends Route>(
    row: R,
    given: Given = {},
  ): Promise<R['response'] extends z.ZodType ? z.output<R['response']> : null> {
    let answer = await this.raw(row, given);
    if (this.#password !== '' && answer.body.includes('"auth.not-fresh"')) {
      await this.raw(sessionRoutes.confirm, { body: { password: this.#password } });
      answer = await this.raw(row, given);
    }
    if (answer.statusCode >= 300) throw new Problem(row, answer.statusCode, answer.body);
    return (row.response === null ? null : row.response.parse(answer.json())) as never;
  }

  async signIn(name: string, password: string, code?: string): Promise<void> {
    const body = { name, password, ...(code === undefined ? {} : { code }) };
    const answer = await this.raw(sessionRoutes.signIn, { body });
    if (answer.statusCode >= 300) throw new Problem(sessionRoutes.signIn, answer.statusCode, answer.body);
    const session = sessionRoutes.signIn.response.parse(answer.json());
    if (session.kind !== 'signed-in') throw new Error(session.kind);
    const set = answer.cookies[0];
    this.cookie = `${set?.name}=${set?.value}`;
    this.csrf = session.csrfToken;
    this.#password = password;
  }
}
