/** Microsoft Defender: its seven states, what they mean under the policy, and the sensor beside it. */
import { describe, expect, test } from 'vitest';
import type { Inventory } from '#platform/inventory.ts';
import { catalogue } from '#installers/antivirus/catalogue.ts';
import { defenderClass, edrBlockPrimary, type DefenderClass } from '#installers/antivirus/defender.ts';
import { detect } from '#installers/antivirus/detect.ts';
import type { Finding } from '#installers/antivirus/finding.ts';
import { judge } from '#installers/antivirus/judge.ts';
import {
  defenderIn,
  failed,
  linux,
  ok,
  securityCenter,
  service,
  windows,
  windowsServer,
} from '#test/installers/antivirus/inventories.ts';
import { defaultPolicy } from '#test/installers/antivirus/policies.ts';

const own = 'microsoft-defender-antivirus';
const sensor = 'microsoft-defender-for-endpoint';
const record = {
  serviceState: 'running',
  runningMode: 'Normal',
  realTimeProtection: true,
  passivePolicy: null,
} as const;
const off = { serviceState: 'stopped', runningMode: null, realTimeProtection: null } as const;

/** One record for each of the seven states, and what the machine is then said to have. */
const states: readonly (readonly [DefenderClass, Parameters<typeof defenderIn>, Finding['state'] | null])[] = [
  ['absent', [null, { ...off, serviceState: 'absent' }], null],
  ['passive', ['Passive Mode'], 'coexists'],
  ['passive', ['SxS Passive Mode'], 'coexists'],
  ['edr-block', ['EDR Block Mode'], 'coexists'],
  ['active', ['Normal'], 'active'],
  ['active-rtp-off', ['Normal', { realTimeProtection: false }], 'installed-inactive'],
  ['disabled', ['Not running'], 'installed-inactive'],
  ['disabled', [null, { ...off, serviceState: 'disabled' }], 'installed-inactive'],
  ['disabled', [null, off], 'installed-inactive'],
  ['unknown', [null], 'unknown'],
  ['unknown', ['Some New Mode'], 'unknown'],
];

function finding(inventory: Inventory, id = own): Finding | undefined {
  return detect(inventory, catalogue).findings.find(({ productId }) => productId === id);
}

function blocks(
  inventory: Inventory,
  defenderOnServers: 'report' | 'block',
  coexisting: 'report' | 'block' = 'report',
) {
  const { blocking } = judge(detect(inventory, catalogue), { ...defaultPolicy, defenderOnServers, coexisting }, 0);
  return blocking.map(({ productId }) => productId);
}

describe('the seven states', () => {
  test('all have a row here', () => {
    expect(new Set(states.map(([kind]) => kind)).size).toBe(7);
  });

  test.each(states)('%s: mode %j', (kind, given, state) => {
    const defender = defenderIn(...given);
    if (defender.status !== 'ok') throw new Error('not a record');
    expect(defenderClass(defender.value)).toBe(kind);
    expect(finding(windows({ defender }))?.state ?? null).toBe(state);
    if (state !== null)
      expect(finding(windows({ defender }))?.evidence[0]?.text).toContain(`Microsoft Defender: ${kind}`);
  });

  test.each(states)(
    '%s never blocks a client; a server only while it protects or does not tell, by policy',
    (kind, given) => {
      const defender = defenderIn(...given);
      expect(blocks(windows({ defender }), 'block', 'block')).toEqual([]);
      expect(blocks(windowsServer({ defender }), 'report')).toEqual([]);
      expect(blocks(windowsServer({ defender }), 'block')).toEqual(['active', 'unknown'].includes(kind) ? [own] : []);
    },
  );

  test('the enabled flags of a passive Defender do not make it active', () => {
    expect(defenderClass({ ...record, runningMode: 'Passive Mode', realTimeProtection: true })).toBe('passive');
  });
});

describe('what settles a Defender that does not answer', () => {
  const eset = { securityCenter: ok([securityCenter('ESET Security'), row(393_472)]), services: ok([service('ekrn')]) };

  function row(productState: number) {
    return securityCenter('Windows Defender', { productState, productPath: 'windowsdefender://' });
  }

  test('its row is off and another antivirus is active: disabled', () => {
    expect(finding(windows({ ...eset, defender: defenderIn(null) }))?.evidence[0]?.text).toContain('disabled');
    const alone = windows({ securityCenter: ok([row(393_472)]), defender: defenderIn(null) });
    expect(finding(alone)?.state).toBe('unknown');
    const stillOn = { ...eset, securityCenter: ok([securityCenter('ESET Security'), row(397_568)]) };
    expect(finding(windows({ ...stillOn, defender: defenderIn(null) }))?.state).toBe('unknown');
  });

  test.each([
    ['running', { state: 'running', enabled: true }, 'unknown'],
    ['stopped', { state: 'stopped', enabled: true }, 'installed-inactive'],
    ['disabled', { state: 'stopped', enabled: false }, 'installed-inactive'],
  ] as const)('the status query failed and the service is %s', (_what, parts, state) => {
    const machine = windows({ defender: failed(), services: ok([service('WinDefend', parts)]) });
    expect(finding(machine)?.state).toBe(state);
    const { failedProbes } = detect(machine, catalogue);
    expect(failedProbes.map(({ probe, essential }) => [probe, essential])).toEqual([['defender', false]]);
    expect(judge(detect(machine, catalogue), defaultPolicy, 0).verdict).toBe('clear');
  });

  test('the query failed and there is no such service: absent', () => {
    expect(finding(windows({ defender: failed(), services: ok([service('Spooler')]) }))).toBeUndefined();
  });
});

describe('EDR Block Mode hides the mode below it', () => {
  test.each([
    [true, false, 'passive'],
    [null, true, 'passive'],
    [null, false, 'unknown'],
    [false, false, 'unknown'],
  ] as const)('policy %s, another antivirus %s: %s', (passivePolicy, otherActive, primary) => {
    const given = { ...record, runningMode: 'EDR Block Mode', passivePolicy };
    expect(edrBlockPrimary(given, { rowSaysOff: false, otherActive })).toBe(primary);
  });

  test('is told in the evidence', () => {
    const machine = windows({ defender: defenderIn('EDR Block Mode'), services: ok([service('CSFalconService')]) });
    expect(finding(machine)?.evidence[0]?.text).toContain('edr-block, below it passive');
  });
});

describe('the sensor of Defender for Endpoint', () => {
  test('is reported apart from the antivirus, and blocks only by policy', () => {
    const machine = windowsServer({ services: ok([service('Sense'), service('WinDefend')]) });
    expect([finding(machine, sensor)?.state, finding(machine)?.state]).toEqual(['coexists', 'active']);
    expect(blocks(machine, 'report')).toEqual([]);
    expect(blocks(machine, 'report', 'block')).toEqual([sensor]);
  });

  test('that Windows brings along and nobody turned on is nothing', () => {
    const idle = service('Sense', { state: 'stopped', enabled: false });
    const machine = windows({ services: ok([idle, service('WinDefend')]) });
    expect(finding(machine, sensor)).toBeUndefined();
    expect(blocks(machine, 'block', 'block')).toEqual([]);
  });
});

describe('what an administrator is told', () => {
  const steps = /Windows Security.+Virus & threat protection.+Manage settings.+Real-time protection off.+Yes/;

  test('on a client: nothing has to be done, and the steps by hand with their price', () => {
    const remedy = finding(windows())?.remedy ?? '';
    expect(remedy).toMatch(/^Nothing has to be done/);
    expect(remedy).toMatch(steps);
    expect(remedy).toContain('Tamper protection or central management may turn it on again');
    expect(remedy).toContain('no antivirus at all');
  });

  test('on a server: that it stays, and how it goes', () => {
    const remedy = finding(windowsServer())?.remedy ?? '';
    expect(remedy).toContain('does not step aside by itself');
    expect(remedy).toContain('ForceDefenderPassiveMode');
    expect(remedy).toMatch(steps);
  });

  test('while its real-time protection is off: that the device is bare', () => {
    const machine = windows({ defender: defenderIn('Normal', { realTimeProtection: false }) });
    expect(finding(machine)?.remedy).toContain('no antivirus meanwhile');
  });

  test('fits into a report', () => {
    for (const machine of [windows(), windowsServer()]) expect(finding(machine)?.remedy.length).toBeLessThan(1_500);
  });
});

describe('on Linux Defender is a product like any other', () => {
  test.each([
    [{ passivePolicy: true }, null, 'coexists'],
    [{ passivePolicy: false }, null, 'active'],
    [{ passivePolicy: true }, 'Normal', 'active'],
  ])('%o in mode %s is %s', (parts, mode, state) => {
    const machine = linux({ services: ok([service('mdatp.service')]), defender: defenderIn(mode, parts) });
    expect(finding(machine, sensor)?.state).toBe(state);
  });
});
