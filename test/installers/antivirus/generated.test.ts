import { describe, expect, test } from 'vitest';
import { catalogue, type Product } from '#installers/antivirus/catalogue.ts';
import { detect, type Detection } from '#installers/antivirus/detect.ts';
import { judge } from '#installers/antivirus/judge.ts';
import { isGuard } from '#installers/antivirus/match.ts';
import type { System } from '#test/installers/antivirus/fixtures/fixture.ts';
import { full, nearMiss } from '#test/installers/antivirus/generated.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';

const defender = 'microsoft-defender-antivirus';

/** Windows' own Defender is judged by its word, and a team id alone tells only a vendor. */
const toldOtherwise: Readonly<Record<System, readonly string[]>> = {
  linux: [],
  macos: ['trend-micro-consumer'],
  windows: [defender],
};

function entriesOf(os: System): Product[] {
  const lists = (block: object): unknown[] =>
    Object.values(block).filter((list) => Array.isArray(list) && list.length > 0);
  return catalogue.products.filter(
    (product) => lists(product[os] ?? {}).length > 0 && !toldOtherwise[os].includes(product.id),
  );
}

/** Findings apart from Windows' own Defender, which every such machine has. */
function found(detection: Detection): string[] {
  return detection.findings.map(({ productId }) => productId).filter((id) => id !== defender);
}

function guards(detection: Detection): string[] {
  return detection.guardHits.map(({ productId }) => productId);
}

function relatives(product: Product): string[] {
  return catalogue.products
    .filter(({ id, family }) => id === product.id || (family !== undefined && family === product.family))
    .map(({ id }) => id);
}

describe.each(['linux', 'macos', 'windows'] as const)('every entry with identifiers for %s', (os) => {
  const entries = entriesOf(os);

  test('are as many as the catalogue has', () => {
    expect(entries.length).toBe({ linux: 71, macos: 55, windows: 120 }[os]);
  });

  test.each(entries.map((product) => [product.id, product] as const))(
    '%s is recognised, and only it',
    (_id, product) => {
      const detection = detect(full(product, os), catalogue);
      if (isGuard(product)) {
        expect(found(detection)).toEqual([]);
        expect(guards(detection)).toContain(product.id);
        return;
      }
      expect(found(detection)).not.toEqual([]);
      expect(found(detection).filter((id) => !relatives(product).includes(id))).toEqual([]);
    },
  );

  test.each(entries.map((product) => [product.id, product] as const))(
    '%s leaves its near misses alone',
    (_id, product) => {
      const detection = detect(nearMiss(product, os), catalogue);
      const blocking = judge(detection, { ...defaultPolicy, coexisting: 'block' }, 0).blocking;
      expect(blocking).toEqual([]);
      // ThreatDown's folder on macOS lies in Malwarebytes' own.
      const kin = relatives(product).filter((id) => id !== product.id);
      expect(found(detection).filter((id) => !id.startsWith('unnamed-') && !kin.includes(id))).toEqual([]);
    },
  );
});

describe('linux', () => {
  const active = entriesOf('linux').filter(
    ({ class: kind, countsAsOtherAv }) => kind !== 'not-av' && countsAsOtherAv === 'yes',
  );

  test.each(active.map((product) => [product.id, product] as const))('%s blocks when it runs', (_id, product) => {
    const { blocking } = judge(detect(full(product, 'linux'), catalogue), defaultPolicy, 0);
    expect(blocking.map(({ productId, state }) => [productId, state])).toEqual([[product.id, 'active']]);
    expect(blocking[0]?.remedy.length).toBeGreaterThan(20);
  });
});
