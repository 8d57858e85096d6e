/** What an install line fetches: its script and the agent's package, each under its SHA-256. Open to everybody, holds no secret. */
import { createReadStream } from 'node:fs';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { sha256Text } from '#protocol/words.ts';
import type { DeviceSide } from '#console/context.ts';
import { packageBySha256 } from '#console/install/scripts.ts';
import { readRange } from '#console/routes/agent-packages.ts';
import { findInstallScript } from '#console/store/enrolment/install-scripts.ts';

const params = z.object({ sha256: sha256Text });

function digestOf(request: FastifyRequest): string {
  const parsed = params.safeParse(request.params);
  if (!parsed.success) throw new Fault('not-found', 'nothing has this name');
  return parsed.data.sha256;
}

/** Who takes nothing for so long is gone, or holds a place that others need. */
const idleMs = 60_000;

async function sendPackage(side: DeviceSide, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const file = await packageBySha256(side.releases, digestOf(request));
  if (file === null) throw new Fault('not-found', 'the install line is of an older release; make a new one');
  const range = readRange(request.headers.range, file.size);
  reply.header('accept-ranges', 'bytes').header('etag', `"${file.sha256}"`).type('application/octet-stream');
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${file.size}`).send();
  const { first, last } = range ?? { first: 0, last: file.size - 1 };
  if (range !== null) reply.code(206).header('content-range', `bytes ${first}-${last}/${file.size}`);
  reply.header('content-length', String(last - first + 1));
  reply.raw.setTimeout(idleMs, () => reply.raw.destroy());
  return reply.send(createReadStream(file.path, { start: first, end: last, highWaterMark: 256 * 1024 }));
}

/** A whole office may install at once from behind one address. */
const perAddress = { config: { rateLimit: { max: 600, timeWindow: 60_000 } } };

export function registerInstall(app: FastifyInstance, side: DeviceSide): void {
  app.get('/install/:sha256', perAddress, async (request, reply) => {
    const text = await findInstallScript(side.store.read, digestOf(request));
    if (text === null) throw new Fault('not-found', 'this console has made no such install line');
    return reply.type('text/plain; charset=utf-8').header('x-content-type-options', 'nosniff').send(text);
  });
  app.get('/install/files/:sha256', perAddress, (request, reply) => sendPackage(side, request, reply));
}
