import { describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import type { ExitMeaning } from '#installers/vendor.ts';
import type { RebootNote } from '#agent/memory/memory.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { plan } from '#agent/plan/plan.ts';
import { minutesLeft } from '#agent/plan/reboot.ts';
import { machine } from '#test/installers/sentinelone/samples.ts';
import {
  absent,
  aged,
  assignment,
  attempt,
  ended,
  facts,
  healthy,
  input,
  memory,
  wallMs,
} from '#test/agent/plan/input.ts';

const dayMs = 86_400_000;
/** At 12:00 (720) the test's device is inside of these. */
const hours = { kind: 'window', startMinute: 700, endMinute: 760 } as const;
const wantsRestart: ExitMeaning = {
  outcome: 'done-reboot',
  code: null,
  text: 'installed; a restart is needed',
  ladder: [],
};
const client = aged(machine({ product: 'client' }));
const { bootId } = client.value;
const asks = ended({ code: 3010, meaning: wantsRestart });

const note = (changes: Partial<RebootNote> = {}): RebootNote => ({
  attempt: 1,
  bootId,
  dueAtMs: wallMs + 300_000,
  dueUptimeMs: 2 * dayMs + 300_000,
  dueLocalMinute: 725,
  phase: 'scheduled',
  unwanted: false,
  ...changes,
});

type Given = Partial<PlanInput> & { readonly also?: Parameters<typeof facts>[0]; readonly reboot?: RebootNote | null };

/** A client that has run for two days and whose installer ended with 3010 without the product being there yet. */
function owing({ also = {}, reboot = null, ...changes }: Given = {}): PlanInput {
  return input({
    assignment: assignment({ reboot: hours }),
    memory: memory({ attempts: 1, attempt: attempt({ run: { ...asks, bootId } }), reboot }),
    facts: facts({ machine: client, product: aged(absent), uptimeMs: 2 * dayMs, ...also }),
    ...changes,
  });
}

const server = { machine: aged(machine({ product: 'server' })) };

describe('G17: a restart is asked for', () => {
  it('when an installer of this attempt wants it and nothing forbids it, with ten minutes of notice', () => {
    const { state, decision } = plan(owing());
    expect(decision).toMatchObject({ kind: 'do', action: { kind: 'request-reboot', attempt: 1, noticeMs: 600_000 } });
    expect(state).toMatchObject({
      kind: 'waiting',
      condition: 'reboot',
      fault: { code: 'install.reboot-needed', detail: 'installed; a restart is needed' },
      holder: 'the Garrison agent, in 10 minutes',
    });
  });

  it('of a server that allows it itself', () => {
    const { decision } = plan(owing({ localReboot: 'allowed', also: { ...server } }));
    expect(decision).toMatchObject({ action: { kind: 'request-reboot' } });
  });

  it('for the rung of an exit code as well', () => {
    const fault = new Fault('install.left-bare', 'left without an agent').toRecord();
    const pause = {
      fault,
      untilMs: null,
      basis: 'any',
      count: 1,
      rung: { kind: 'after-reboot', bootId, attempt: 4 } as const,
    };
    const { decision } = plan(owing({ memory: memory({ attempts: 4, pause }) }));
    expect(decision).toMatchObject({ action: { kind: 'request-reboot', attempt: 4 } });
  });

  const never: readonly (readonly [string, PlanInput, RegExp])[] = [
    ['the console says never', owing({ assignment: assignment() }), /organisation/],
    [
      'the device says never, whatever the console says',
      owing({ localReboot: 'never' }),
      /configuration of this device/,
    ],
    ['it is a server that has not allowed it', owing({ also: server }), /server/],
    [
      'the organisation is paused',
      owing({ assignment: assignment({ reboot: hours, mode: 'paused' }) }),
      /nothing may be/,
    ],
    ['it is watched only', owing({ assignment: assignment({ reboot: hours, mode: 'watch' }) }), /nothing may be/],
    [
      'the assignment has expired',
      owing({ assignment: assignment({ reboot: hours, expiresAt: new Date(wallMs).toISOString() }) }),
      /nothing may be/,
    ],
    ['nothing is assigned', owing({ assignment: null }), /organisation/],
    [
      'it was asked for in this attempt and did not come',
      owing({ reboot: note({ dueUptimeMs: dayMs }) }),
      /did not come/,
    ],
    [
      'it was asked for in this attempt and nobody knows what came of it',
      owing({ reboot: note({ bootId: 'boot-0', phase: 'asked' }) }),
      /did not come/,
    ],
    ['it was called off', owing({ reboot: note({ phase: 'cancelled' }) }), /called off/],
    ['the system refused', owing({ reboot: note({ phase: 'failed' }) }), /did not do/],
  ];
  it.each(never)('never when %s: somebody else restarts it, and the state says so', (_name, given, why) => {
    const { state, decision } = plan(given);
    expect(decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
    expect(state).toMatchObject({
      kind: 'waiting',
      condition: 'reboot',
      holder: expect.stringMatching(/^somebody else: /),
    });
    expect(state).toMatchObject({ holder: expect.stringMatching(why) });
  });

  const later: readonly (readonly [string, PlanInput, RegExp])[] = [
    [
      'outside the hours',
      owing({ assignment: assignment({ reboot: { kind: 'window', startMinute: 120, endMinute: 240 } }) }),
      /between 02:00 and 04:00/,
    ],
    [
      'when the notice would end after the hours',
      owing({ assignment: assignment({ reboot: { kind: 'window', startMinute: 700, endMinute: 729 } }) }),
      /between 11:40 and 12:09/,
    ],
    ['of a machine that has not run for a day', owing({ also: { uptimeMs: dayMs - 1 } }), /24 hours/],
    [
      'within a day of another one in the same boot',
      owing({ reboot: note({ attempt: 0, dueUptimeMs: dayMs + 1, phase: 'failed' }) }),
      /24 hours/,
    ],
    [
      'while another installer is at work',
      owing({
        also: {
          locks: aged({ status: 'ok', value: [{ lock: 'dpkg', path: '/l', holder: { pid: 1, command: 'apt' } }] }),
        },
      }),
      /once apt has ended/,
    ],
    ['while the journal is short of space', owing({ journal: { broken: null, tight: true } }), /disk space/],
  ];
  it.each(later)('not yet %s', (_name, given, when) => {
    const { state, decision } = plan(given);
    expect(decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
    expect(state).toMatchObject({ holder: expect.stringMatching(/^the Garrison agent, /) });
    expect(state).toMatchObject({ holder: expect.stringMatching(when) });
  });

  it('on a broken journal not at all', () => {
    const broken = new Fault('state.disk-error', 'fsync failed').toRecord();
    expect(plan(owing({ journal: { broken, tight: false } })).decision.kind).not.toBe('do');
  });
});

describe('a scheduled restart', () => {
  it('is waited for, and the state says who does it and when', () => {
    const { state, decision } = plan(owing({ reboot: note() }));
    expect(decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
    expect(state).toMatchObject({ holder: 'the Garrison agent, at 12:05 (time of the device)' });
  });

  const calledOff: readonly (readonly [string, PlanInput, RegExp])[] = [
    ['somebody does not want it', owing({ reboot: note({ unwanted: true }) }), /called it off/],
    ['the console says never now', owing({ reboot: note(), assignment: assignment() }), /does not let/],
    [
      'everything is paused now',
      owing({ reboot: note(), assignment: assignment({ reboot: hours, mode: 'paused' }) }),
      /nothing may/,
    ],
    ['the attempt is over', owing({ memory: memory({ reboot: note() }) }), /not needed/],
    ['another attempt is under way', owing({ reboot: note({ attempt: 0 }) }), /not needed/],
  ];
  it.each(calledOff)('is called off when %s', (_name, given, why) => {
    expect(plan(given).decision).toMatchObject({
      kind: 'do',
      action: { kind: 'cancel-reboot', why: expect.stringMatching(why) },
    });
  });

  it('is not called off when its time has come', () => {
    const { decision } = plan(owing({ reboot: note({ unwanted: true, dueUptimeMs: 2 * dayMs }) }));
    expect(decision.kind).toBe('wait');
  });
});

describe('after a restart that an installer asked for', () => {
  const restarted = (also: Parameters<typeof facts>[0]): PlanInput =>
    owing({ also: { machine: aged({ ...client.value, bootId: 'boot-9' }), ...also } });

  it('the product is looked for once it is quiet', () => {
    const busy = { settled: false, holder: 'the restart (5 minutes)', quietOnly: true };
    expect(plan(restarted({ settled: busy })).state).toMatchObject({ kind: 'installing', step: 'settle' });
    expect(plan(restarted({ product: aged(healthy) })).decision).toMatchObject({
      action: { kind: 'close-attempt', result: 'protected' },
    });
  });

  it('the installer is asked once what it says since then, and an absent product ends the attempt', () => {
    expect(plan(restarted({})).decision).toMatchObject({ action: { kind: 'conclude-restart' } });
    const read = { ...asks, bootId, saidInBoot: bootId, readInBoot: 'boot-9' };
    const given = { ...restarted({}), memory: memory({ attempts: 1, attempt: attempt({ run: read }) }) };
    expect(plan(given).decision).toMatchObject({
      action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.not-verified' } },
    });
  });

  it('its word from after an earlier restart is not taken for a new one', () => {
    const said = { ...asks, bootId, saidInBoot: 'boot-5', readInBoot: 'boot-5' };
    const given = { ...restarted({}), memory: memory({ attempts: 1, attempt: attempt({ run: said }) }) };
    expect(plan(given).decision).toMatchObject({ action: { kind: 'close-attempt' } });
  });

  it('a restart that it asks for then is another one that is owed', () => {
    const again = { ...asks, bootId, saidInBoot: 'boot-9', readInBoot: 'boot-9' };
    const given = { ...restarted({}), memory: memory({ attempts: 1, attempt: attempt({ run: again }) }) };
    expect(plan(given).state).toMatchObject({ kind: 'waiting', condition: 'reboot' });
  });
});

describe('until the restart', () => {
  const there = (changes: Partial<typeof healthy>, endedMs = 3_600_000): PlanInput => {
    const run = { ...asks, bootId, endedAtMs: wallMs - endedMs };
    return owing({
      assignment: assignment(),
      memory: memory({ attempts: 1, attempt: attempt({ run }) }),
      also: { product: aged({ ...healthy, ...changes }) },
    });
  };

  it('a product that works is not called protected', () => {
    expect(plan(there({})).state).toMatchObject({ kind: 'degraded', problems: [{ kind: 'reboot-needed' }] });
  });

  it('a product that does not work is not protecting, and the restart comes first', () => {
    const { state, decision } = plan(there({ serviceRunning: false }));
    expect(state).toMatchObject({ kind: 'not-protecting', reason: 'reboot-pending' });
    expect(decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
  });

  it('it may register first', () => {
    expect(plan(there({ connected: false }, 10_000)).state).toMatchObject({ kind: 'installing', step: 'register' });
  });

  it('what is half there is not repaired', () => {
    const half = owing({ assignment: assignment(), also: { product: aged({ ...absent, state: 'partial' }) } });
    expect(plan(half).decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
  });
});

describe('hours of the device', () => {
  it.each([
    [120, 240, 119, 0],
    [120, 240, 120, 120],
    [120, 240, 239, 1],
    [120, 240, 240, 0],
    [1380, 60, 1400, 100],
    [1380, 60, 0, 60],
    [1380, 60, 60, 0],
    [300, 300, 300, 0],
  ])('from %d to %d, at %d there are %d minutes left', (startMinute, endMinute, at, left) => {
    expect(minutesLeft({ startMinute, endMinute }, at)).toBe(left);
  });
});
