/** Logs: one JSON object a line, each with the id of its request, and nothing in it that opens a door. */
import { randomUUID } from 'node:crypto';
import { LogController, type FastifyInstance, type FastifyRequest, type FastifyServerOptions } from 'fastify';
import type { ConsoleConfig } from '#console/config.ts';

const causesMax = 4;

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
  readonly cause?: LoggedError;
}

/**
 * An error without its fields: those of an HTTP client hold the whole request, headers and body included. Its text and its
 * causes stay.
 */
export function loggedError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error).slice(0, 500), stack: '' };
  const code: unknown = Reflect.get(error, 'code');
  return {
    type: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    message: error.message.slice(0, 1000),
    stack: error.stack?.slice(0, 4000) ?? '',
    ...(error.cause === undefined || depth >= causesMax ? {} : { cause: loggedError(error.cause, depth + 1) }),
  };
}

/** The pattern of the route, never the address as sent: ids and searches are nobody's business in a log. */
export function routeOf(request: FastifyRequest): string {
  return request.routeOptions.url ?? 'none';
}

const serializers = {
  err: (error: unknown) => ({ ...loggedError(error) }),
  req: (request: FastifyRequest) => ({ method: request.method, route: routeOf(request) }),
  res: (reply: { readonly statusCode?: number }) => ({ status: reply.statusCode ?? 0 }),
};

export type LogTarget = { write(line: string): void };

export type LogOptions = Pick<FastifyServerOptions, 'logger' | 'logController' | 'genReqId'>;

/** Of a listener of this name. `stream`: in tests, instead of standard output. */
export function logOptions(level: ConsoleConfig['logLevel'], name: string, stream?: LogTarget): LogOptions {
  return {
    logger:
      level === 'silent'
        ? false
        : { level, base: { listener: name }, serializers, ...(stream === undefined ? {} : { stream }) },
    logController: new LogController({ disableRequestLogging: true }),
    // Never one that was sent: whoever sends it could write into the log.
    genReqId: () => randomUUID(),
  };
}

/** One line a request once it is answered: what operators change as `info`, the rest, which may be thousands a minute, as `debug`. */
export function logRequests(app: FastifyInstance, listener: 'devices' | 'operators'): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('garrison-request', request.id);
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method } = request;
    const line = { req: request, res: reply, durationMs: Math.round(reply.elapsedTime) };
    if (listener === 'operators' && method !== 'GET') request.log.info(line, 'answered');
    else request.log.debug(line, 'answered');
    done();
  });
}
