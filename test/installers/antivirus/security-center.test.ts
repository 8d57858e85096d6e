/** Windows Security Center: what a row says, whether it is believed, and what it means that there is none. */
import { describe, expect, test } from 'vitest';
import type { Inventory } from '#platform/inventory.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { judge } from '#installers/antivirus/judge.ts';
import { readProductState } from '#installers/antivirus/security-center.ts';
import {
  driver,
  failed,
  ok,
  program,
  securityCenter,
  service,
  unsupported,
  windows,
  windowsServer,
} from '#test/installers/antivirus/inventories.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';

const own = 'microsoft-defender-antivirus';

function states(inventory: Inventory): Record<string, string> {
  const found = detect(inventory, catalogue).findings.filter(({ productId }) => productId !== own);
  return Object.fromEntries(found.map(({ productId, state }) => [productId, state]));
}

function blocking(inventory: Inventory): string[] {
  return judge(detect(inventory, catalogue), defaultPolicy, 0).blocking.map(({ productId }) => productId);
}

/** Values as they occur in the field, with their public reading. */
const worked: readonly (readonly [number, string, string, string])[] = [
  [266_240, 'on', 'other', 'current'],
  [266_256, 'on', 'other', 'outdated'],
  [262_144, 'off', 'other', 'current'],
  [262_160, 'off', 'other', 'outdated'],
  [270_336, 'snoozed', 'other', 'current'],
  [327_680, 'off', 'other', 'current'],
  [327_696, 'off', 'other', 'outdated'],
  [331_776, 'on', 'other', 'current'],
  [335_872, 'snoozed', 'other', 'current'],
  [344_064, 'unknown', 'other', 'current'],
  [393_216, 'off', 'other', 'current'],
  [393_232, 'off', 'other', 'outdated'],
  [393_472, 'off', 'microsoft', 'current'],
  [393_488, 'off', 'microsoft', 'outdated'],
  [397_312, 'on', 'other', 'current'],
  [397_568, 'on', 'microsoft', 'current'],
  [397_584, 'on', 'microsoft', 'outdated'],
  [401_664, 'snoozed', 'microsoft', 'current'],
  [462_848, 'on', 'other', 'current'],
  [0x43000, 'expired', 'other', 'current'],
  [0x41011, 'on', 'other', 'outdated'],
  // Nibbles and bits that no build is known to set: nothing is read into them.
  [0x41001, 'on', 'other', 'current'],
  [0x49000, 'unknown', 'other', 'current'],
];

describe('productState is read by its nibbles', () => {
  test.each(worked)('%i: %s, of %s, signatures %s', (value, engine, owner, signatures) => {
    expect(readProductState(value)).toEqual({ engine, owner, signatures });
  });

  test.each(worked)('%i (%s) on a third party that is there', (productState, engine) => {
    const row = securityCenter('Avast Antivirus', { productState });
    expect(states(windows({ securityCenter: ok([row]) }))).toEqual({
      avast: engine === 'on' ? 'active' : 'installed-inactive',
    });
  });
});

describe('a row that no entry names', () => {
  const row = securityCenter('Nobody Knows AV™ 3');

  test('is another antivirus, by its name', () => {
    const { findings } = detect(windows({ securityCenter: ok([row]) }), catalogue);
    expect(findings.find(({ productId }) => productId !== own)).toMatchObject({
      name: 'Other antivirus: Nobody Knows AV 3',
      state: 'active',
    });
    expect(blocking(windows({ securityCenter: ok([row]) }))).toEqual(['unnamed-nobody-knows-av-3']);
  });

  test("is no other antivirus when the owner bits say that it is Microsoft's", () => {
    const localised = securityCenter('Antivirus de Microsoft', { productState: 397_568 });
    expect(states(windows({ securityCenter: ok([localised]) }))).toEqual({});
  });

  test('whose program is gone is a leftover, unless its uninstall entry is there', () => {
    const dead = securityCenter('Nobody Knows AV', { programExists: false });
    expect(states(windows({ securityCenter: ok([dead]) }))).toEqual({ 'unnamed-nobody-knows-av': 'remnant' });
    const entry = (name: string) => windows({ securityCenter: ok([dead]), uninstallEntries: ok([program(name)]) });
    expect(states(entry('Nobody Knows AV 3.1'))).toEqual({ 'unnamed-nobody-knows-av': 'active' });
    expect(states(entry('Nobody Knows AVB'))).toEqual({ 'unnamed-nobody-knows-av': 'remnant' });
  });

  test('has an id of its own whatever letters it is written in', () => {
    const rows = ['火绒安全', '腾讯电脑', 'ÄV', 'AV', 'x'.repeat(80), `${'x'.repeat(80)}y`].map((name) =>
      securityCenter(`未 ${name}`),
    );
    const ids = Object.keys(states(windows({ securityCenter: ok(rows) })));
    expect(ids).toHaveLength(6);
    for (const id of ids) expect(id).toMatch(/^unnamed-[a-z0-9-]{1,56}$/);
  });

  test('registered twice is one product', () => {
    const twice = [
      row,
      securityCenter('nobody knows AV 3', { instanceGuid: '{5F1C2B7A-0000-4000-8000-000000000009}' }),
    ];
    expect(states(windows({ securityCenter: ok(twice) }))).toEqual({ 'unnamed-nobody-knows-av-3': 'active' });
  });
});

describe('a row outlives its product: any one sign of life is enough', () => {
  const dead = ok([securityCenter('ESET Security', { programExists: false })]);

  test.each([
    ['nothing', {}, 'remnant'],
    [
      'its program could not be looked for',
      { securityCenter: ok([securityCenter('ESET Security', { programExists: null })]) },
      'active',
    ],
    ['a service of it runs', { services: ok([service('ekrn')]) }, 'active'],
    ['a driver of it is loaded', { drivers: ok([driver('eamonm')]) }, 'active'],
    ['an uninstall entry of it', { uninstallEntries: ok([program('ESET Endpoint Antivirus')]) }, 'active'],
    ['a driver that is not loaded', { drivers: ok([driver('eamonm', { state: 'stopped' })]) }, 'remnant'],
    ['an entry of another product', { uninstallEntries: ok([program('ESET Management Agent')]) }, 'remnant'],
  ] as const)('%s', (_what, parts, state) => {
    expect(states(windows({ securityCenter: dead, ...parts }))).toEqual({ eset: state });
  });

  test('a leftover row is named with its id and where it is kept', () => {
    const [finding] = detect(windows({ securityCenter: dead }), catalogue).findings.filter(
      ({ productId }) => productId === 'eset',
    );
    expect(finding?.remedy).toContain('{5F1C2B7A-0000-4000-8000-000000000001}');
    expect(finding?.remedy).toContain('Security Center\\Provider\\Av');
    expect(finding?.evidence[0]?.text).toContain('its program is gone');
  });

  test('a current row beside an old one of the same vendor is one active product', () => {
    const rows = [
      securityCenter('Sophos Intercept X', { productState: 331_776 }),
      securityCenter('Sophos Anti-Virus', { productState: 331_776, programExists: false }),
    ];
    expect(states(windows({ securityCenter: ok(rows) }))).toEqual({ 'sophos-endpoint': 'active' });
  });
});

describe('the service that keeps the rows', () => {
  const rows = { securityCenter: ok([securityCenter('ESET Security'), securityCenter('Nobody Knows AV')]) };
  const keeper = (state: 'running' | 'stopped') => ({ ...rows, services: ok([service('wscsvc', { state })]) });

  test('runs: the rows are believed', () => {
    expect(states(windows(keeper('running')))).toEqual({ eset: 'active', 'unnamed-nobody-knows-av': 'active' });
  });

  test('is stopped: the rows can be old, and that nothing else is there is not known', () => {
    const machine = windows(keeper('stopped'));
    expect(states(machine)).toEqual({
      eset: 'installed-inactive',
      'unnamed-nobody-knows-av': 'installed-inactive',
      'unknown-securityCenter': 'unknown',
    });
    const none = windows({ services: ok([service('wscsvc', { state: 'stopped' })]) });
    const { verdict, unknownProbes } = judge(detect(none, catalogue), defaultPolicy, 0);
    expect([verdict, unknownProbes.map(({ probe, code }) => [probe, code])]).toEqual([
      'unknown',
      [['securityCenter', 'security-center.stopped']],
    ]);
    const [finding] = detect(none, catalogue).findings.filter(
      ({ productId }) => productId === 'unknown-securityCenter',
    );
    expect(finding?.remedy).toContain('wscsvc');
  });
});

describe('no Security Center', () => {
  test('is no failure on a server, which never has one', () => {
    const { failedProbes } = detect(windowsServer(), catalogue);
    expect(failedProbes).toEqual([]);
    expect(judge(detect(windowsServer(), catalogue), defaultPolicy, 0).verdict).toBe('clear');
  });

  test('is a failed look on a client, which always has one', () => {
    const machine = windows({ securityCenter: unsupported });
    expect(states(machine)).toEqual({ 'unknown-securityCenter': 'unknown' });
  });

  test('that does not answer leaves the decision to the other looks and is not "nothing"', () => {
    expect(judge(detect(windows({ securityCenter: failed() }), catalogue), defaultPolicy, 0).verdict).toBe('unknown');
    const machine = windows({ securityCenter: failed(), services: ok([service('CSFalconService')]) });
    expect(blocking(machine)).toEqual(['crowdstrike-falcon']);
  });
});

describe('SentinelOne under another name', () => {
  test.each([
    [
      'N-able EDR',
      windows({ services: ok([service('SentinelAgent')]), uninstallEntries: ok([program('N-able EDR')]) }),
    ],
    [
      'SonicWall Capture Client',
      windows({
        securityCenter: ok([securityCenter('Sentinel Agent')]),
        uninstallEntries: ok([program('SonicWall Capture Client')]),
      }),
    ],
    ['SentinelOne itself', windows({ uninstallEntries: ok([program('Sentinel Agent')]) })],
  ])('%s is the product itself, no conflict', (_what, machine) => {
    expect(states(machine)).toEqual({ sentinelone: 'self' });
    const judgement = judge(detect(machine, catalogue), defaultPolicy, 0);
    expect([judgement.verdict, judgement.blocking]).toEqual(['already-installed', []]);
  });

  test.each(['sentinelargus', 'hasplms'])("a driver of somebody else's Sentinel (%s) is nothing", (name) => {
    expect(states(windows({ drivers: ok([driver(name)]) }))).toEqual({});
  });
});
