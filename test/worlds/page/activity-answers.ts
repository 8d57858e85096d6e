/** What happened in the mock console, and how long it is kept. */
import type { ActivityEntry } from '#console/api/activity.ts';
import type { Answers } from './answering.ts';
import { hourMs, iso, minuteMs } from './states.ts';
import type { PageWorld } from './world.ts';

export function makeActivity(nowMs: number): ActivityEntry[] {
  const north = { id: 'o-north', name: 'Northwind Traders' };
  const device = { id: 'd-001', name: 'web-01.example.net' };
  const entry = (number: number, agoMs: number, rest: Partial<ActivityEntry>): ActivityEntry => ({
    key: `audit-${number}`,
    source: 'audit',
    at: iso(nowMs - agoMs),
    who: 'operator:ada',
    what: 'device.revoked',
    subject: device.name,
    device,
    organisation: north,
    detail: '',
    ...rest,
  });
  return [
    entry(1, 3 * minuteMs, {}),
    entry(2, 9 * minuteMs, {
      key: 'event-2',
      source: 'devices',
      who: device.name,
      what: 'attempt-ended',
      subject: '',
      detail: 'attempt: 2, result: failed, fault: install.busy',
    }),
    entry(3, 2 * hourMs, { who: 'console:deployment', what: 'deployment.halted', device: null, subject: 'o-north' }),
    entry(4, 5 * hourMs, {
      what: 'settings.mail-server',
      device: null,
      organisation: null,
      subject: 'mail-server',
      detail: 'host: mail.example.net',
    }),
  ];
}

export function activityAnswers(world: PageWorld): Answers {
  const fits = (one: ActivityEntry, query: Record<string, string | undefined>): boolean =>
    (query['from'] === undefined || one.at >= query['from']) &&
    (query['until'] === undefined || one.at < query['until']) &&
    (query['source'] === undefined || one.source === query['source']) &&
    (query['organisationId'] === undefined || one.organisation?.id === query['organisationId']) &&
    (query['who'] === undefined || one.who === `operator:${query['who']}`) &&
    (query['what'] === undefined || one.what === query['what']);
  return {
    'activity.list': ({ query }) => ({ items: world.activity.filter((one) => fits(one, query)), next: null }),
    'activity.export': ({ body }) => {
      const rows = world.activity.filter((one) => fits(one, body)).length;
      return { rows, fileName: 'activity-2026-03-01.csv', csv: 'Time\r\n' };
    },
    'retention.read': () => world.retention,
    'retention.set': ({ body }) => {
      world.retention = body;
      return body;
    },
  };
}
