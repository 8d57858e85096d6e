/** What an alert is called and what helps, the same in page, e-mail and webhook. Pure. */
import type { Alert, AlertKind } from '#console/api/alerts.ts';
import { conditions, notProtecting, problems } from '#console/api/state-names.ts';
import { codes, isFaultCode } from '#protocol/codes.ts';

export const alertNames: Record<AlertKind, string> = {
  bare: 'Left without antivirus',
  'not-protecting': 'Not protecting',
  'foreign-console': 'Belongs to another SentinelOne console',
  'install-failed': 'Install failed for good',
  blocked: 'Other antivirus found',
  stuck: 'Stuck',
  degraded: 'Protected, needs attention',
  silent: 'Not reporting',
  'duplicate-identity': 'Two machines use one identity',
  vanished: 'Gone from SentinelOne',
  'connection-lost': 'SentinelOne console does not work',
  'token-ends': 'API token ends',
  'renewal-rejected': 'API token was not renewed',
  'right-missing': 'A permission is missing',
  'deployment-halted': 'Deployment halted',
  unenrolments: 'Many devices left at once',
  'delivery-failing': 'Notifications do not arrive',
};

const remedies: Partial<Record<AlertKind, string>> = {
  bare: 'Garrison goes on trying; open the device to see what the next attempt waits for.',
  'not-protecting': 'Open the device: its health section names the reason and what helps.',
  'foreign-console':
    'Somebody else can control this SentinelOne agent. Find out who enrolled it, and move or remove it.',
  blocked: 'Remove the other antivirus, or make an exception for it on the device.',
  stuck: 'It goes on by itself once what holds it is gone. Open it to see what that is, and how long it has lasted.',
  degraded: 'Open the device: its health section names the reason and what helps.',
  silent: 'Switch the device on and check its network. Remove it here if it does not exist any more.',
  'duplicate-identity': 'Decide on the device which machine keeps the identity.',
  vanished: 'Nobody removed it there on record. Open the device to see whether SentinelOne still runs on it.',
  'deployment-halted': 'Look at the failures, then resume the deployment on the organisation.',
  unenrolments: 'Find out who removed them. Mark this alert as seen when it was meant.',
  'delivery-failing': 'Check the address under Settings, Notifications, and send a test.',
};

export interface AlertWords {
  /** "Stuck" */
  readonly title: string;
  /** One sentence: what it is, and who holds it. */
  readonly text: string;
  readonly remedy: string;
}

type Told = Pick<Alert, 'kind' | 'cause' | 'detail'>;

const own = (table: Readonly<Record<string, string>>, key: string): string | undefined =>
  Object.hasOwn(table, key) ? table[key] : undefined;

function causeText({ cause, detail }: Told): string {
  const code = detail.code ?? cause;
  const waiting = own(conditions, cause);
  if (waiting !== undefined) return `Waiting for ${waiting}`;
  const named = own(problems, cause) ?? own(notProtecting, cause);
  if (named !== undefined) return named;
  return isFaultCode(code) ? codes[code].title : cause;
}

function stuckText(alert: Told): string {
  if (alert.cause === 'installing') return 'Installing without coming to an end';
  if (alert.cause === 'checking') return 'Checking without coming to an end';
  return causeText(alert);
}

function tokenText(daysLeft: number | undefined): string {
  if (daysLeft === undefined) return 'The API token ends';
  if (daysLeft === 0) return 'The API token has ended';
  return `The API token ends within ${daysLeft === 1 ? 'a day' : `${daysLeft} days`} and does not renew itself`;
}

function sentence(alert: Told): string {
  const { count, limit, daysLeft } = alert.detail;
  switch (alert.kind) {
    case 'stuck':
      return stuckText(alert);
    case 'blocked':
      return 'Nothing is installed next to it';
    case 'silent':
      return 'It says nothing any more; what it said last may not be true any more';
    case 'duplicate-identity':
      return 'Nothing is sent to it until somebody decides';
    case 'vanished':
      return 'Its record is not listed by SentinelOne any more';
    case 'token-ends':
      return tokenText(daysLeft);
    case 'deployment-halted':
      return 'Too many installs failed; nothing new starts';
    case 'unenrolments':
      return `${count ?? 0} devices left within an hour; up to ${limit ?? 0} are usual`;
    case 'delivery-failing':
      return `${count ?? 0} waiting`;
    case 'bare':
    case 'not-protecting':
    case 'foreign-console':
    case 'install-failed':
    case 'degraded':
    case 'connection-lost':
    case 'renewal-rejected':
    case 'right-missing':
      return causeText(alert);
  }
}

export function alertWords(alert: Told): AlertWords {
  const { holder, text, count, code } = alert.detail;
  const devices = alert.kind === 'stuck' && count !== undefined ? `${count} devices: ` : '';
  const held = holder === undefined || holder === '' ? '' : `, held by ${holder}`;
  const more = text === undefined || text === '' ? '' : ` (${text.replace(/\.$/, '')})`;
  const named = code ?? alert.cause;
  const ofCode = isFaultCode(named) ? codes[named].remedy : undefined;
  return {
    title: alertNames[alert.kind],
    text: `${devices}${sentence(alert)}${held}${more}.`,
    remedy:
      (alert.kind === 'stuck' ? ofCode : undefined) ??
      remedies[alert.kind] ??
      ofCode ??
      'Open it to see what is known.',
  };
}
