import { describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import type { ExitMeaning } from '#installers/vendor.ts';
import { explainAhead } from '#agent/explain/explain-ahead.ts';
import type { Pause, PauseRung } from '#agent/memory/memory.ts';
import { assignment, attempt, basis, ended, input, memory, wallMs } from '#test/agent/plan/input.ts';

const fault = new Fault('install.failed', 'general failure').toRecord();
const paused = (rung: PauseRung | null, untilMs: number | null = wallMs + 60_000): Pause => ({
  fault,
  untilMs,
  basis,
  count: 2,
  rung,
});

describe('what is ahead, in words', () => {
  it.each<readonly [PauseRung, RegExp]>([
    [{ kind: 'again' }, /Failed 2 times: general failure\. Tried again in the same way\. 0 of 6 starts/],
    [{ kind: 'fresh-download' }, /Tried again with a package fetched anew/],
    [{ kind: 'changed-arguments', arguments: ['--force'] }, /Tried again with --force added to the arguments/],
    [{ kind: 'after-reboot', bootId: 'boot-0', attempt: 1 }, /Tried again after a restart of the machine/],
  ])('the rung %j', (rung, words) => {
    expect(explainAhead(input({ memory: memory({ pause: paused(rung) }) }))[0]).toMatch(words);
  });

  it('the end of a ladder', () => {
    const [line] = explainAhead(input({ memory: memory({ pause: paused(null, null) }) }));
    expect(line).toContain('Not tried again until somebody acts');
  });

  it('an open attempt: how it is made, what its installer said and which tries are left', () => {
    const meaning: ExitMeaning = {
      outcome: 'fault',
      code: 'install.failed',
      text: 'fatal error (1603)',
      ladder: [{ kind: 'again', times: 1 }, { kind: 'after-reboot', times: 1 }, { kind: 'stop' }],
    };
    const open = attempt({ attempt: 3, run: ended({ code: 1603, meaning }), follows: paused({ kind: 'again' }) });
    expect(explainAhead(input({ memory: memory({ attempt: open }) }))).toEqual([
      'Attempt 3 is made in the same way.',
      'Its installer said: fatal error (1603). Tries after such an end: 1 more in the same way, 1 after a restart, then a person.',
      'Restarts by the agent: never; the organisation does not let the agent restart devices.',
    ]);
  });

  it('a restart that is owed, and who does it', () => {
    const { bootId: boot } = input().facts.machine.value;
    const pause = paused({ kind: 'after-reboot', bootId: boot, attempt: 2 }, null);
    expect(explainAhead(input({ memory: memory({ pause }) })).at(-1)).toBe(
      'A restart is owed (general failure). It is restarted by somebody else: the organisation does not let the agent restart devices.',
    );
  });

  it('the hours in which the agent may restart the machine', () => {
    const reboot = { kind: 'window', startMinute: 125, endMinute: 240 } as const;
    const given = input({ assignment: assignment({ reboot }), localReboot: 'allowed' });
    expect(explainAhead(given)).toEqual([
      'Restarts by the agent: only if an installer asks for one, between 02:05 and 04:00 (time of the device), once in 24 hours.',
    ]);
  });
});
