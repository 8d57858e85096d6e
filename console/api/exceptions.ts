/** Other antivirus that is known and allowed for a while, and looks that are waived for a while. */
import * as z from 'zod';
import { operatorReason } from '#console/api/shown-state.ts';
import { listOf, route } from '#console/api/route.ts';
import { idText, isoTime, shortText } from '#protocol/words.ts';

/** Longer than this an exception never lasts. */
export const exceptionDaysMax = 30;

const scope = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('device'), deviceId: idText }),
  z.object({ kind: z.literal('organisation'), organisationId: idText }),
]);

/** A product of the catalogue, or one look for antivirus that fails and shall not block. */
const subject = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('product'), productId: idText }),
  z.object({ kind: z.literal('probe'), probe: idText }),
]);

export const exceptionSchema = z.object({
  exceptionId: idText,
  scope,
  subject,
  reason: shortText.max(500),
  createdBy: shortText,
  createdAt: isoTime,
  expiresAt: isoTime,
});
export type Exception = z.infer<typeof exceptionSchema>;

export const listedExceptionSchema = exceptionSchema.extend({
  /** Of the product; a look goes by its id. */
  name: shortText,
  organisation: z.object({ id: idText, name: shortText }),
  device: z.object({ id: idText, name: shortText }).nullable(),
});
export type ListedException = z.infer<typeof listedExceptionSchema>;

export const exceptionRoutes = {
  /** In force now; what ends soonest first, the first 1,000. */
  list: route({ method: 'GET', path: '/api/exceptions', access: 'viewer', response: listOf(listedExceptionSchema) }),

  add: route({
    method: 'POST',
    path: '/api/exceptions',
    access: 'operator',
    body: z.object({ scope, subject, days: z.int().min(1).max(exceptionDaysMax), reason: operatorReason.min(1) }),
    response: exceptionSchema,
  }),

  remove: route({
    method: 'DELETE',
    path: '/api/exceptions/:exceptionId',
    access: 'operator',
    params: z.object({ exceptionId: idText }),
    response: null,
  }),
};
