import { describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { plan } from '#agent/plan/plan.ts';
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
  run,
} from '#test/agent/plan/input.ts';

const fault = new Fault('install.left-bare', 'the old agent is gone and the new one failed').toRecord();
const bare = { attempt: 1, fault };
const left = { kind: 'not-protecting', version: null, reason: 'bare-after-failed-upgrade' } as const;

describe('a device that a failed upgrade left bare', () => {
  const given = (changes: Partial<PlanInput> = {}): PlanInput => input({ memory: memory({ bare }), ...changes });
  const cases: readonly (readonly [string, PlanInput])[] = [
    ['deploying', given()],
    ['watched', given({ assignment: assignment({ mode: 'watch' }) })],
    ['paused', given({ assignment: assignment({ mode: 'paused' }) })],
    ['without a site', given({ assignment: assignment({ site: null }) })],
    ['without an assignment', given({ assignment: null })],
    ['not enrolled', given({ assignment: null, enrolled: false })],
    ['half installed', given({ facts: facts({ product: aged({ ...absent, state: 'partial' }) }) })],
    ['trying again', given({ memory: memory({ bare, attempt: attempt({ run: run() }) }) })],
  ];
  it.each(cases)('says so, whatever else holds: %s', (_name, each) => {
    expect(plan(each).state).toMatchObject(left);
  });

  it('is tried again by itself, and the state says what comes next', () => {
    const { state, decision } = plan(given());
    expect(decision).toMatchObject({ kind: 'do', action: { kind: 'install' } });
    expect(state).toMatchObject({ detail: expect.stringContaining('attempt 1 is under way') });
  });

  it('says that only its turn is missing, so that the console can give it one', () => {
    expect(plan(given({ assignment: assignment({ slot: 'none' }) })).state).toMatchObject({
      ...left,
      waitsFor: 'turn',
    });
    expect(plan(given()).state).not.toHaveProperty('waitsFor');
  });

  it('waits for the restart that its exit code asks for, whatever is assigned then', () => {
    const { bootId } = facts().machine.value;
    const pause = {
      fault,
      untilMs: null,
      basis: 'another',
      count: 1,
      rung: { kind: 'after-reboot', bootId, attempt: 1 } as const,
    };
    const { state, decision } = plan(given({ memory: memory({ bare, pause }) }));
    expect(decision).toMatchObject({ kind: 'wait', condition: 'reboot' });
    expect(state).toMatchObject({ ...left, detail: expect.stringContaining('restarts it: somebody else') });
  });

  it('is not bare once the product is there', () => {
    expect(plan(given({ facts: facts({ product: aged(healthy) }) })).state.kind).toBe('protected');
  });
});

describe('an installer that wants a restart before anything else', () => {
  it('is believed also where it left half a package: nothing is run over it', () => {
    const meaning = {
      outcome: 'fault',
      code: 'install.left-bare',
      text: 'left bare',
      ladder: [{ kind: 'after-reboot', times: 1 }, { kind: 'stop' }],
    } as const;
    const given = input({
      memory: memory({ attempts: 1, attempt: attempt({ run: ended({ code: 2002, meaning }) }) }),
      facts: facts({ product: aged({ ...absent, state: 'partial' }) }),
    });
    expect(plan(given).decision).toMatchObject({
      action: { kind: 'close-attempt', result: 'failed', fault: { code: 'install.left-bare' } },
    });
  });
});
