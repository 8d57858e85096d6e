/** What is told of an alert, as data for webhooks and as text for people. Pure. */
import { alertWords } from '#console/api/alert-words.ts';
import type { Alert } from '#console/api/alerts.ts';
import * as z from 'zod';
import { isoTime, shortText } from '#protocol/words.ts';

const types = { opened: 'alert.opened', again: 'alert.again', closed: 'alert.closed', test: 'test' } as const;
export type Told = keyof typeof types;

/** What a webhook is sent, and what an e-mail is written from. */
export const messageSchema = z.object({
  type: z.enum(['alert.opened', 'alert.again', 'alert.closed', 'test']),
  timestamp: isoTime,
  data: z.object({
    title: z.string(),
    text: z.string(),
    remedy: z.string(),
    level: z.enum(['urgent', 'attention']),
    kind: shortText,
    cause: shortText,
    alertId: shortText.nullable(),
    subject: z.object({ kind: shortText, id: shortText, name: shortText }),
    organisation: z.object({ id: shortText, name: shortText }).nullable(),
    since: isoTime,
    openedAt: isoTime,
    closedAt: isoTime.nullable(),
    /** Page of the console about it. */
    page: z.string(),
  }),
});
export type Message = z.infer<typeof messageSchema>;

export function alertMessage(what: Told, alert: Alert, around: { origin: string; nowMs: number }): Message {
  const words = alertWords(alert);
  const device = alert.subject.kind === 'device' ? `/devices/${encodeURIComponent(alert.subject.id)}` : '/alerts';
  const { level, kind, cause, alertId, subject, organisation, since, openedAt, closedAt } = alert;
  return {
    type: types[what],
    timestamp: new Date(around.nowMs).toISOString(),
    data: {
      ...words,
      level,
      kind,
      cause,
      alertId,
      subject,
      organisation,
      since,
      openedAt,
      closedAt,
      page: `${around.origin}${device}`,
    },
  };
}

export function testMessage(around: { origin: string; nowMs: number }): Message {
  const at = new Date(around.nowMs).toISOString();
  return {
    type: 'test',
    timestamp: at,
    data: {
      title: 'Test',
      text: 'This is a test of a notification. Nothing is wrong.',
      remedy: 'Nothing to do.',
      level: 'attention',
      kind: 'test',
      cause: 'test',
      alertId: null,
      subject: { kind: 'console', id: 'console', name: 'Garrison' },
      organisation: null,
      since: at,
      openedAt: at,
      closedAt: null,
      page: `${around.origin}/settings?tab=notifications`,
    },
  };
}

/** JSON that is harmless also where a receiver puts it into a page (G23). */
export function bodyOf(message: Message): string {
  return JSON.stringify(message).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** In lists of deliveries. */
export function aboutOf(message: Message): string {
  const { title, subject, organisation } = message.data;
  const where = organisation === null ? subject.name : `${subject.name} (${organisation.name})`;
  return `${title}: ${where}`.slice(0, 200);
}
