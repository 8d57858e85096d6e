import { describe, expect, test } from 'vitest';
import {
  catalogue,
  catalogueSchema,
  inventoryQuery,
  productById,
  type Product,
} from '#installers/antivirus/catalogue.ts';
import rows from '#installers/antivirus/catalogue.json' with { type: 'json' };
import { isGuard } from '#installers/antivirus/match.ts';

const systems = ['linux', 'macos', 'windows'] as const;
const first: unknown = rows.products[0];

/** The file with one entry changed. */
function withEntry(change: object): unknown {
  return { families: rows.families, products: [{ ...(first as object), ...change }] };
}

function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}

describe('the catalogue', () => {
  test('holds all 143 entries, products and guards', () => {
    expect(catalogue.products).toHaveLength(143);
    expect(catalogue.products.filter((product) => product.class === 'not-av')).toHaveLength(45);
    expect(catalogue.products.filter(isGuard)).toHaveLength(46);
  });

  test('has unique ids and names', () => {
    for (const key of ['id', 'name'] as const) {
      const all = catalogue.products.map((product) => product[key]);
      expect(new Set(all).size).toBe(all.length);
    }
  });

  test('has no blanks at the ends of any text', () => {
    expect(strings(catalogue).filter((text) => text !== text.trim() || text === '')).toEqual([]);
  });

  test('has only expressions that compile and are not satisfied by an empty name', () => {
    const all = catalogue.products.flatMap(({ windows }) => [
      ...(windows?.uninstallNames ?? []),
      ...(windows?.uninstallExclude ?? []),
    ]);
    expect(all.length).toBeGreaterThan(80);
    for (const expression of all) expect(new RegExp(expression, 'i').test('')).toBe(false);
  });

  test('points only to families and entries that exist, and no family has a single member', () => {
    const families = catalogue.families.map(({ id }) => id);
    for (const product of catalogue.products) {
      if (product.family !== undefined) expect(families).toContain(product.family);
      for (const other of [product.sameAgentAs, ...systems.map((os) => product[os]?.countsWhen?.beside)]) {
        if (other !== undefined) expect(productById(catalogue, other)).not.toBeNull();
      }
    }
    for (const family of families) {
      expect(catalogue.products.filter((product) => product.family === family).length).toBeGreaterThan(1);
    }
  });

  test('gives every conditional product its condition on the systems where it has one', () => {
    const bare = catalogue.products.filter(
      (product) =>
        product.countsAsOtherAv === 'conditional' && systems.every((os) => product[os]?.countsWhen === undefined),
    );
    expect(bare.map(({ id }) => id)).toEqual(['microsoft-defender-antivirus']);
  });

  test('lists marks, updaters and on-access parts among the identifiers themselves', () => {
    for (const { linux } of catalogue.products) {
      if (linux === undefined) continue;
      const known = [...linux.packages, ...linux.units, ...linux.processes, ...linux.ambiguousProcesses];
      const used = [
        ...(linux.countsWhen?.units ?? []),
        ...(linux.countsWhen?.processes ?? []),
        ...linux.onAccess,
        ...Object.values(linux.supporting ?? {}).flat(),
      ];
      expect(used.filter((identifier) => !known.includes(identifier))).toEqual([]);
    }
  });

  test('uses absolute, plain paths', () => {
    const paths = catalogue.products.flatMap(({ linux, macos }) => [...(linux?.paths ?? []), ...(macos?.paths ?? [])]);
    for (const path of paths) expect(path).toMatch(/^\/[^*]+[^/*]$/);
  });

  const badEntries: [string, object][] = [
    ['a blank at an end', { linux: { packages: ['falcon-sensor '] } }],
    ['a bare star', { linux: { units: ['*'] } }],
    ['an expression that does not compile', { windows: { uninstallNames: ['^Broken('] } }],
    ['an unknown class', { class: 'antivirus' }],
    ['an unknown policy', { countsAsOtherAv: 'maybe' }],
    ['an unknown field', { linux: { package: ['falcon-sensor'] } }],
    ['an id that cannot be named in an exception', { id: 'a b' }],
  ];
  test.each(badEntries)('is refused with %s', (_what, change) => {
    expect(catalogueSchema.safeParse(withEntry({})).success).toBe(true);
    expect(catalogueSchema.safeParse(withEntry(change)).success).toBe(false);
  });
});

describe('inventoryQuery', () => {
  test.each(systems)('asks for every identifier of %s that has to be looked up, once', (os) => {
    const query = inventoryQuery(catalogue, os);
    const expected = (pick: (product: Product) => readonly string[] | undefined): string[] =>
      [...new Set(catalogue.products.flatMap((product) => pick(product) ?? []))].toSorted();
    const units = expected((product) => (os === 'linux' ? product.linux?.units : product.windows?.services));
    expect([...query.services].toSorted()).toEqual(os === 'macos' ? [] : units);
    const paths = expected((product) => (os === 'windows' ? [] : product[os]?.paths));
    expect([...query.paths].toSorted()).toEqual(paths);
    const daemons = expected((product) => (os === 'macos' ? product.macos?.launchDaemons : []));
    expect([...query.launchDaemons].toSorted()).toEqual(daemons);
  });
});
