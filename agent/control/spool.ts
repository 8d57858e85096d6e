/**
 * Local control where a socket cannot be closed to others (Windows: pipes and TCP ports of Node are open to every user): a
 * directory in the protected tree, so that the file system decides who may speak. A question is a file there, its answer
 * another. Whoever makes the `claim` of a question first decides: the daemon answers it, or the asker has withdrawn it and
 * it is never answered. Questions may hold secrets; they are removed as soon as they are read.
 */
import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import type { Directory } from '#platform/files.ts';
import type { Clock } from '#platform/platform.ts';
import {
  answerTo,
  bodyBytesMax,
  parsed,
  readAnswer,
  type ControlRequest,
  type Handlers,
} from '#agent/control/answer.ts';
import type { ControlServer } from '#agent/control/server.ts';
import { spoolName } from '#agent/places.ts';

const lookEveryMs = 300;
const askEveryMs = 100;
/** A daemon looks three times a second; one that has not come by then does not run. */
const claimWithinMs = 5_000;
const answerWithinMs = 120_000;
const answerBytesMax = 8 * 1024 * 1024;
/** Stands there as long as a daemon serves, and after one that crashed. */
export const openName = 'open';
const questionName = /^([0-9a-f]{24})\.question$/;

const questionSchema = z.object({ method: z.enum(['GET', 'POST']), path: z.string().max(200), body: z.unknown() });

/** Serves until closed. The caller owns the state, so whatever lies here was left by the dead and goes. */
export async function serveSpool(runtime: Directory, handlers: Handlers, clock: Clock): Promise<ControlServer> {
  await runtime.remove(spoolName);
  const spool = await runtime.directory(spoolName);
  await spool.create(openName, new Uint8Array());
  const stopping = new AbortController();
  const open = new Set<Promise<void>>();
  const turn = async (): Promise<void> => {
    for (const name of await spool.list()) {
      const id = questionName.exec(name)?.[1];
      if (id === undefined || !(await spool.create(`${id}.claim`, new Uint8Array()))) continue;
      const work = answerOne(spool, id, handlers).finally(() => open.delete(work));
      open.add(work);
    }
  };
  const serving = (async () => {
    while (!stopping.signal.aborted) {
      // A full disk or a scanner that holds a file must not end the control for good.
      await turn().catch(() => undefined);
      await clock.sleep(lookEveryMs, stopping.signal);
    }
  })();
  return {
    async close() {
      stopping.abort();
      await serving;
      await Promise.allSettled(open);
      await runtime.remove(spoolName);
    },
  };
}

/** Many may be answered at once: a long `plan` does not keep `retry` waiting. */
async function answerOne(spool: Directory, id: string, handlers: Handlers): Promise<void> {
  const bytes = await spool.read(`${id}.question`, bodyBytesMax).catch(() => null);
  await spool.remove(`${id}.question`);
  const question = questionSchema.safeParse(parsed(Buffer.from(bytes ?? []).toString('utf8')));
  const answer = question.success
    ? await answerTo(handlers, `${question.data.method} ${question.data.path}`, async () => question.data.body)
    : await answerTo({ '': unreadable }, '', async () => null);
  await spool.create(`${id}.answer`, Buffer.from(JSON.stringify(answer))).catch(() => undefined);
}

async function unreadable(): Promise<never> {
  throw new Fault('request.invalid', 'the question cannot be read');
}

/** Asks the running daemon. Fault `agent.not-running` when nobody takes the question. */
export async function askSpool(spool: Directory, request: ControlRequest, clock: Clock): Promise<unknown> {
  const id = randomBytes(12).toString('hex');
  const question = Buffer.from(JSON.stringify({ body: null, ...request }));
  if (question.length > bodyBytesMax) throw new Fault('request.too-large', `more than ${bodyBytesMax} bytes`);
  await spool.create(`${id}.question`, question);
  try {
    const answer = await awaitAnswer(spool, id, clock);
    const { status, document } = (parsed(answer) ?? {}) as { status?: unknown; document?: unknown };
    return readAnswer(typeof status === 'number' ? status : 0, document);
  } finally {
    for (const kind of ['question', 'claim', 'answer']) await spool.remove(`${id}.${kind}`);
  }
}

async function awaitAnswer(spool: Directory, id: string, clock: Clock): Promise<string> {
  const startedAtMs = clock.monotonic();
  for (let claimed = false; ;) {
    const bytes = await spool.read(`${id}.answer`, answerBytesMax);
    if (bytes !== null) return Buffer.from(bytes).toString('utf8');
    const waitedMs = clock.monotonic() - startedAtMs;
    if (!claimed && waitedMs > claimWithinMs) {
      // Won: the daemon will never take it. Lost: it has, and will answer.
      if (await withdraw(spool, id)) throw notRunning();
      claimed = true;
    }
    if (waitedMs > answerWithinMs) throw new Fault('agent.not-running', 'the daemon did not answer in time');
    await clock.sleep(askEveryMs);
  }
}

/** True when nobody else has decided about the question: a daemon that has just ended took the directory with it. */
async function withdraw(spool: Directory, id: string): Promise<boolean> {
  return spool.create(`${id}.claim`, new Uint8Array()).catch(() => true);
}

function notRunning(): Fault {
  return new Fault('agent.not-running', 'nobody takes questions in the control directory');
}
