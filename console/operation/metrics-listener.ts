/** `/metrics`: on a listener of its own, and on the operators' one for whoever has the token (G22). */
import { readFileSync } from 'node:fs';
import rateLimit from '@fastify/rate-limit';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Registry } from 'prom-client';
import { Fault } from '#protocol/codes.ts';
import { equal, sha256Hex } from '#protocol/crypto.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { answerProblem } from '#console/problems.ts';

const path = '/metrics';
const loopback = new Set(['127.0.0.1', '::1', 'localhost']);

export interface MetricsAccess {
  readonly registry: Registry;
  /** null: whoever reaches the listener may read. */
  readonly token: string | null;
}

/** Fault `console.bad-configuration`: a listener that others reach needs a token. */
export function metricsToken(config: Pick<ConsoleConfig, 'metrics' | 'metricsTokenFile'>): string | null {
  const { metrics, metricsTokenFile } = config;
  if (metricsTokenFile === null) {
    if (metrics === null || loopback.has(metrics.host)) return null;
    throw new Fault('console.bad-configuration', 'metrics beyond this machine need a metricsTokenFile');
  }
  let token: string;
  try {
    token = readFileSync(metricsTokenFile, 'utf8').trim();
  } catch (error) {
    throw new Fault('console.bad-configuration', `${metricsTokenFile} cannot be read`, { cause: error });
  }
  if (token.length < 16) throw new Fault('console.bad-configuration', 'a metrics token needs at least 16 characters');
  return token;
}

function demandToken(token: string | null, request: FastifyRequest): void {
  if (token === null) return;
  const sent = /^Bearer (.{1,500})$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (equal(Buffer.from(sha256Hex(sent)), Buffer.from(sha256Hex(token)))) return;
  throw new Fault('auth.required', 'metrics need their token');
}

export function registerMetrics(app: FastifyInstance, { registry, token }: MetricsAccess): void {
  const options = { config: { rateLimit: { max: 60, timeWindow: 60_000 } } } as const;
  app.get(path, options, async (request: FastifyRequest, reply: FastifyReply) => {
    demandToken(token, request);
    const text = await registry.metrics();
    return reply.type(registry.contentType).header('cache-control', 'no-store').send(text);
  });
}

/** A listener that knows nothing else. Builds, never listens. */
export async function buildMetricsApp(access: MetricsAccess): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, request, reply) => answerProblem(error, request, reply));
  app.setNotFoundHandler(() => {
    throw new Fault('not-found', 'there is nothing here');
  });
  await app.register(rateLimit, { global: false });
  registerMetrics(app, access);
  return app;
}
