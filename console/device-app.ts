/** The listener of devices. Builds, never listens. */
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyRequest } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { paths } from '#protocol/messages.ts';
import type { DeviceSide } from '#console/context.ts';
import { signRevocation } from '#console/fleet/membership/revocation.ts';
import { answerProblem, DeviceRevoked } from '#console/problems.ts';
import { registerAgentDiagnostics } from '#console/routes/agent-diagnostics.ts';
import { registerAgentRoutes } from '#console/routes/agent.ts';
import { logRequests, type LogOptions } from '#console/operation/log.ts';
import { healthPaths, registerHealth } from '#console/routes/health.ts';
import { registerInstall } from '#console/routes/install.ts';

export interface Load {
  /** Requests in work, held ones apart. */
  readonly inWorkMax: number;
  readonly heldMax: number;
}

const defaultLoad: Load = { inWorkMax: 2_000, heldMax: 19_500 };

/** Nobody begins to wait at a console that is about to end; all of them back at once would be too many. */
function away(): Fault {
  const retryAfterMs = 1_000 + Math.floor(Math.random() * 9_000);
  return new Fault('overloaded', 'this console is about to end', { context: { retryAfterMs } });
}

/**
 * What is open to everybody may hold a part of the work and no more, however slowly it sends or reads: strangers keep each
 * other out then, and not the devices.
 */
const shares: readonly { readonly part: number; readonly of: (route: string) => boolean }[] = [
  { part: 1 / 8, of: (route) => route.startsWith('/install/') },
  { part: 1 / 2, of: (route) => route === paths.enrol || route === paths.session },
];

/** Refuses politely before everything becomes slow. */
function shedLoad(app: FastifyInstance, side: DeviceSide, load: Load): void {
  const open = new Set<FastifyRequest>();
  const inShare = shares.map(() => 0);
  app.addHook('onRequest', (request, reply, done) => {
    if (healthPaths.has(request.url)) return done();
    if (side.readiness.leaving() && request.url.startsWith(paths.commands)) return done(away());
    const held = side.waiters.held();
    const inWork = open.size - held;
    open.add(request);
    reply.raw.once('close', () => open.delete(request));
    const share = shares.findIndex(({ of }) => of(request.routeOptions.url ?? ''));
    const inShareMax = load.inWorkMax * (shares[share]?.part ?? 1);
    const isOver = share !== -1 && (inShare[share] ?? 0) >= inShareMax;
    if (share !== -1) {
      inShare[share] = (inShare[share] ?? 0) + 1;
      reply.raw.once('close', () => (inShare[share] = (inShare[share] ?? 1) - 1));
    }
    if (inWork < load.inWorkMax && held < load.heldMax && !isOver) return done();
    done(
      new Fault('overloaded', 'too many devices at once', { context: { retryAfterMs: 10_000 + (inWork % 50) * 1000 } }),
    );
  });
}

export interface DeviceAppOptions {
  readonly log?: LogOptions;
  /** Told of the app before it has routes. */
  readonly measure?: (app: FastifyInstance) => void;
  readonly load?: Load;
  /** How many proxies stand in front; none unless configured. */
  readonly trustProxy?: string | false;
  /** Speaks TLS itself. */
  readonly https?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

export async function buildDeviceApp(side: DeviceSide, options: DeviceAppOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.log ?? { logger: false }),
    trustProxy: options.trustProxy ?? false,
    ...(options.https === undefined ? {} : { https: options.https }),
    bodyLimit: 64 * 1024,
    keepAliveTimeout: 300_000,
    requestTimeout: 60_000,
    routerOptions: { maxParamLength: 200 },
    forceCloseConnections: 'idle',
  });
  logRequests(app, 'devices');
  options.measure?.(app);
  app.setErrorHandler((error, request, reply) => {
    const proof = error instanceof DeviceRevoked ? { revocation: signRevocation(side, error) } : {};
    return answerProblem(error, request, reply, proof);
  });
  app.setNotFoundHandler(() => {
    throw new Fault('not-found', 'there is nothing here');
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  await app.register(rateLimit, { global: false });
  shedLoad(app, side, options.load ?? defaultLoad);
  registerHealth(app, side.readiness);
  registerAgentDiagnostics(app, side);
  registerAgentRoutes(app, side);
  registerInstall(app, side);
  return app;
}
