import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExitMeaning, ProductFacts } from '#installers/vendor.ts';
import { exeRows } from '#installers/sentinelone/exit/exe-rows.ts';
import { codeRows } from '#installers/sentinelone/exit/linux-rows.ts';
import { domainRows } from '#installers/sentinelone/exit/macos-rows.ts';
import { msiRows } from '#installers/sentinelone/exit/msi-rows.ts';
import { plan } from '#agent/plan/plan.ts';
import { isProved } from '#agent/plan/product-state.ts';
import { absent, aged, attempt, ended, facts, healthy, input, memory } from '#test/agent/plan/input.ts';

const rows = [exeRows, msiRows, domainRows, codeRows.deb, codeRows.rpm].flatMap((table) => Object.entries(table));

const flag = fc.constantFrom(true, false, null);
const product: fc.Arbitrary<ProductFacts> = fc
  .record({
    state: fc.constantFrom('absent' as const, 'partial' as const, 'present' as const),
    serviceRunning: flag,
    enabled: flag,
    healthy: flag,
    connected: flag,
  })
  .map((parts) => ({ ...(parts.state === 'absent' ? absent : healthy), ...parts }));

function afterExit(meaning: ExitMeaning, code: number, facts_: ProductFacts) {
  const run = ended({ code, meaning });
  return plan(
    input({
      facts: facts({ product: aged(facts_) }),
      memory: memory({ attempt: attempt({ run }) }),
    }),
  );
}

describe('whatever an installer says of itself', () => {
  it('every documented meaning is tried', () => {
    expect(rows.length).toBeGreaterThan(85);
  });

  it('no product is protected, and no attempt ends well, that does not prove itself', () => {
    fc.assert(
      fc.property(fc.constantFrom(...rows), product, ([code, meaning], found) => {
        fc.pre(!isProved(found));
        const { state, decision } = afterExit(meaning, Number(code), found);
        expect(state.kind).not.toBe('protected');
        const closes =
          decision.kind === 'do' && decision.action.kind === 'close-attempt' ? decision.action.result : null;
        expect(closes).not.toBe('protected');
      }),
      { numRuns: 3_000 },
    );
  });

  it('a product that proves itself is no failure, however badly the installer ended', () => {
    for (const [code, meaning] of rows) {
      if (meaning.outcome === 'done-reboot') continue;
      const { decision } = afterExit(meaning, Number(code), healthy);
      expect(decision).toMatchObject({
        kind: 'do',
        action: { kind: 'close-attempt', result: 'protected', fault: null },
      });
    }
  });

  it('one that owes a restart is not called protected before it', () => {
    for (const [code, meaning] of rows) {
      if (meaning.outcome !== 'done-reboot') continue;
      expect(afterExit(meaning, Number(code), healthy).state.kind, code).not.toBe('protected');
    }
  });
});
