import { expect, it } from 'vitest';
import type { PlanInput } from '#agent/plan/decision.ts';
import { plan } from '#agent/plan/plan.ts';
import { aged, facts, input, memory, monotonicMs, wallMs } from '#test/agent/plan/input.ts';

const dayMs = 86_400_000;

const locked = (sinceMs: number): PlanInput =>
  input({
    memory: memory({ state: { key: 'waiting package-manager-free', sinceMs, alarm: false } }),
    facts: facts({
      locks: aged({
        status: 'ok',
        value: [{ lock: 'dpkg', path: '/l', holder: { pid: 812, command: 'apt-get' } }],
      }),
    }),
  });

it('G31: a wait of more than a day is an alarm that names its holder', () => {
  const { state } = plan(locked(wallMs - dayMs));
  expect(state).toMatchObject({ kind: 'waiting', holder: 'apt-get (812)', alarm: true });
  expect(state.since).toBe(new Date(wallMs - dayMs).toISOString());
});

it('G6: a look for other antivirus that fails for more than a day is an alarm, once, and the looking goes on', () => {
  const failing = (sinceMs: number): PlanInput =>
    input({
      memory: memory({ state: { key: 'blocked antivirus.unknown ', sinceMs, alarm: false } }),
      facts: facts({
        antivirus: aged({
          blocking: [],
          reported: [],
          unknown: [{ probe: 'securityCenter', detail: 'gave up after 10 s', waived: false }],
        }),
      }),
    });
  const { state, decision } = plan(failing(wallMs - dayMs));
  expect(state).toMatchObject({ kind: 'blocked', fault: { code: 'antivirus.unknown' }, alarm: true });
  expect(state.since).toBe(new Date(wallMs - dayMs).toISOString());
  expect(decision).toMatchObject({ kind: 'wait', condition: 'antivirus-gone' });
  const earlier = plan(failing(wallMs - dayMs + 1000));
  expect(earlier.state).not.toHaveProperty('alarm');
  expect(earlier.decision).toMatchObject({ escalatesAtMs: monotonicMs + 1000 });
});

it('other antivirus is no alarm, however long it is there: it is said once, and stays said', () => {
  const found = facts({
    antivirus: aged({
      blocking: [
        { productId: 'eset', name: 'ESET', version: null, state: 'active', evidence: ['service ekrn'], remedy: '' },
      ],
      reported: [],
      unknown: [],
    }),
  });
  const known = memory({ state: { key: 'blocked antivirus.present eset', sinceMs: wallMs - 9 * dayMs, alarm: false } });
  expect(plan(input({ memory: known, facts: found })).state).not.toHaveProperty('alarm');
});

it('a shorter one is not, and says when it becomes one', () => {
  const { state, decision } = plan(locked(wallMs - dayMs + 1000));
  expect(state).not.toHaveProperty('alarm');
  expect(decision).toMatchObject({ kind: 'wait', escalatesAtMs: monotonicMs + 1000 });
});
