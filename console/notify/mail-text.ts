/** An e-mail of one or more alerts, as plain text: nothing in it is markup, and no text of a device becomes a link (G23). Pure. */
import type { Message } from '#console/notify/message.ts';

export interface MailText {
  readonly subject: string;
  readonly text: string;
}

/** Mail programs make links of what looks like one. */
function inert(text: string): string {
  return text.replaceAll('://', '[:]//').replaceAll(/www\./gi, 'www[.]');
}

const did: Readonly<Record<Message['type'], string>> = {
  'alert.opened': '',
  'alert.again': 'Still: ',
  'alert.closed': 'Ended: ',
  test: '',
};

function time(at: string): string {
  return `${at.slice(0, 16).replace('T', ' ')} UTC`;
}

function paragraph({ type, data }: Message): string {
  const where = [data.subject.name, data.organisation?.name ?? ''].filter((part) => part !== '').join(', ');
  const urgent = data.level === 'urgent' && type !== 'alert.closed' ? 'URGENT ' : '';
  const lines = [`${urgent}${did[type]}${data.title}: ${inert(where)}`, inert(data.text)];
  if (type === 'alert.closed') lines.push(`From ${time(data.openedAt)} to ${time(data.closedAt ?? data.openedAt)}.`);
  else lines.push(`What to do: ${data.remedy}`, `Since ${time(data.since)}.`);
  return [...lines, data.page].join('\n');
}

function subjectOf(messages: readonly Message[]): string {
  const [first] = messages;
  if (messages.length === 1 && first !== undefined)
    return `${did[first.type]}${first.data.title}: ${inert(first.data.subject.name)}`;
  const ended = messages.filter((message) => message.type === 'alert.closed').length;
  const open = messages.length - ended;
  return [...(open > 0 ? [`${open} alerts`] : []), ...(ended > 0 ? [`${ended} ended`] : [])].join(', ');
}

/** Urgent ones first, ended ones last. */
function weight({ type, data }: Message): number {
  if (type === 'alert.closed') return 2;
  return data.level === 'urgent' ? 0 : 1;
}

export function mailText(messages: readonly Message[], targetName: string): MailText {
  const ordered = messages.toSorted((one, other) => weight(one) - weight(other));
  const end = `You get this because of “${targetName}” under Settings, Notifications.`;
  return {
    subject: `[Garrison] ${subjectOf(messages)}`.slice(0, 180),
    text: `${[...ordered.map(paragraph), end].join('\n\n')}\n`,
  };
}
