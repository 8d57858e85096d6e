/** Hints to open pages, as server-sent events; closed when the session ends. */
import type { FastifyReply } from 'fastify';
import { Fault } from '#protocol/codes.ts';
import { hintEvent, sessionEndedEvent, streamPath, type Hint } from '#console/api/stream.ts';
import { cookieName } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import type { Server } from '#console/routes/serve.ts';

const pingEveryMs = 15_000;
const streamsMax = 500;

function open(side: OperatorSide, who: SignedInOperator, token: string | undefined, reply: FastifyReply): void {
  const { raw } = reply;
  let unsubscribe = (): void => undefined;
  const write = (event: string, data: unknown): void =>
    void raw.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const end = (): void => {
    write(sessionEndedEvent, {});
    raw.end();
  };
  const stillHim = async (): Promise<void> => {
    const now = await side.operators.whoIs(token);
    const same = now !== null && JSON.stringify(now.operator) === JSON.stringify(who.operator);
    if (same) raw.write(': still here\n\n');
    else end();
  };
  const timer = setInterval(() => void stillHim().catch(end), pingEveryMs);
  raw.on('close', () => {
    clearInterval(timer);
    unsubscribe();
  });
  unsubscribe = side.hints.subscribe({
    scope: who.scope,
    tokenSha256: who.tokenSha256,
    send: (hint: Hint) => write(hintEvent, hint),
    end,
  });
  raw.write('retry: 3000\n\n');
}

export function registerStream({ app, side }: Server): void {
  app.get(streamPath, async (request, reply) => {
    const token = request.cookies[cookieName(side.settings.secureCookies)];
    const who = await side.operators.whoIs(token);
    if (who === null) throw new Fault('auth.required', 'nobody is signed in');
    if (side.hints.count() >= streamsMax)
      throw new Fault('overloaded', 'too many open pages', { context: { retryAfterMs: 30_000 } });
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    open(side, who, token, reply);
  });
}
