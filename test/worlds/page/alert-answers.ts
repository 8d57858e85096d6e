/** Alerts of the mock console, one of most kinds. */
import type { Alert } from '#console/api/alerts.ts';
import { found, type Answers } from './answering.ts';
import { dayMs, hourMs, iso, minuteMs } from './states.ts';
import type { Device } from './devices.ts';
import type { PageWorld } from './world.ts';

/** Each of a device that is in the state it tells of. */
export function makeAlerts(nowMs: number, devices: readonly Device[]): Alert[] {
  const of = (deviceId: string): Pick<Alert, 'subject' | 'organisation'> => {
    const { hostname, organisationId, organisationName } = found(devices.find((one) => one.deviceId === deviceId));
    return {
      subject: { kind: 'device', id: deviceId, name: hostname },
      organisation: { id: organisationId, name: organisationName },
    };
  };
  const alert = (number: number, openedMs: number, rest: Partial<Alert>): Alert => ({
    alertId: `alr-${number}`,
    kind: 'stuck',
    level: 'attention',
    cause: 'package-manager-free',
    ...of('d-006'),
    detail: {},
    since: iso(nowMs - openedMs - dayMs),
    openedAt: iso(nowMs - openedMs),
    closedAt: null,
    seen: null,
    ...rest,
  });
  const connection = { subject: { kind: 'connection', id: 'c-main', name: 'Europe' }, organisation: null } as const;
  return [
    alert(1, 2 * minuteMs, {
      kind: 'bare',
      level: 'urgent',
      cause: 'bare-after-failed-upgrade',
      ...of('d-010'),
      detail: { text: 'the old version was removed, the new one did not install' },
    }),
    alert(2, 40 * minuteMs, {
      kind: 'install-failed',
      level: 'urgent',
      cause: 'install.leftovers',
      ...of('d-003'),
      detail: { code: 'install.leftovers', text: 'a folder of an earlier SentinelOne agent is still there' },
    }),
    alert(3, 5 * hourMs, { detail: { holder: 'apt-get (812)' } }),
    alert(4, 6 * hourMs, {
      kind: 'deployment-halted',
      level: 'urgent',
      cause: 'halted',
      subject: { kind: 'organisation', id: 'o-north', name: 'Northwind Traders' },
      organisation: { id: 'o-north', name: 'Northwind Traders' },
      seen: { at: iso(nowMs - hourMs), by: 'grace' },
    }),
    alert(5, 9 * hourMs, {
      kind: 'token-ends',
      cause: 'sentinelone.token-ends',
      detail: { code: 'sentinelone.token-ends', text: 'It ends in nine days.', daysLeft: 14 },
      ...connection,
    }),
    alert(6, 3 * dayMs, { kind: 'silent', cause: 'not-reporting', ...of('d-022') }),
    alert(7, 4 * dayMs, {
      kind: 'unenrolments',
      level: 'urgent',
      cause: 'unenrolments',
      subject: { kind: 'console', id: 'console', name: 'All organisations' },
      organisation: null,
      detail: { count: 14, limit: 10 },
      closedAt: iso(nowMs - 2 * dayMs),
      seen: { at: iso(nowMs - 3 * dayMs), by: 'ada' },
    }),
  ];
}

export function alertAnswers(world: PageWorld): Answers {
  const open = () => world.alerts.filter((one) => one.closedAt === null);
  return {
    'alerts.list': ({ query }) => ({
      items: world.alerts.filter(
        (one) =>
          (one.closedAt === null) === (query.state === 'open') &&
          (query.level === undefined || one.level === query.level) &&
          (query.kind === undefined || one.kind === query.kind) &&
          (query.organisationId === undefined || one.organisation?.id === query.organisationId) &&
          (query.deviceId === undefined || one.subject.id === query.deviceId),
      ),
      next: null,
    }),
    'alerts.counts': () => {
      const groups = Map.groupBy(open(), (one) => `${one.kind} ${one.level}`);
      return {
        items: [...groups.values()].flatMap((group) => {
          const [first] = group;
          const unseen = group.filter((one) => one.seen === null).length;
          return first ? [{ kind: first.kind, level: first.level, alerts: group.length, unseen }] : [];
        }),
      };
    },
    'alerts.see': ({ params }) => {
      const seen = { at: new Date().toISOString(), by: 'ada' };
      world.alerts = world.alerts.map((one) => (one.alertId === params['alertId'] ? { ...one, seen } : one));
      world.hint('alerts');
      return found(world.alerts.find((one) => one.alertId === params['alertId']));
    },
    'alerts.rules': () => world.alertRules,
    'alerts.setRules': ({ body }) => {
      world.alertRules = body;
      return body;
    },
  };
}
