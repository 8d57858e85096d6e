import { describe, expect, it } from 'vitest';
import { alertRulesSchema } from '#console/api/alerts.ts';
import { alertNames, alertWords } from '#console/api/alert-words.ts';
import { connectionConditions, departureConditions, keyOf, tame } from '#console/alerts/conditions.ts';
import { deviceConditions, turnConditions, waitsForTurn, type SeenDevice } from '#console/alerts/device-conditions.ts';
import { differences, settleMs } from '#console/alerts/reconcile.ts';
import { protectionStateSchema, type ProtectionState } from '#protocol/state.ts';
import type { AlertRow } from '#console/store/alerts/alerts.ts';

const nowMs = Date.parse('2026-03-10T12:00:00.000Z');
const hourMs = 3_600_000;
const rules = alertRulesSchema.parse({});
const since = (ms: number): { since: string } => ({ since: new Date(nowMs - ms).toISOString() });
const fault = { code: 'install.busy' as const, detail: 'dpkg is locked', context: {} };

function device(state: ProtectionState | null, more: Partial<SeenDevice> = {}): SeenDevice {
  const parsed = state === null ? null : protectionStateSchema.parse(state);
  return {
    deviceId: 'dev_1',
    organisationId: 'org_1',
    hostname: 'db-1',
    lastSeenMs: nowMs,
    duplicate: false,
    ...more,
    state: parsed,
  };
}
const look = (one: SeenDevice, judgeSilence = true) => deviceConditions(one, rules, { nowMs, judgeSilence });

const waiting = (ms: number, more: object = {}): ProtectionState =>
  protectionStateSchema.parse({
    kind: 'waiting',
    ...since(ms),
    condition: 'package-manager-free',
    fault,
    holder: 'apt-get (812)',
    lookAgainAt: new Date(nowMs).toISOString(),
    ...more,
  });

describe('a device', () => {
  it('G31: that waits for more than 24 hours is an alert that names the holder, and not before', () => {
    expect(look(device(waiting(24 * hourMs - 1)))).toEqual([]);
    const [condition] = look(device(waiting(24 * hourMs)));
    expect(condition).toMatchObject({
      kind: 'stuck',
      cause: 'package-manager-free',
      detail: { holder: 'apt-get (812)' },
    });
    expect(condition && alertWords(condition).text).toBe(
      'Waiting for another installation to finish, held by apt-get (812).',
    );
  });

  it('G31: that says itself that it waits too long is believed', () => {
    expect(look(device(waiting(hourMs, { alarm: true })))).toHaveLength(1);
  });

  it('G6: that could not look for other antivirus for 24 hours is an alert of its own', () => {
    const state = (ms: number, code: 'antivirus.unknown' | 'antivirus.present') =>
      protectionStateSchema.parse({
        kind: 'blocked',
        ...since(ms),
        fault: { code, detail: 'services could not be read', context: {} },
        conflicts: [],
      });
    expect(look(device(state(23 * hourMs, 'antivirus.unknown')))).toEqual([]);
    expect(look(device(state(25 * hourMs, 'antivirus.unknown')))).toMatchObject([
      { kind: 'stuck', level: 'urgent', cause: 'antivirus.unknown', detail: { text: 'services could not be read' } },
    ]);
    expect(look(device(state(25 * hourMs, 'antivirus.present')))).toMatchObject([{ kind: 'blocked' }]);
  });

  it('is told at once when it was left bare, and after ten minutes when it does not protect', () => {
    const state = (ms: number, reason: string) =>
      protectionStateSchema.parse({ kind: 'not-protecting', version: null, ...since(ms), reason, detail: 'x' });
    expect(look(device(state(0, 'bare-after-failed-upgrade')))).toMatchObject([{ kind: 'bare', level: 'urgent' }]);
    expect(look(device(state(9 * 60_000, 'disabled')))).toEqual([]);
    expect(look(device(state(10 * 60_000, 'disabled')))).toMatchObject([{ kind: 'not-protecting' }]);
    expect(look(device(state(10 * 60_000, 'reboot-pending')))).toEqual([]);
  });

  it('is told when its install failed for good, and when it uses up its starts without success', () => {
    expect(look(device({ kind: 'failed', ...since(0), fault }))).toMatchObject([
      { kind: 'install-failed', cause: 'install.busy', detail: { text: 'dpkg is locked' } },
    ]);
    const retrying = (attempt: number): ProtectionState => ({
      kind: 'retrying',
      ...since(0),
      attempt,
      attemptsMax: 6,
      fault,
      nextAttemptAt: new Date(nowMs).toISOString(),
    });
    expect(look(device(retrying(5)))).toEqual([]);
    expect(look(device(retrying(6)))).toMatchObject([{ kind: 'stuck', cause: 'install.busy' }]);
  });

  it('G1: that belongs to another SentinelOne console is urgent, whichever of its problems that is', () => {
    const problems = [
      { kind: 'reboot-needed', detail: '' },
      { kind: 'foreign-console', detail: 'usea1-x.sentinelone.net' },
    ];
    const state = protectionStateSchema.parse({ kind: 'degraded', version: '24.2.2.20', ...since(0), problems });
    expect(look(device(state))).toMatchObject([{ kind: 'foreign-console', level: 'urgent' }]);
  });

  it('that is switched off does not become stuck by that: it becomes silent', () => {
    const off = { lastSeenMs: nowMs - 71 * hourMs };
    expect(look(device(waiting(72 * hourMs), off))).toEqual([]);
    expect(look(device(waiting(73 * hourMs), { lastSeenMs: nowMs - 72 * hourMs }))).toMatchObject([
      { kind: 'silent', sinceMs: nowMs - 72 * hourMs },
    ]);
  });

  it('is not called silent by a console that was away itself', () => {
    expect(look(device(null, { lastSeenMs: 0 }), false)).toEqual([]);
  });

  it('that protects, only watches, cannot be installed or has no site is none', () => {
    const states = [
      { kind: 'protected', version: '24.2.2.20', ...since(0) },
      { kind: 'paused', ...since(90 * 24 * hourMs), mode: 'watch', wouldInstall: null },
      { kind: 'unsupported', ...since(90 * 24 * hourMs), reasons: [], help: '' },
      { kind: 'unassigned', ...since(90 * 24 * hourMs), reason: 'no-site' },
    ];
    expect(states.flatMap((state) => look(device(protectionStateSchema.parse(state))))).toEqual([]);
  });

  it('G23: cannot bring line breaks, control or direction characters into an alert', () => {
    const nasty = 'db\u202egnp.exe\r\nSubject: x\u0000';
    const [condition] = look(
      device({ kind: 'failed', ...since(0), fault: { ...fault, detail: nasty } }, { hostname: nasty }),
    );
    expect(condition?.subject.name).toBe('db gnp.exe Subject: x');
    expect(condition?.detail.text).toBe('db gnp.exe Subject: x');
    expect(tame('x'.repeat(999))).toHaveLength(200);
  });
});

describe('waiting for a turn', () => {
  it('is one alert of the organisation, not one of each device', () => {
    const [condition] = look(device(waiting(30 * hourMs, { condition: 'turn', holder: null })));
    expect(condition && waitsForTurn(condition)).toBe(true);
    const waits = new Map([['org_1', { devices: 800, sinceMs: nowMs - 30 * hourMs }]]);
    const [one] = turnConditions(waits, new Map([['org_1', 'Bakery']]));
    expect(one).toMatchObject({ subject: { kind: 'organisation', name: 'Bakery' }, detail: { count: 800 } });
    expect(one && alertWords(one).text).toBe(
      '800 devices: Waiting for its turn, held by the limits of its deployment.',
    );
  });
});

describe('a connection', () => {
  it('has one alert of its token, which comes to its next step 30, 14, 7 and 1 days ahead and at the end', () => {
    const steps = [30, 14, 7, 1, 0].map((daysLeft) => {
      const alarm = {
        kind: 'token',
        level: 'attention',
        code: 'sentinelone.token-ends',
        detail: '',
        daysLeft,
      } as const;
      return connectionConditions([{ connectionId: 'con_1', name: 'Europe', alarms: [alarm] }], nowMs)[0];
    });
    expect(new Set(steps.map((step) => step && keyOf(step))).size).toBe(1);
    expect(steps.map((step) => step?.stage)).toEqual(['30', '14', '7', '1', '0']);
  });
});

describe('devices that leave', () => {
  const left = (counts: Record<string, number>) =>
    departureConditions({ left: new Map(Object.entries(counts)), names: new Map() }, rules, nowMs);

  it('G19: more than the limit within an hour are an alarm, of the organisation or of all together', () => {
    expect(left({ org_1: 10 })).toEqual([]);
    expect(left({ org_1: 11, org_2: 3 })).toMatchObject([
      { organisationId: 'org_1', detail: { count: 11, limit: 10 } },
    ]);
    expect(left({ org_1: 6, org_2: 5 })).toMatchObject([{ subject: { kind: 'console' }, detail: { count: 11 } }]);
  });
});

describe('what is open already', () => {
  const [condition] = look(device({ kind: 'failed', ...since(0), fault }));
  if (condition === undefined) throw new Error('no condition');
  const row = (more: Partial<AlertRow> = {}): AlertRow => ({
    alert_id: 'alr_1',
    alert_key: keyOf(condition),
    kind: condition.kind,
    level: condition.level,
    cause: condition.cause,
    subject_kind: 'device',
    subject_id: 'dev_1',
    subject_name: 'db-1',
    organisation_id: 'org_1',
    detail: JSON.stringify(condition.detail),
    stage: '',
    since: nowMs,
    opened_at: nowMs,
    absent_since: null,
    closed_at: null,
    seen_at: null,
    seen_by: null,
    ...more,
  });
  const unjudged = new Set<string>();
  const compare = (rows: AlertRow[], wanted: (typeof condition)[], atMs = nowMs, not = unjudged) => {
    const found = differences(rows, wanted, { nowMs: atMs, unjudged: not });
    return Object.fromEntries(
      Object.entries(found).flatMap(([what, list]) => (list.length ? [[what, list.length]] : [])),
    );
  };

  it('is opened once, and not touched while nothing changes', () => {
    expect(compare([], [condition, condition])).toEqual({ open: 1 });
    expect(compare([row()], [condition])).toEqual({});
    expect(compare([row({ detail: '{"count":1}' })], [{ ...condition, detail: { count: 2 } }])).toEqual({});
  });

  it('is told again at its next step only', () => {
    expect(differences([row()], [{ ...condition, detail: { text: 'y' } }], { nowMs, unjudged }).change[0]?.again).toBe(
      false,
    );
    expect(differences([row()], [{ ...condition, stage: '7' }], { nowMs, unjudged }).change[0]?.again).toBe(true);
  });

  it('is closed when its cause is gone for five minutes, not when it flickers', () => {
    expect(compare([row()], [])).toEqual({ absent: 1 });
    const absent = row({ absent_since: nowMs });
    expect(compare([absent], [], nowMs + settleMs - 1)).toEqual({});
    expect(compare([absent], [condition], nowMs + settleMs)).toEqual({ back: 1 });
    expect(compare([absent], [], nowMs + settleMs)).toEqual({ close: 1 });
  });

  it('stays as it is while it cannot be judged, and an alarm of leaving devices until somebody has seen it', () => {
    expect(compare([row({ kind: 'silent' })], [], nowMs, new Set(['silent']))).toEqual({});
    expect(compare([row({ kind: 'unenrolments' })], [])).toEqual({});
    expect(compare([row({ kind: 'unenrolments', seen_at: nowMs })], [])).toEqual({ absent: 1 });
  });
});

describe('the words', () => {
  it('exist for every kind, with a remedy', () => {
    for (const kind of Object.keys(alertNames) as (keyof typeof alertNames)[]) {
      const words = alertWords({ kind, cause: 'something-new', detail: {} });
      expect(words.title.length * words.text.length * words.remedy.length).toBeGreaterThan(0);
    }
  });
});
