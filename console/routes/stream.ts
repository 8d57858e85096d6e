/** Hints to open pages, as server-sent events; closed when the session ends. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { route } from '#console/api/route.ts';
import { hintEvent, sessionEndedEvent, streamPath, type Hint } from '#console/api/stream.ts';
import { identify } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import type { Server } from '#console/routes/serve.ts';

const pingEveryMs = 15_000;
const streamsMax = 500;

function open(side: OperatorSide, who: SignedInOperator, request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = reply;
  let unsubscribe = (): void => undefined;
  const write = (event: string, data: unknown): void =>
    void raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const end = (): void => {
    write(sessionEndedEvent, {});
    raw.end();
  };
  const stillHim = async (): Promise<void> => {
    const now = await identify(side, request);
    const same = now !== null && JSON.stringify(now.operator) === JSON.stringify(who.operator);
    if (same) raw.write(': still here\n\n');
    else end();
  };
  const check = (): void => void stillHim().catch(end);
  const timer = setInterval(check, pingEveryMs);
  raw.on('close', () => {
    clearInterval(timer);
    unsubscribe();
  });
  unsubscribe = side.hints.subscribe({
    scope: who.scope,
    operatorId: who.operator.operatorId,
    send: (hint: Hint) => write(hintEvent, hint),
    check,
    end,
  });
  raw.write('retry: 3000\n\n');
}

const row = route({ method: 'GET', path: streamPath, access: 'viewer', response: null });
const streamType = 'text/event-stream';

export function registerStream({ app, side, rows }: Server): void {
  rows.push({ ...row, media: streamType });
  app.get(row.path, async (request, reply) => {
    const who = await identify(side, request);
    if (who === null) throw new Fault('auth.required', 'nobody is signed in');
    if (side.hints.count() >= streamsMax)
      throw new Fault('overloaded', 'too many open pages', { context: { retryAfterMs: 30_000 } });
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': streamType,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    open(side, who, request, reply);
  });
}
