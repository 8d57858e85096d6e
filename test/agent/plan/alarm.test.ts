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

it('a shorter one is not, and says when it becomes one', () => {
  const { state, decision } = plan(locked(wallMs - dayMs + 1000));
  expect(state).not.toHaveProperty('alarm');
  expect(decision).toMatchObject({ kind: 'wait', escalatesAtMs: monotonicMs + 1000 });
});
