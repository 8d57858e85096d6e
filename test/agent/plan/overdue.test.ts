import { describe, expect, it } from 'vitest';
import { plan } from '#agent/plan/plan.ts';
import { absent, aged, attempt, facts, healthy, input, memory, run } from '#test/agent/plan/input.ts';

const running = (product: typeof healthy, forMs: number) =>
  plan(
    input({
      facts: facts({ product: aged(product), run: { status: 'running', forMs } }),
      memory: memory({ attempt: attempt({ run: run() }) }),
    }),
  );
const hourMs = 3_600_000;

describe('an installer that does not return', () => {
  it('is waited for and reported while the product is not proved', () => {
    expect(running(absent, hourMs).state).toMatchObject({ kind: 'waiting', fault: { code: 'install.overdue' } });
    expect(running({ ...healthy, connected: null }, hourMs).state.kind).toBe('waiting');
  });

  it('past its time hides no product that proves itself, and nothing else is done', () => {
    const { state, decision } = running(healthy, hourMs);
    expect(state.kind).toBe('protected');
    expect(decision).toMatchObject({ kind: 'wait', condition: 'installer-settled' });
  });

  it('within its time is still installing', () => {
    expect(running(healthy, 60_000).state.kind).toBe('installing');
  });
});
