import { describe, expect, test } from 'vitest';
import { catalogue, type Catalogue, type Product } from '#installers/antivirus/catalogue.ts';
import { isGuard } from '#installers/antivirus/match.ts';
import type { Fixture, System } from '#test/installers/antivirus/fixtures/fixture.ts';
import { linuxFixtures } from '#test/installers/antivirus/fixtures/linux.ts';
import { macosFixtures } from '#test/installers/antivirus/fixtures/macos.ts';
import { windowsFixtures } from '#test/installers/antivirus/fixtures/windows.ts';
import { linuxSituations } from '#test/installers/antivirus/matrix/linux.ts';
import { macosSituations } from '#test/installers/antivirus/matrix/macos.ts';
import { windowsSituations } from '#test/installers/antivirus/matrix/windows.ts';
import { scoreFixtures, scoreLine, scoreSituations, total, type Score } from '#test/installers/antivirus/score.ts';

const systems = ['windows', 'macos', 'linux'] as const;
const situations = { windows: windowsSituations, macos: macosSituations, linux: linuxSituations };
const makers = { windows: windowsFixtures, macos: macosFixtures, linux: linuxFixtures };

function fixturesOf(os: System): Fixture[] {
  return catalogue.products.flatMap((product) => makers[os](product));
}

type Row = readonly [what: string, machinesMin: number, score: Score];

function rowsOf(from: Catalogue): Row[] {
  return systems.flatMap((os): Row[] => [
    [`matrix ${os}`, { windows: 20, macos: 6, linux: 8 }[os], scoreSituations(situations[os], from)],
    [`catalogue ${os}`, { windows: 5_500, macos: 1_100, linux: 1_400 }[os], scoreFixtures(fixturesOf(os), from)],
  ]);
}

/** Why the table is not good; a row that nothing was run for is never good. */
function complaints(rows: readonly Row[]): string[] {
  const empty = rows.filter(([, machinesMin, { machines, tp }]) => machines < machinesMin || tp === 0);
  return [
    ...(rows.length === 6 ? [] : [`${rows.length} of 6 rows`]),
    ...empty.map(
      ([what, machinesMin, { machines, tp }]) => `${what}: ${machines} of ${machinesMin} machines, tp ${tp}`,
    ),
    ...rows.flatMap(([, , { wrong }]) => wrong),
  ];
}

test('precision and recall over the matrix and every generated machine', () => {
  const rows = rowsOf(catalogue);
  const { tp, fp, fn, ...all } = total(rows.map(([, , score]) => score));
  console.log(
    [
      ...rows.map(([what, , score]) => scoreLine(what, score)),
      scoreLine('all', { tp, fp, fn, ...all }),
      `detection: tp ${tp} fp ${fp} fn ${fn}`,
    ].join('\n'),
  );
  expect(complaints(rows)).toEqual([]);
  expect([fp, fn]).toEqual([0, 0]);
  expect(tp).toBeGreaterThan(3_500);
});

describe('the table', () => {
  const changed = (change: (product: Product) => Product | null): Catalogue => ({
    ...catalogue,
    products: catalogue.products.flatMap((product) => change(product) ?? []),
  });
  const machines = fixturesOf('windows');
  const counts = (from: Catalogue) => {
    const { fp, fn } = scoreFixtures(machines, from);
    return { fp: fp > 0, fn: fn > 0 };
  };

  test('is not good when nothing was run', () => {
    expect(complaints([])).toEqual(['0 of 6 rows']);
    const nothing = systems.flatMap((os): Row[] => [[os, 1, scoreFixtures([], catalogue)]]);
    expect(complaints(nothing)).toHaveLength(4);
  });

  test('tells a product that is missing', () => {
    expect(counts(changed((product) => (product.id === 'eset' ? null : product))).fn).toBe(true);
  });

  test('tells guards that are missing', () => {
    expect(counts(changed((product) => (isGuard(product) ? null : product))).fn).toBe(true);
  });

  test('tells identifiers that are compared by their beginning only', () => {
    const loose = (list: readonly string[]): string[] => list.map((identifier) => `${identifier.replace(/\*$/, '')}*`);
    const services = changed((product) =>
      product.windows === undefined
        ? product
        : { ...product, windows: { ...product.windows, services: loose(product.windows.services) } },
    );
    expect(counts(services).fp).toBe(true);
  });

  test('tells components that are not excluded', () => {
    const whole = changed((product) =>
      product.windows === undefined ? product : { ...product, windows: { ...product.windows, uninstallExclude: [] } },
    );
    expect(counts(whole).fp).toBe(true);
  });
});

describe.each(systems)('on %s every entry with identifiers', (os) => {
  /** Told by its own word, or by a team alone, which names a vendor and no product. */
  const toldOtherwise: readonly string[] = {
    windows: ['microsoft-defender-antivirus'],
    macos: ['trend-micro-consumer'],
    linux: [],
  }[os];
  const entries = catalogue.products.filter(
    (product) => makers[os](product).length > 0 && !toldOtherwise.includes(product.id),
  );

  test('has a machine that must match and one that must not', () => {
    const without = entries.filter((product) => {
      const kinds = new Set(makers[os](product).map(({ kind }) => kind));
      return !kinds.has('must-match') || !kinds.has('near-miss');
    });
    expect(without.map(({ id }) => id)).toEqual([]);
    expect(entries.length).toBeGreaterThan({ windows: 115, macos: 50, linux: 68 }[os]);
  });

  test.each(entries.map((product) => [product.id, product] as const))('%s', (_id, product) => {
    const { wrong, machines } = scoreFixtures(makers[os](product), catalogue);
    expect(wrong).toEqual([]);
    expect(machines).toBeGreaterThan(1);
  });
});
