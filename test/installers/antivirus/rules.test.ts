import { describe, expect, test } from 'vitest';
import type { Inventory } from '#platform/inventory.ts';
import { catalogue, catalogueSchema } from '#installers/antivirus/catalogue.ts';
import { detect } from '#installers/antivirus/detect.ts';
import { judge } from '#installers/antivirus/judge.ts';
import {
  deb,
  driver,
  linux,
  ok,
  process,
  program,
  securityCenter,
  service,
  windows,
} from '#test/installers/antivirus/inventories.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';

function states(inventory: Inventory): Record<string, string> {
  const found = detect(inventory, catalogue).findings.filter(({ kind }) => kind !== 'built-in');
  return Object.fromEntries(found.map(({ productId, state }) => [productId, state]));
}

describe('conditions of an entry', () => {
  test('whoever decides over file opens scans on access, whatever part of the product it is', () => {
    const client = (blocksFileAccess: boolean) =>
      linux({ processes: ok([process('/opt/forticlient/fctsched', { blocksFileAccess })]) });
    expect(states(client(false))).toEqual({ forticlient: 'coexists' });
    expect(states(client(true))).toEqual({ forticlient: 'active' });
  });

  test('a unit name that is too common counts only beside the product it is a module of', () => {
    const armor = service('armor.service');
    expect(states(linux({ services: ok([armor]) }))).toEqual({});
    expect(states(linux({ services: ok([armor, service('ir_agent.service')]) }))).toEqual({ 'rapid7-ngav': 'active' });
    const planted = service('ir_agent.service', { system: false });
    expect(states(linux({ services: ok([armor, planted]) }))).toEqual({});
  });

  test('a name that is too common counts only in the folder of its product', () => {
    expect(states(linux({ processes: ok([process('/usr/bin/pmd')]) }))).toEqual({});
    expect(states(linux({ processes: ok([process('/opt/traps/bin/pmd')]) }))).toEqual({ 'cortex-xdr': 'active' });
  });

  test('a cut name without a file is shown and counts for nothing', () => {
    const cut = process('/x', { path: null, name: 'sophos_threat_d', trusted: false });
    const detection = detect(linux({ processes: ok([cut]) }), catalogue);
    expect(detection.findings).toEqual([]);
    expect(detection.hints.map(({ productId }) => productId)).toEqual(['sophos-endpoint']);
  });

  test('periodic scanners are reported and never block', () => {
    const machine = linux({ packages: ok([deb('rkhunter'), deb('chkrootkit')]) });
    expect(states(machine)).toEqual({ chkrootkit: 'coexists', rkhunter: 'coexists' });
    expect(judge(detect(machine, catalogue), { ...defaultPolicy, coexisting: 'block' }, 0).blocking).toEqual([]);
  });
});

describe('names', () => {
  test('an entry is enough for a new product, and a guard takes what it names first', () => {
    const entry = { vendor: 'Example', confidence: 'low', sources: ['example'] };
    const own = catalogueSchema.parse({
      families: [],
      products: [
        {
          ...entry,
          id: 'new-av',
          name: 'New AV',
          class: 'av',
          countsAsOtherAv: 'yes',
          linux: { units: ['new.service', 'both.service'] },
        },
        {
          ...entry,
          id: 'guard',
          name: 'Guard',
          class: 'not-av',
          countsAsOtherAv: 'no',
          linux: { units: ['both.service'] },
        },
      ],
    });
    const seen = (unit: string) => detect(linux({ services: ok([service(unit)]) }), own);
    expect(seen('new.service').findings.map(({ productId }) => productId)).toEqual(['new-av']);
    expect(seen('both.service').findings).toEqual([]);
    expect(seen('both.service').guardHits.map(({ productId }) => productId)).toEqual(['guard']);
  });

  test('trademark signs do not matter', () => {
    expect(states(windows({ securityCenter: ok([securityCenter(' Sentinel™  Agent® ')]) }))).toEqual({
      sentinelone: 'self',
    });
  });

  test('an excluded program name wins over the product it belongs to', () => {
    const installed = (name: string) => states(windows({ uninstallEntries: ok([program(name)]) }));
    expect(installed('Check Point Endpoint Security')).toEqual({ 'check-point-harmony': 'installed-inactive' });
    expect(installed('Check Point Endpoint Security Management Console')).toEqual({});
  });
});

test('however much is found, a judgement fits into a report', () => {
  const names = Array.from({ length: 100 }, (_, index) =>
    process(`/opt/acme/guard${index}`, { blocksFileAccess: true }),
  );
  const detection = detect(linux({ processes: ok(names) }), catalogue);
  expect(detection.findings).toHaveLength(100);
  expect(judge(detection, defaultPolicy, 0).blocking).toHaveLength(20);
  const exceptions = detection.findings.map(({ productId }) => ({ productId, issuedAtMs: 0, expiresAtMs: 10 }));
  const judgement = judge(detection, { ...defaultPolicy, exceptions }, 1);
  expect([judgement.verdict, judgement.reported.length]).toEqual(['clear', 40]);
});

describe('families', () => {
  const shared = service('mfemms');

  test('what a family shares is reported once, as the family', () => {
    const [finding, ...others] = detect(windows({ services: ok([shared]) }), catalogue).findings.filter(
      ({ kind }) => kind !== 'built-in',
    );
    expect(finding?.name).toBe('Trellix / McAfee family');
    expect(others).toEqual([]);
  });

  test('what only one of them has names it', () => {
    const machine = windows({ services: ok([shared]), securityCenter: ok([securityCenter('McAfee VirusScan')]) });
    expect(states(machine)).toEqual({ 'mcafee-consumer': 'active' });
  });

  test('a shared engine beside the product that brought it is no second product', () => {
    expect(states(windows({ services: ok([service('MBAMService')]) }))).toEqual({ malwarebytes: 'coexists' });
    expect(states(windows({ services: ok([service('MBAMService'), service('MBEndpointAgent')]) }))).toEqual({
      threatdown: 'active',
    });
  });
});

describe('Windows', () => {
  test('a driver is loaded until the restart after its product was removed', () => {
    expect(states(windows({ drivers: ok([driver('csagent')]) }))).toEqual({ 'crowdstrike-falcon': 'pending-reboot' });
    const installed = {
      drivers: ok([driver('csagent')]),
      uninstallEntries: ok([program('CrowdStrike Windows Sensor')]),
    };
    expect(states(windows(installed))).toEqual({ 'crowdstrike-falcon': 'active' });
    expect(states(windows({ drivers: ok([driver('csagent', { state: 'stopped' })]) }))).toEqual({
      'crowdstrike-falcon': 'remnant',
    });
  });

  test.each([
    [266_256, 'active'],
    [262_144, 'installed-inactive'],
    [331_776, 'active'],
    [335_872, 'installed-inactive'],
    [344_064, 'installed-inactive'],
  ])('productState %i is read by its nibbles: %s', (productState, state) => {
    const row = securityCenter('Avast Antivirus', { productState });
    expect(states(windows({ securityCenter: ok([row]) }))).toEqual({ avast: state });
  });
});
