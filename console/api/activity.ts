/** What happened, newest first: what operators and the console did, and what devices told. */
import * as z from 'zod';
import { pageOf, pageQuery, route } from '#console/api/route.ts';
import { counter, idText, isoTime, shortText } from '#protocol/words.ts';

const whatText = z.string().regex(/^[a-z0-9.-]{1,64}$/);

const filters = {
  /** What people and the console did, what devices told; both without it. */
  source: z.enum(['audit', 'devices']).optional(),
  organisationId: idText.optional(),
  deviceId: idText.optional(),
  /** Name of an operator, whole. */
  who: z.string().trim().min(1).max(100).optional(),
  /** Of an action ("device.revoked") or of what a device tells ("attempt-ended"). */
  what: whatText.optional(),
  from: isoTime.optional(),
  until: isoTime.optional(),
};

const activityEntrySchema = z.object({
  key: shortText,
  source: z.enum(['audit', 'devices']),
  at: isoTime,
  /** "operator:ann", "console:deployment"; of a device its name. */
  who: shortText,
  what: shortText,
  /** What it was done to. */
  subject: shortText,
  device: z.object({ id: idText, name: shortText }).nullable(),
  organisation: z.object({ id: idText, name: shortText }).nullable(),
  /** Details in a few words. */
  detail: z.string().max(600),
});
export type ActivityEntry = z.infer<typeof activityEntrySchema>;

export const activityRoutes = {
  list: route({
    method: 'GET',
    path: '/api/activity',
    access: 'viewer',
    query: z.object({ ...pageQuery, ...filters }),
    response: pageOf(activityEntrySchema),
  }),

  /** The newest 10,000 of a filter as a table that no spreadsheet takes for formulas; kept in the record itself. */
  export: route({
    method: 'POST',
    path: '/api/activity/export',
    access: 'operator',
    body: z.object(filters),
    response: z.object({ rows: counter, fileName: shortText, csv: z.string().max(16_000_000) }),
  }),
};
