/**
 * Hints over server-sent events: that something changed, never what. The page reads it again through the routes above, so
 * a hint carries nothing that needs protecting; still it is filtered by what the operator may see.
 */
import * as z from 'zod';
import { idText } from '#protocol/words.ts';

export const streamPath = '/api/stream';

/** Name of the SSE event; its data is JSON of `hintSchema`. */
export const hintEvent = 'hint';
/** Sent last when the session ended or its rights changed; the page asks for the session again. */
export const sessionEndedEvent = 'session-ended';

const hintTopics = [
  'alerts',
  'device',
  'organisations',
  'enrolment-keys',
  'connections',
  'mappings',
  'operators',
  'packages',
] as const;

/** `id` is the device of topic `device` (its row, counters, timeline, commands); null: any of the topic. */
export const hintSchema = z.object({ topic: z.enum(hintTopics), id: idText.nullable() });
export type Hint = z.infer<typeof hintSchema>;
