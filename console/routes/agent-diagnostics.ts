/** PUT of an archive by a device: the one large body on this listener, so nobody without a session gets to send it. */
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { diagnosticsResponse, paths } from '#protocol/messages.ts';
import { idText } from '#protocol/words.ts';
import { authenticateDevice, bodyBytes, claimedDevice } from '#console/auth/device-requests.ts';
import type { DeviceSide } from '#console/context.ts';
import { sealedBytesMax, takeArchive } from '#console/fleet/link/diagnostics.ts';

const params = z.object({ commandId: idText });
/** Bodies held in memory at the same time, of each device one. */
const atOnceMax = 4;

export function registerAgentDiagnostics(app: FastifyInstance, side: DeviceSide): void {
  const held = new Set<string>();
  app.addContentTypeParser('application/octet-stream', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  );
  app.put(
    paths.diagnostics(':commandId'),
    {
      bodyLimit: sealedBytesMax,
      onRequest: async (request, reply) => {
        const deviceId = claimedDevice(side, request);
        if (held.size >= atOnceMax || held.has(deviceId))
          throw new Fault('overloaded', 'too many archives at once', { context: { retryAfterMs: 30_000 } });
        held.add(deviceId);
        reply.raw.once('close', () => held.delete(deviceId));
      },
    },
    async (request): Promise<z.input<typeof diagnosticsResponse>> => {
      const device = await authenticateDevice(side, request);
      const parsed = params.safeParse(request.params);
      if (!parsed.success) throw new Fault('not-found', 'no diagnostics were asked for under this id');
      await takeArchive(side, device, parsed.data.commandId, bodyBytes(request));
      return {};
    },
  );
}
