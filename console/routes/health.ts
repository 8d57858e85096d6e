/** For load balancers and supervisors: whether this process answers, and its database does. */
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import type { Store } from '#console/store/store.ts';

export const healthPath = '/healthz';

const patienceMs = 2_000;

function inTime(answer: Promise<boolean>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), patienceMs);
    void answer.then((ok) => {
      clearTimeout(timer);
      resolve(ok);
    });
  });
}

/** For anybody: 200 `{"ok":true}`, or 503 when the database does not answer within two seconds. */
export function registerHealth(app: FastifyInstance, store: Store): void {
  let asking: Promise<boolean> | null = null;
  // One question at a time, so that nobody can pile them up.
  const ask = (): Promise<boolean> => {
    asking ??= sql`select 1`
      .execute(store.read)
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        asking = null;
      });
    return asking;
  };
  const options = { schema: { hide: true }, config: { rateLimit: false } } as const;
  app.get(healthPath, options, async (_request, reply) => {
    const ok = await inTime(ask());
    reply.code(ok ? 200 : 503).headers({ 'content-type': 'application/json', 'cache-control': 'no-store' });
    return reply.send(JSON.stringify({ ok }));
  });
}
