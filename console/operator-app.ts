/** The listener of operators: API, live hints and the page. Builds, never listens. */
import { existsSync } from 'node:fs';
import cookie from '@fastify/cookie';
import rateLimit from '@fastify/rate-limit';
import fastifyStatic from '@fastify/static';
import { fastify, type FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { Fault } from '#protocol/codes.ts';
import { logRequests, type LogOptions } from '#console/operation/log.ts';
import { openApiOf, type OpenApi, type Served } from '#console/operation/openapi.ts';
import { registerMetrics, type MetricsAccess } from '#console/operation/metrics-listener.ts';
import { cookieName } from '#console/auth/guard.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { answerProblem, problemOf } from '#console/problems.ts';
import { registerActivity } from '#console/routes/activity.ts';
import { registerAlerts } from '#console/routes/alerts.ts';
import { registerAccount } from '#console/routes/account.ts';
import { registerApiKeys } from '#console/routes/api-keys.ts';
import { registerAgentVersions } from '#console/routes/agent-versions.ts';
import { registerBulkRetry } from '#console/routes/bulk-retry.ts';
import { registerConnectionChanges } from '#console/routes/connection-changes.ts';
import { registerConnections } from '#console/routes/connections.ts';
import { registerCoverage } from '#console/routes/coverage.ts';
import { registerDiagnostics } from '#console/routes/diagnostics.ts';
import { registerDeviceDecisions } from '#console/routes/device-decisions.ts';
import { registerDeviceExport } from '#console/routes/device-export.ts';
import { registerDevices } from '#console/routes/devices.ts';
import { registerEnrolmentKeys } from '#console/routes/enrolment-keys.ts';
import { registerExceptions } from '#console/routes/exceptions.ts';
import { registerHealth } from '#console/routes/health.ts';
import { registerMacos } from '#console/routes/macos.ts';
import { registerMappings } from '#console/routes/mappings.ts';
import { registerOpenApi } from '#console/routes/openapi.ts';
import { registerOperators } from '#console/routes/operators.ts';
import { registerOffboarding } from '#console/routes/offboarding.ts';
import { registerOrganisationMaking } from '#console/routes/organisation-making.ts';
import { registerNotifications } from '#console/routes/notifications.ts';
import { registerOrganisations } from '#console/routes/organisations.ts';
import { registerOverview } from '#console/routes/overview.ts';
import { registerPackages } from '#console/routes/packages.ts';
import { registerRetention } from '#console/routes/retention.ts';
import type { Server } from '#console/routes/serve.ts';
import { registerSession } from '#console/routes/session.ts';
import { registerSignOn } from '#console/routes/sign-on.ts';
import { registerStream } from '#console/routes/stream.ts';
import { registerVendorActions } from '#console/routes/vendor-actions.ts';
import { registerVendorRecord } from '#console/routes/vendor-record.ts';

const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=()',
};

function answerErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => {
    if (!hasZodFastifySchemaValidationErrors(error)) return answerProblem(error, request, reply);
    const fields = error.validation.slice(0, 50).map((one) => ({
      path: one.instancePath.replaceAll('/', '.').replace(/^\./, '').slice(0, 200),
      problem: (one.message ?? 'not valid').slice(0, 200),
    }));
    const problem = { ...problemOf(new Fault('request.invalid', 'some fields are not valid')), fields };
    return reply.code(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  });
}

/** The built page; any other path of it is answered with its first document, so that links into it work. */
async function servePage(app: FastifyInstance, directory: string): Promise<void> {
  await app.register(fastifyStatic, {
    root: directory,
    wildcard: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache');
    },
  });
  app.setNotFoundHandler((request, reply) => {
    const forPage =
      request.method === 'GET' &&
      !request.url.startsWith('/api/') &&
      (request.headers.accept ?? '').includes('text/html');
    if (forPage) return reply.sendFile('index.html');
    throw new Fault('not-found', 'there is nothing here');
  });
}

function registerRoutes(server: Server): void {
  registerActivity(server);
  registerAlerts(server);
  registerSession(server);
  registerSignOn(server);
  registerAccount(server);
  registerApiKeys(server);
  registerOperators(server);
  registerOverview(server);
  registerOrganisations(server);
  registerOffboarding(server);
  registerOrganisationMaking(server);
  registerEnrolmentKeys(server);
  registerCoverage(server);
  registerDeviceDecisions(server);
  registerDevices(server);
  registerDeviceExport(server);
  registerDiagnostics(server);
  registerAgentVersions(server);
  registerBulkRetry(server);
  registerVendorRecord(server);
  registerVendorActions(server);
  registerExceptions(server);
  registerConnections(server);
  registerConnectionChanges(server);
  registerMappings(server);
  registerPackages(server);
  registerMacos(server);
  registerNotifications(server);
  registerRetention(server);
  registerStream(server);
  registerOpenApi(server);
  registerHealth(server.app, server.side.devices.readiness);
}

export interface OperatorAppOptions {
  readonly log?: LogOptions;
  /** Told of the app before it has routes. */
  readonly measure?: (app: FastifyInstance) => void;
  /** Serves `/metrics` to whoever has its token. */
  readonly metrics?: MetricsAccess;
  readonly trustProxy?: string | false;
  /** Told of every route there is, for what must not forget one. */
  readonly routeAdded?: (method: string, path: string) => void;
  /** Speaks TLS itself. */
  readonly https?: { readonly cert: string | Buffer; readonly key: string | Buffer };
}

export async function buildOperatorApp(side: OperatorSide, options: OperatorAppOptions = {}): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.log ?? { logger: false }),
    trustProxy: options.trustProxy ?? false,
    ...(options.https === undefined ? {} : { https: options.https }),
    bodyLimit: 256 * 1024,
    forceCloseConnections: 'idle',
  });
  logRequests(app, 'operators');
  options.measure?.(app);
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  answerErrors(app);
  const { routeAdded } = options;
  if (routeAdded !== undefined)
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) routeAdded(one, url);
    });
  app.decorateRequest('operator', null);
  app.addHook('onSend', async (request, reply) => {
    reply.headers(securityHeaders);
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
  });
  await app.register(cookie);
  await app.register(rateLimit, { max: 1_200, timeWindow: 60_000 });
  const { webDirectory } = side.settings;
  if (webDirectory !== null && existsSync(webDirectory)) await servePage(app, webDirectory);
  else app.setNotFoundHandler(() => Promise.reject(new Fault('not-found', 'there is nothing here')));
  const rows: Served[] = [];
  const about = { version: side.settings.version, cookie: cookieName(side.settings.secureCookies) };
  let document: OpenApi | null = null;
  app.decorate('openApi', () => (document ??= openApiOf(rows, about)));
  await app.register((scope, _options, done) => {
    registerRoutes({ app: scope, side, rows });
    if (options.metrics !== undefined) registerMetrics(scope, options.metrics);
    done();
  });
  // Before the listener waits for its connections: open pages would never end by themselves.
  app.addHook('preClose', async () => side.hints.endAll());
  return app;
}
