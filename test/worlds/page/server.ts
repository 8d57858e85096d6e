/** A console in memory: the operator API as `operatorRoutes` describe it, over the built page. Loopback only. */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { csrfHeader, idempotencyHeader, type Route } from '#console/api/route.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import { hintEvent, sessionEndedEvent, streamPath } from '#console/api/stream.ts';
import { codes, type FaultCode } from '#protocol/codes.ts';
import { Refusal, type Answers } from './answering.ts';
import { answersOf } from './answers.ts';
import type { PageWorld } from './world.ts';

const policy =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

interface Door {
  readonly name: string;
  readonly route: Route;
  readonly pattern: RegExp;
  readonly keys: readonly string[];
}

const doors: readonly Door[] = Object.entries(operatorRoutes).flatMap(([resource, routes]) =>
  Object.entries(routes).map(([name, route]: [string, Route]) => {
    const keys = [...route.path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? '');
    const pattern = new RegExp(`^${route.path.replace(/:\w+/g, '([^/]+)')}$`);
    return { name: `${resource}.${name}`, route, pattern, keys };
  }),
);

export interface PageServer {
  readonly address: string;
  /** Answers that did not satisfy their own schema, and routes without an answer. */
  readonly faults: string[];
  /** Cuts all live-update streams, as a restart of the console would. */
  cutStreams(): void;
  close(): Promise<void>;
}

export async function servePage(world: PageWorld, folder: string, port = 0): Promise<PageServer> {
  const answers = answersOf(world);
  const faults: string[] = [];
  const streams = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void handle({ world, answers, faults, streams, folder }, request, response).catch((error: unknown) => {
      faults.push(String(error));
      problem(response, 500, 'internal');
    });
  });
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const cutStreams = (): void => {
    for (const stream of streams) stream.destroy();
    streams.clear();
  };
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    cutStreams,
    close: async () => {
      cutStreams();
      await shut(server);
    },
  };
}

async function shut(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((done) => server.close(() => done()));
}

interface Serving {
  readonly world: PageWorld;
  readonly answers: Answers;
  readonly faults: string[];
  readonly streams: Set<ServerResponse>;
  readonly folder: string;
}

async function handle(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mock');
  response.setHeader('content-security-policy', policy);
  response.setHeader('x-content-type-options', 'nosniff');
  if (url.pathname === streamPath) return openStream(serving, response);
  if (url.pathname.startsWith('/api/')) return answer(serving, request, response);
  await sendFile(serving.folder, url.pathname, response);
}

function openStream({ world, streams }: Serving, response: ServerResponse): void {
  if (!world.signedIn) return problem(response, 401, 'auth.required');
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': open\n\n');
  streams.add(response);
  const listener = (hint: unknown): void => {
    response.write(`event: ${hintEvent}\ndata: ${JSON.stringify(hint)}\n\n`);
    if (!world.signedIn) response.write(`event: ${sessionEndedEvent}\ndata: \n\n`);
  };
  world.listeners.add(listener);
  response.on('close', () => {
    world.listeners.delete(listener);
    streams.delete(response);
  });
}

async function answer(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world, answers, faults } = serving;
  const url = new URL(request.url ?? '/', 'http://mock');
  const door = doors.find((one) => one.route.method === request.method && one.pattern.test(url.pathname));
  if (door === undefined) return problem(response, 404, 'not-found');
  const { route } = door;
  if (route.access !== 'public' && !world.signedIn) return problem(response, 401, 'auth.required');
  if (route.access !== 'public' && route.method !== 'GET' && request.headers[csrfHeader] !== 'mock-csrf') {
    return problem(response, 403, 'auth.forbidden');
  }
  if (route.fresh === true && !world.fresh) return problem(response, 403, 'auth.not-fresh');
  const values = door.pattern.exec(url.pathname)?.slice(1) ?? [];
  const params = Object.fromEntries(door.keys.map((key, index) => [key, decodeURIComponent(values[index] ?? '')]));
  const text = await bodyOf(request);
  const query = route.query?.safeParse(Object.fromEntries(url.searchParams));
  const body = route.body?.safeParse(text === '' ? undefined : JSON.parse(text));
  if (query?.success === false || body?.success === false) return problem(response, 400, 'request.invalid');
  const answerOf = answers[door.name];
  if (answerOf === undefined) throw new Error(`no answer for ${door.name}`);
  const key = request.method === 'GET' ? undefined : request.headers[idempotencyHeader];
  if (key === undefined && mustHaveKey(route, body?.data))
    faults.push(`${door.name}: an action came without ${idempotencyHeader}`);
  try {
    const value = once(world, key, () => answerOf({ params, query: query?.data, body: body?.data }));
    if (route.method !== 'GET' && world.answersLost > 0) {
      world.answersLost -= 1;
      return void response.destroy();
    }
    if (route.response === null) return void response.writeHead(204).end();
    const checked = route.response.safeParse(value);
    if (!checked.success) faults.push(`${door.name}: ${checked.error.message}`);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    problem(response, error.status, error.code);
  }
}

/** Uploads take none, nobody has signed in yet for what is public, and questions change nothing. */
function mustHaveKey(route: Route, body: unknown): boolean {
  const isQuestion = route.path.endsWith('/preview') || (body as { dryRun?: boolean } | undefined)?.dryRun === true;
  return route.method !== 'GET' && route.access !== 'public' && route.sends === undefined && !isQuestion;
}

/** The same key gets the same answer, and nothing is done twice. */
function once(world: PageWorld, key: string | string[] | undefined, act: () => unknown): unknown {
  if (typeof key !== 'string') return act();
  if (!world.answered.has(key)) world.answered.set(key, act());
  return world.answered.get(key);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}

function problem(response: ServerResponse, status: number, code: FaultCode): void {
  const { title, remedy } = codes[code];
  const document = { type: `urn:garrison:problem:${code}`, title, status, code, remedy };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(document));
}

/** Addresses of the page itself all get the page. */
async function sendFile(folder: string, path: string, response: ServerResponse): Promise<void> {
  const isFile = extname(path) !== '';
  const file = join(folder, isFile ? normalize(path) : 'index.html');
  try {
    const content = await readFile(file);
    response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(content);
  } catch {
    problem(response, 404, 'not-found');
  }
}
