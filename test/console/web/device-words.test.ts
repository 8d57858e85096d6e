import { describe, expect, it } from 'vitest';
import { eventWords } from '#console/web/device/event-words.ts';
import { actionSays, actionsFor, healthLines, type ActionDevice } from '#console/web/device/health-words.ts';
import { stateWords } from '#console/web/state-words.ts';
import { restartWords } from '#console/web/organisations/restart-words.ts';
import { inOrder } from '#console/web/device/timeline-order.ts';
import { keysOf } from '#console/web/server/hint-keys.ts';
import { verbs } from '#console/web/words.ts';
import type { TimelineEvent, TimelineGap } from '#console/api/devices.ts';
import { eventDataSchemas } from '#protocol/events.ts';
import type { ProtectionState } from '#protocol/state.ts';

const at = '2026-03-01T10:00:00.000Z';
const nowMs = Date.parse(at);

const device: ActionDevice = {
  mode: 'deploy',
  state: { kind: 'failed', since: at, fault: { code: 'install.leftovers', detail: '', context: {} } },
  lastSeenAt: new Date(nowMs - 3 * 3_600_000).toISOString(),
  notReportingSince: null,
  report: null,
  mapping: { status: 'mapped', siteName: 'A', consoleHost: null },
  restartAt: null,
};

describe('what a button says', () => {
  it('is that an install may follow', () => {
    expect(actionSays('check', device, nowMs)).toContain('If nothing is in the way, it installs SentinelOne.');
    expect(actionSays('retry', device, nowMs)).toContain('joined, not doubled');
  });

  it('is that none follows where nothing may be installed', () => {
    expect(actionSays('check', { ...device, mode: 'watch' }, nowMs)).toContain('Installs nothing.');
    expect(actionSays('check', { ...device, mapping: { ...device.mapping, status: 'unmapped' } }, nowMs)).toContain(
      'Installs nothing.',
    );
    const isProtected: ActionDevice = {
      ...device,
      state: { kind: 'protected', since: at, version: '24.2', notes: [] },
    };
    expect(actionSays('check', isProtected, nowMs)).toContain('Installs nothing.');
  });

  it('is that what is there is never installed over', () => {
    const state: ActionDevice['state'] = {
      kind: 'not-protecting',
      since: at,
      version: '24.1',
      reason: 'disabled',
      detail: '',
    };
    expect(actionSays('retry', { ...device, state }, nowMs)).toContain('never installed over');
    expect(actionsFor({ ...device, state }, nowMs).verbs[0]).toBe('check');
    const bare = { ...state, version: null, reason: 'bare-after-failed-upgrade' } as const;
    expect(actionsFor({ ...device, state: bare }, nowMs).verbs[0]).toBe('retry');
  });

  it('is that somebody else has to restart it, on a button that is there only until the restart', () => {
    const restartAt = new Date(nowMs + 1).toISOString();
    expect(actionsFor({ ...device, restartAt }, nowMs).verbs).toEqual(['retry', 'check', 'cancel']);
    expect(actionsFor({ ...device, restartAt }, nowMs + 1).verbs).toEqual(['retry', 'check']);
    expect(verbs.cancel).toBe('Call off the restart');
    expect(actionSays('cancel', { ...device, restartAt }, nowMs)).toContain('It still needs a restart');
  });

  it('is that it waits for a silent device', () => {
    expect(actionSays('retry', { ...device, notReportingSince: at }, nowMs)).toContain(
      'Waits for the device (last contact 3 h ago).',
    );
  });
});

describe('what an organisation allows about restarts', () => {
  it('is said in full before it is chosen', () => {
    expect(restartWords({ kind: 'never' }).choice).toBe('Never restart devices');
    expect(restartWords({ kind: 'window', startMinute: 1320, endMinute: 65 })).toEqual({
      choice:
        "Restart when SentinelOne's installer asks for it, between 22:00 and 01:05 (device's time), with 10 minutes' notice; servers only where their own configuration allows it",
      short: "between 22:00 and 01:05 (device's time)",
    });
  });
});

describe('healthLines', () => {
  it('name who holds up a device that has waited for more than a day', () => {
    const waiting = {
      kind: 'waiting',
      since: at,
      condition: 'package-manager-free',
      fault: { code: 'install.busy', detail: 'apt-get (812) holds the dpkg lock', context: {} },
      holder: 'apt-get (812)',
      lookAgainAt: at,
    } as const;
    expect(healthLines(waiting)).toHaveLength(1);
    const [alarm, cause] = healthLines({ ...waiting, alarm: true });
    expect(alarm).toMatchObject({ cause: 'Waiting for more than a day', detail: 'apt-get (812)' });
    expect(cause).toMatchObject({ cause: 'Another installation is running' });
  });

  it('say that a device has not been checked for other antivirus for more than a day, in red', () => {
    const unseen: Extract<ProtectionState, { kind: 'blocked' }> = {
      kind: 'blocked',
      since: at,
      fault: { code: 'antivirus.unknown', detail: 'securityCenter: gave up after 10 s', context: {} },
      conflicts: [],
    };
    expect(healthLines(unseen)).toHaveLength(1);
    expect(stateWords(unseen, 0).tone).toBe('attention');
    const [alarm] = healthLines({ ...unseen, alarm: true });
    expect(alarm?.cause).toBe('Not checked for other antivirus for more than a day');
    expect(stateWords({ ...unseen, alarm: true }, 0).tone).toBe('bad');
  });

  it('says what to do, and does not repeat the line above', () => {
    expect(
      healthLines({
        kind: 'failed',
        since: at,
        fault: { code: 'install.leftovers', detail: 'unit exists', context: {} },
      }),
    ).toEqual([
      { cause: null, detail: 'unit exists', remedy: expect.stringContaining('press Retry install') as string },
    ]);
  });

  it('names the cause of a fault of ours', () => {
    const [line] = healthLines({
      kind: 'failed',
      since: at,
      fault: { code: 'install.bad-arguments', detail: '', context: {} },
    });
    expect(line?.cause).toBe('The installer did not understand its arguments');
  });
});

describe('eventWords', () => {
  it('has a title for every kind even when its content is broken', () => {
    for (const kind of Object.keys(eventDataSchemas)) {
      expect(eventWords({ kind, data: { broken: true }, at }).title, kind).not.toBe('');
    }
  });

  it('shows a kind it does not know by its name alone, made plain', () => {
    expect(eventWords({ kind: 'new\u202e-kind', data: { html: '<b>' }, at })).toEqual({
      title: 'new-kind',
      detail: '',
      tone: 'quiet',
      output: null,
    });
  });

  it('keeps the output of an installer apart', () => {
    const data = {
      attempt: 1,
      run: 1,
      exitCode: 102,
      signal: null,
      meaning: 'leftovers',
      durationMs: 1500,
      output: 'x',
    };
    expect(eventWords({ kind: 'installer-exited', data, at })).toMatchObject({
      title: "SentinelOne's installer ended with code 102 after 1.5 s",
      detail: 'leftovers',
      output: 'x',
    });
  });
});

describe('keysOf', () => {
  it('renews only the device that a hint names, but every list', () => {
    expect(keysOf({ topic: 'device', id: 'd-1' })).toContainEqual(['device', 'one', 'd-1']);
    expect(keysOf({ topic: 'device', id: 'd-1' })).toContainEqual(['device', 'list']);
    expect(keysOf({ topic: 'packages', id: null })).toEqual([['packages'], ['overview']]);
  });
});

describe('inOrder', () => {
  const event = (seq: number, second: number): TimelineEvent => {
    const when = `2026-03-01T10:00:${String(second).padStart(2, '0')}.000Z`;
    return { journalId: 'j', seq, at: when, receivedAt: when, kind: 'x', data: {} };
  };
  const gap = (from: number, second: number): TimelineGap => {
    return { journalId: 'j', from, to: from + 1, recordedAt: event(0, second).at };
  };
  const keys = (events: TimelineEvent[], gaps: TimelineGap[], whole: boolean) =>
    inOrder(events, gaps, whole).map((entry) => entry.key);

  it('puts a gap where it was noticed, and holds back what is older than the events loaded', () => {
    const events = [event(9, 50), event(4, 30)];
    const gaps = [gap(1, 10), gap(5, 40)];
    expect(keys(events, gaps, true)).toEqual(['j 9', 'gap j 5', 'j 4', 'gap j 1']);
    expect(keys(events, gaps, false)).toEqual(['j 9', 'gap j 5', 'j 4']);
    expect(keys([], gaps, true)).toEqual(['gap j 5', 'gap j 1']);
  });
});
