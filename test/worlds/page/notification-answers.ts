/** Targets and deliveries of the mock console. */
import type { Delivery, MailServer, NotificationTarget } from '#console/api/notifications.ts';
import { found, Refusal, type Answers } from './answering.ts';
import { hourMs, iso, minuteMs } from './states.ts';
import type { PageWorld } from './world.ts';

export interface Told {
  targets: NotificationTarget[];
  deliveries: Delivery[];
  mailServer: MailServer | null;
  /** What receivers answer to a test. */
  answer: string;
}

function delivery(number: number, createdAt: string, rest: Partial<Delivery>): Delivery {
  return {
    eventId: `evt-${number}`,
    what: 'opened',
    about: 'Stuck: web-01.example.net (Northwind Traders)',
    createdAt,
    tries: 1,
    doneAt: createdAt,
    result: 'delivered',
    answer: 'HTTP 200',
    ...rest,
  };
}

export function makeTold(nowMs: number): Told {
  const target: NotificationTarget = {
    targetId: 'ntf-1',
    kind: 'webhook',
    name: 'On-call chat',
    url: 'https://hooks.example.net/T0/B0',
    recipients: [],
    organisationIds: null,
    muted: [],
    paused: false,
    createdAt: iso(nowMs - 40 * hourMs),
    createdBy: 'ada',
    failingSince: null,
    lastArrivedAt: iso(nowMs - 12 * minuteMs),
    nextTryAt: null,
    waiting: 0,
  };
  return {
    targets: [
      target,
      {
        ...target,
        targetId: 'ntf-2',
        name: 'Tickets of Northwind',
        url: 'https://tickets.northwind.example/in',
        organisationIds: ['o-north'],
        muted: ['silent', 'degraded'],
        failingSince: iso(nowMs - 2 * hourMs),
        lastArrivedAt: iso(nowMs - 30 * hourMs),
        nextTryAt: iso(nowMs + 40 * minuteMs),
        waiting: 17,
      },
      {
        ...target,
        targetId: 'ntf-3',
        kind: 'email',
        name: 'Night shift',
        url: '',
        recipients: ['night@example.net', 'lead@example.net'],
        paused: true,
        lastArrivedAt: null,
      },
    ],
    deliveries: [
      delivery(1, iso(nowMs - 12 * minuteMs), {}),
      delivery(2, iso(nowMs - hourMs), { what: 'closed', tries: 3 }),
      delivery(3, iso(nowMs - 2 * hourMs), { doneAt: null, result: null, answer: 'HTTP 503', tries: 6 }),
      delivery(4, iso(nowMs - 30 * hourMs), { result: 'gave-up', answer: 'given up after a day: HTTP 503', tries: 29 }),
    ],
    mailServer: {
      host: 'mail.example.net',
      port: 587,
      security: 'starttls',
      user: 'garrison',
      from: 'garrison@example.net',
      caPem: null,
      hasPassword: true,
    },
    answer: 'HTTP 200',
  };
}

export function notificationAnswers(world: PageWorld): Answers {
  const { told } = world;
  const one = (targetId: string | undefined) => found(told.targets.find((target) => target.targetId === targetId));
  return {
    'notifications.list': () => ({ items: told.targets }),
    'notifications.deliveries': () => ({ items: told.deliveries }),
    'notifications.create': ({ body }) => {
      if (body.url.startsWith('http:')) throw new Refusal(422, 'notify.address');
      const { kind, ...fields } = body;
      const [first] = told.targets;
      const made = {
        ...found(first),
        ...fields,
        kind,
        targetId: `ntf-${told.targets.length + 1}`,
        lastArrivedAt: null,
      };
      told.targets.push(made);
      return { target: made, secret: kind === 'webhook' ? 'whsec_bW9ja3NlY3JldG9mYXdlYmhvb2s=' : null };
    },
    'notifications.change': ({ params, body }) => {
      const changed = { ...one(params['targetId']), ...body };
      told.targets = told.targets.map((target) => (target.targetId === params['targetId'] ? changed : target));
      return changed;
    },
    'notifications.remove': ({ params }) => {
      told.targets = told.targets.filter((target) => target.targetId !== params['targetId']);
      return null;
    },
    'notifications.rotate': ({ params }) => ({ target: one(params['targetId']), secret: 'whsec_bmV3' }),
    'notifications.test': () => {
      const good = told.answer === 'HTTP 200';
      const at = new Date().toISOString();
      const result = good ? 'delivered' : 'failed';
      return delivery(9, at, { what: 'test', about: 'Test: Garrison', result, answer: told.answer });
    },
    'notifications.mailServer': () => ({ server: told.mailServer }),
    'notifications.setMailServer': ({ body }) => {
      const { password, ...server } = body;
      const had = told.mailServer?.hasPassword ?? false;
      told.mailServer = { ...server, hasPassword: server.user !== null && (password !== null || had) };
      return { server: told.mailServer };
    },
  };
}
