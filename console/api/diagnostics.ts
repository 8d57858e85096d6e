/** Diagnostics of a device: asked for by command, sealed on the way and at rest, kept for 14 days. */
import * as z from 'zod';
import { listOf, route } from '#console/api/route.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

export const diagnosticsDaysKept = 14;

export const diagnosticsSchema = z.object({
  commandId: idText,
  requestedAt: isoTime,
  requestedBy: shortText,
  /** `asked`: the device has not heard of it yet. `making`: it has. `refused`: `fault` says why. */
  state: z.enum(['asked', 'making', 'ready', 'refused', 'expired']),
  fault: faultRecordSchema.nullable(),
  /** Set once it is `ready`. */
  archive: z.object({ sizeBytes: counter, arrivedAt: isoTime, keptUntil: isoTime }).nullable(),
});
export type DeviceDiagnostics = z.infer<typeof diagnosticsSchema>;

const params = z.object({ deviceId: idText });

export const diagnosticsRoutes = {
  /** The last 10, newest first. */
  list: route({
    method: 'GET',
    path: '/api/devices/:deviceId/diagnostics',
    access: 'operator',
    params,
    response: listOf(diagnosticsSchema),
  }),

  /** One that is under way is answered again. 409 `request.conflict` when two machines use the identity. */
  ask: route({
    method: 'POST',
    path: '/api/devices/:deviceId/diagnostics',
    access: 'operator',
    params,
    response: diagnosticsSchema,
  }),
};

/** The archive itself (tar, gzip), as an attachment; who fetched it is noted. Served beside the API, since it is no JSON. */
export const archiveRoute = route({
  method: 'GET',
  path: '/api/devices/:deviceId/diagnostics/:commandId/archive',
  access: 'operator',
  params: z.object({ deviceId: idText, commandId: idText }),
  response: null,
});
