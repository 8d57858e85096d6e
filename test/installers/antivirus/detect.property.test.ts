import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Inventory, Probe } from '#platform/inventory.ts';
import { conflictSchema } from '#protocol/state.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { judge, type JudgementPolicy } from '#installers/antivirus/judge.ts';

const identifiers = catalogue.products.flatMap(({ linux, macos, windows }) =>
  [linux, macos, windows].flatMap((block) =>
    Object.values(block ?? {}).flatMap((list) => (Array.isArray(list) ? list : [])),
  ),
);

/** Half of the names are the catalogue's own, so that evidence meets. */
const name = fc.oneof(
  fc.constantFrom(...identifiers),
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'binary', maxLength: 300 }),
);
const path = fc.oneof(
  name,
  fc.tuple(name, name).map(([folder, file]) => `${folder}/${file}`),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

function probeOf<T>(value: fc.Arbitrary<T>): fc.Arbitrary<Probe<T>> {
  return fc.oneof(
    { weight: 6, arbitrary: value.map((found) => ({ status: 'ok' as const, value: found })) },
    { weight: 1, arbitrary: fc.constant({ status: 'unsupported' as const, detail: '' }) },
    { weight: 1, arbitrary: name.map((detail) => ({ status: 'failed' as const, code: detail, detail })) },
  );
}

const listOf = <T>(record: fc.Arbitrary<T>) => probeOf(fc.array(record, { maxLength: 6 }));

const inventories: fc.Arbitrary<Inventory> = fc.record({
  os: fc.constantFrom('linux', 'macos', 'windows'),
  product: fc.constantFrom('client', 'server'),
  packages: listOf(
    fc.record({
      format: fc.constantFrom('deb', 'rpm'),
      name,
      version: name,
      state: fc.constantFrom('installed', 'partial', 'config-files'),
    }),
  ),
  services: listOf(
    fc.record({
      name,
      state: fc.constantFrom('running', 'stopped', 'failed'),
      enabled: fc.boolean(),
      system: fc.boolean(),
    }),
  ),
  processes: listOf(
    fc.record({ pid: fc.nat(), path: maybe(path), name, trusted: fc.boolean(), blocksFileAccess: fc.boolean() }),
  ),
  drivers: listOf(fc.record({ name, state: fc.constantFrom('loaded', 'stopped'), altitude: maybe(name) })),
  paths: listOf(fc.record({ path, trusted: fc.boolean() })),
  securityCenter: listOf(
    fc.record({
      displayName: name,
      instanceGuid: name,
      productState: fc.integer(),
      productPath: maybe(path),
      reportingPath: maybe(path),
      programExists: maybe(fc.boolean()),
    }),
  ),
  uninstallEntries: listOf(
    fc.record({ key: name, displayName: name, displayVersion: maybe(name), publisher: maybe(name) }),
  ),
  systemExtensions: listOf(
    fc.record({
      teamId: name,
      bundleId: name,
      version: name,
      state: fc.oneof(name, fc.constantFrom('activated enabled', 'terminated waiting to uninstall on reboot')),
    }),
  ),
  launchDaemons: listOf(fc.record({ label: name, loaded: fc.boolean(), running: fc.boolean() })),
  bundleIds: listOf(name),
  receipts: listOf(name),
  defender: probeOf(
    fc.record({
      serviceState: fc.constantFrom('running', 'stopped', 'disabled', 'absent', 'unknown'),
      runningMode: maybe(fc.oneof(name, fc.constantFrom('Normal', 'Passive Mode', 'EDR Block Mode', 'Not running'))),
      realTimeProtection: maybe(fc.boolean()),
      passivePolicy: maybe(fc.boolean()),
    }),
  ),
});

const time = fc.oneof(fc.integer(), fc.double());
const policies: fc.Arbitrary<JudgementPolicy> = fc.record({
  exceptions: fc.array(
    fc.record({
      productId: fc.constantFrom(...catalogue.products.map(({ id }) => id)),
      issuedAtMs: time,
      expiresAtMs: time,
    }),
  ),
  waivers: fc.array(
    fc.record({ probe: fc.constantFrom('packages', 'services', 'processes'), issuedAtMs: time, expiresAtMs: time }),
  ),
  onDemandScanners: fc.constantFrom('block', 'report'),
  defenderOnServers: fc.constantFrom('report', 'block'),
  coexisting: fc.constantFrom('report', 'block'),
});

describe('whatever a machine says', () => {
  test('detection never throws, is bounded and repeats itself', () => {
    fc.assert(
      fc.property(inventories, (inventory) => {
        const detection = detect(inventory, catalogue);
        expect(detect(inventory, catalogue)).toEqual(detection);
        for (const finding of detection.findings) {
          expect(finding.productId).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
          expect(finding.evidence.length).toBeLessThanOrEqual(20);
          for (const { text } of finding.evidence) expect(text.length).toBeLessThanOrEqual(200);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('what blocks was found, with evidence that takes administrator rights, and can be reported', () => {
    fc.assert(
      fc.property(inventories, policies, fc.integer(), (inventory, policy, now) => {
        const { findings } = detect(inventory, catalogue);
        const { blocking, reported } = judge(detect(inventory, catalogue), policy, now);
        for (const conflict of blocking) {
          const finding = findings.find(({ productId }) => productId === conflict.productId);
          expect(finding?.evidence.some(({ strong }) => strong)).toBe(true);
          expect(conflictSchema.safeParse(conflict).error).toBeUndefined();
          expect(reported).not.toContain(finding);
        }
      }),
      { numRuns: 400 },
    );
  });

  test('nothing that anybody could have made blocks, on any system', () => {
    const none = { status: 'ok', value: [] } as const;
    const missing = { status: 'unsupported', detail: '' } as const;
    const forgeable = inventories.map((inventory): Inventory => ({
      ...inventory,
      // What takes administrator rights to make is not there; everything else says whatever it likes.
      packages: none,
      drivers: none,
      securityCenter: inventory.os === 'windows' ? none : missing,
      uninstallEntries: inventory.os === 'windows' ? none : missing,
      systemExtensions: none,
      launchDaemons: none,
      bundleIds: none,
      defender: missing,
      services: each(inventory.services, (record) => ({ ...record, system: false })),
      processes: each(inventory.processes, (record) => ({ ...record, trusted: false })),
    }));
    fc.assert(
      fc.property(forgeable, policies, fc.integer(), (inventory, policy, now) => {
        const all = { ...policy, coexisting: 'block', onDemandScanners: 'block', defenderOnServers: 'block' } as const;
        expect(judge(detect(inventory, catalogue), all, now).blocking).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test('an essential look that failed is never silently "nothing"', () => {
    const names = {
      linux: ['packages', 'services', 'processes'],
      macos: ['systemExtensions', 'launchDaemons', 'processes'],
      windows: ['services', 'drivers', 'uninstallEntries', 'securityCenter'],
    } as const;
    fc.assert(
      fc.property(inventories, policies, fc.integer(), fc.nat(), (inventory, policy, now, pick) => {
        const probe = names[inventory.os][pick % names[inventory.os].length] ?? 'processes';
        const broken = { ...inventory, [probe]: { status: 'failed', code: 'timeout', detail: '' } };
        const detection = detect(broken, catalogue);
        const judgement = judge(detection, policy, now);
        expect(detection.findings.map(({ productId }) => productId)).toContain(`unknown-${probe}`);
        const kept = [...judgement.unknownProbes, ...judgement.waivedProbes].map((failure) => failure.probe);
        expect(kept).toContain(probe);
        if (judgement.verdict === 'clear') expect(judgement.unknownProbes).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

function each<T>(probe: Probe<readonly T[]>, change: (record: T) => T): Probe<readonly T[]> {
  return probe.status === 'ok' ? { status: 'ok', value: probe.value.map(change) } : probe;
}
