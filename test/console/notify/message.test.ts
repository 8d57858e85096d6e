import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import type { Alert } from '#console/api/alerts.ts';
import { mailText } from '#console/notify/mail-text.ts';
import { aboutOf, alertMessage, bodyOf, messageSchema, testMessage } from '#console/notify/message.ts';
import { backOffMs } from '#console/notify/pace.ts';
import { signatureHeaders } from '#console/notify/signature.ts';
import { newSecret } from '#console/notify/target-secrets.ts';

const around = { origin: 'https://garrison.example', nowMs: Date.parse('2026-03-10T12:00:00.000Z') };
const alert: Alert = {
  alertId: 'alr_1',
  kind: 'install-failed',
  level: 'urgent',
  cause: 'install.busy',
  subject: { kind: 'device', id: 'dev_1', name: 'db-1 http://evil.example' },
  organisation: { id: 'org_1', name: 'Bakery </script>' },
  detail: { code: 'install.busy', text: '<img src=x onerror=1> & see www.evil.example' },
  since: '2026-03-10T10:00:00.000Z',
  openedAt: '2026-03-10T11:00:00.000Z',
  closedAt: null,
  seen: null,
};

describe('a signed webhook', () => {
  const secret = newSecret();
  const body = bodyOf(testMessage(around));
  const event = { id: 'evt_1', body, nowMs: Date.now() };

  it('is accepted by the library of the scheme, with the key it was made for alone', () => {
    const headers = signatureHeaders([secret], event);
    expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: 'test' });
    expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow();
    expect(() => new Webhook(secret).verify(`${body} `, headers)).toThrow();
    expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'evt_2' })).toThrow();
  });

  it('cannot be played again later: its time is signed', () => {
    const late = signatureHeaders([secret], { ...event, nowMs: Date.now() - 10 * 60_000 });
    expect(() => new Webhook(secret).verify(body, late)).toThrow('too old');
    const moved = { ...late, 'webhook-timestamp': String(Math.floor(Date.now() / 1000)) };
    expect(() => new Webhook(secret).verify(body, moved)).toThrow();
  });

  it('carries both signatures while a secret is being replaced', () => {
    const next = newSecret();
    const headers = signatureHeaders([next, secret], event);
    for (const known of [secret, next])
      expect(new Webhook(known).verify(body, headers)).toMatchObject({ type: 'test' });
  });
});

describe('G23: what is told', () => {
  const message = alertMessage('opened', alert, around);

  it('is JSON that breaks no page it is put into, and reads back as it was', () => {
    const body = bodyOf(message);
    expect(body).not.toMatch(/[<>&\u2028\u2029]/);
    expect(messageSchema.parse(JSON.parse(body))).toEqual(message);
    expect(message.data.page).toBe('https://garrison.example/devices/dev_1');
    expect(aboutOf(message)).toBe('Install failed for good: db-1 http://evil.example (Bakery </script>)');
  });

  it('is plain text in an e-mail, where nothing of a device becomes a link', () => {
    const mail = mailText([message], 'On call');
    expect(mail.subject).toBe('[Garrison] Install failed for good: db-1 http[:]//evil.example');
    expect(mail.text).toContain('URGENT Install failed for good: db-1 http[:]//evil.example, Bakery </script>');
    expect(mail.text).toContain('www[.]evil.example');
    expect(mail.text.match(/https?:\/\//g)).toEqual(['https://']);
  });

  it('comes in one e-mail when it is much, the urgent first and the ended last', () => {
    const ended = alertMessage('closed', { ...alert, closedAt: '2026-03-10T11:30:00.000Z' }, around);
    const quiet = alertMessage('opened', { ...alert, level: 'attention', kind: 'silent' }, around);
    const mail = mailText([ended, quiet, message], 'On call');
    expect(mail.subject).toBe('[Garrison] 2 alerts, 1 ended');
    const order = ['URGENT Install failed', 'Not reporting', 'Ended: Install failed'].map((text) =>
      mail.text.indexOf(text),
    );
    expect(order).toEqual(order.toSorted((one, other) => one - other));
    expect(order[0]).toBeGreaterThanOrEqual(0);
    expect(mail.text).toContain('From 2026-03-10 11:00 UTC to 2026-03-10 11:30 UTC.');
  });
});

describe('the pace of a target that fails', () => {
  it('slows down to an hour, spread by a tenth, and does as it is asked up to an hour', () => {
    const steps = [1, 2, 3, 4, 8, 9, 40].map((tries) => backOffMs(tries, 0.5, null) / 1_000);
    expect(steps).toEqual([10, 30, 60, 120, 1_800, 3_600, 3_600]);
    expect([backOffMs(1, 0, null), backOffMs(1, 1, null)]).toEqual([9_000, 11_000]);
    expect(backOffMs(1, 0.5, 120_000)).toBe(120_000);
    expect(backOffMs(1, 0.5, 99 * 3_600_000)).toBe(3_600_000);
  });
});
