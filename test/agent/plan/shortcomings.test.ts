import { describe, expect, it } from 'vitest';
import type { Shortcoming } from '#installers/vendor.ts';
import { productState } from '#agent/plan/product-state.ts';
import { aged, facts, healthy, input, memory } from '#test/agent/plan/input.ts';

const stateWith = (...shortcomings: Shortcoming[]) =>
  productState(
    input({
      facts: facts({ product: aged({ ...healthy, shortcomings }) }),
      memory: memory({ everConnected: true }),
    }),
  );

describe('what the product itself says is missing', () => {
  it.each(['full-disk-access-missing', 'extension-unapproved', 'detect-only'] as const)(
    '%s: it runs and does not protect, however well it was before',
    (kind) => {
      expect(stateWith({ kind, detail: 'as told' })).toMatchObject({
        kind: 'not-protecting',
        reason: kind,
        detail: 'as told',
      });
    },
  );

  it.each(['network-extension-unapproved', 'permission-missing', 'reboot-needed'] as const)(
    '%s: it protects and needs attention',
    (kind) => {
      expect(stateWith({ kind, detail: 'as told' })).toMatchObject({
        kind: 'degraded',
        problems: [{ kind, detail: 'as told' }],
      });
    },
  );

  it('the one that matters is told first, and nothing is ever protected beside one', () => {
    const state = stateWith(
      { kind: 'permission-missing', detail: 'Bluetooth' },
      { kind: 'full-disk-access-missing', detail: 'Full Disk Access' },
    );
    expect(state).toMatchObject({ kind: 'not-protecting', reason: 'full-disk-access-missing' });
    expect(stateWith()).toMatchObject({ kind: 'protected' });
  });
});
