/** For load balancers and supervisors: whether this process lives, and whether it should be sent requests. */
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Readiness } from '#console/operation/readiness.ts';

const livePath = '/healthz';
const readyPath = '/readyz';
/** Answered also while devices are turned away. */
export const healthPaths: ReadonlySet<string> = new Set([livePath, readyPath]);

function answer(reply: FastifyReply, ok: boolean, body: unknown): FastifyReply {
  reply.code(ok ? 200 : 503).headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
  return reply.send(JSON.stringify(body));
}

/**
 * For anybody. `healthz`: 200 `{"ok":true}`, or 503 when the database does not answer within two seconds. `readyz`: the same
 * with every check by name; 503 also when the key set has ended, the disk is full or the process is about to end.
 */
export function registerHealth(app: FastifyInstance, readiness: Readiness): void {
  const options = { config: { rateLimit: false } } as const;
  app.get(livePath, options, async (_request, reply) => {
    const ok = await readiness.database();
    return answer(reply, ok, { ok });
  });
  app.get(readyPath, options, async (_request, reply) => {
    const checked = await readiness.look();
    const ok = Object.values(checked).every(Boolean);
    return answer(reply, ok, { ok, checks: checked });
  });
}
