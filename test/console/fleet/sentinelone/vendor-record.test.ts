import { describe, expect, it } from 'vitest';
import { vendorLookupSchema } from '#console/api/vendor-record.ts';
import { joinRecord, type Joining } from '#console/fleet/sentinelone/vendor-record.ts';
import type { SentinelOneAgentRecord } from '#console/sentinelone/agents.ts';
import type { ProductReport } from '#protocol/report.ts';

const agent: SentinelOneAgentRecord = {
  vendorAgentId: '1893456781234500017',
  uuid: 'u-1',
  computerName: 'db1',
  serialNumber: null,
  siteId: 'mine',
  siteName: 'Acme Branch',
  accountId: '1',
  groupId: null,
  agentVersion: '24.2.2.20',
  os: 'linux',
  isActive: true,
  isDecommissioned: false,
  isUninstalled: false,
  isPendingUninstall: false,
  infected: false,
  activeThreats: 0,
  networkStatus: 'connected',
  lastActiveAt: '2026-01-15T12:00:00.123456Z',
  registeredAt: null,
  scanStatus: 'finished',
  scanStartedAt: null,
  scanFinishedAt: null,
  lastSuccessfulScanAt: null,
  operationalState: 'na',
  mitigationMode: 'protect',
  missingPermissions: [],
  userActionsNeeded: [],
};

const present: ProductReport = {
  state: 'present',
  version: '24.2.2.20',
  serviceRunning: true,
  enabled: true,
  connected: true,
  agentUuid: 'u-1',
  consoleHost: null,
  siteKeySha256: null,
  detail: [],
};
const absent: ProductReport = { ...present, state: 'absent', version: null };

const seeing: Joining = {
  agentUuid: 'u-1',
  product: present,
  siteId: 'mine',
  nowMs: Date.UTC(2026, 0, 15, 13),
  maySee: () => true,
};
const blind: Joining = { ...seeing, maySee: () => false };
const gone = { ...agent, isDecommissioned: true, isActive: false };
const astray = { ...agent, siteId: 'other', siteName: 'Foreign & Co' };

const nothing = { record: null, mismatches: [], otherSite: null };

describe('a device and the record SentinelOne has of it', () => {
  it.each<[string, SentinelOneAgentRecord[], Partial<Joining>, string[]]>([
    ['agree', [agent], {}, []],
    ['agree without regard to what a package format appends', [{ ...agent, agentVersion: '24.2.2.20-1' }], {}, []],
    ['agree that there is nothing', [], { product: absent }, []],
    ['agree that it is gone', [gone], { product: absent }, []],
    ['are not compared before the device has looked', [agent], { product: null }, []],
    ['differ: installed, not registered', [], {}, ['installed-not-registered']],
    ['differ: decommissioned', [gone], {}, ['decommissioned']],
    ['differ: uninstalled there', [{ ...agent, isUninstalled: true }], {}, ['decommissioned']],
    ['differ in version', [{ ...agent, agentVersion: '23.4.1.4' }], {}, ['version-differs']],
    ['differ: two records live', [agent, { ...agent, vendorAgentId: '2' }], {}, ['duplicate']],
    ['differ: one live here, one elsewhere', [agent, astray], {}, ['duplicate']],
    ['differ: an old record and a live one agree', [gone, agent], {}, []],
    ['differ: another site', [astray], {}, ['wrong-site']],
    [
      'differ: SentinelOne heard of it days ago, the device reports',
      [{ ...agent, lastActiveAt: '2026-01-10T12:00:00Z' }],
      {},
      ['stale'],
    ],
    ['agree that it is away', [{ ...agent, lastActiveAt: '2026-01-10T12:00:00Z' }], { product: absent }, []],
    ['it only detects', [{ ...agent, mitigationMode: 'detect' }], {}, ['detect-only']],
    ['it is switched off there', [{ ...agent, operationalState: 'disabled_error' }], {}, ['switched-off']],
    ['an uninstall waits', [{ ...agent, isPendingUninstall: true }], {}, ['pending-uninstall']],
    [
      'somebody must act at it',
      [{ ...agent, missingPermissions: ['user_action_needed_fda'] }],
      {},
      ['user-action-needed'],
    ],
    ['differ: gone here, alive in another site', [gone, astray], {}, ['wrong-site']],
  ])('%s', (_what, found, joining, mismatches) => {
    expect(joinRecord(found, { ...seeing, ...joining }).mismatches).toEqual(mismatches);
  });

  it('G9: a record of a site that is not the organisation’s is never joined', () => {
    expect(joinRecord([astray], seeing)).toEqual({ ...nothing, mismatches: ['wrong-site'], otherSite: 'Foreign & Co' });
  });

  it('G9: what the asker may not see is answered as what does not exist', () => {
    expect(joinRecord([astray], blind)).toEqual(joinRecord([], blind));
    expect(joinRecord([agent, astray], blind)).toEqual(joinRecord([agent], blind));
  });

  it('counts only records of the very id that was asked for', () => {
    expect(joinRecord([{ ...agent, uuid: 'u-2' }], { ...seeing, product: absent })).toEqual(nothing);
  });

  it('shows the living record, of several the one heard of last, in bounded plain text', () => {
    const found = [
      { ...gone, vendorAgentId: '1', lastActiveAt: '2027-01-01T00:00:00Z' },
      { ...agent, vendorAgentId: '2' },
      { ...agent, vendorAgentId: '3', lastActiveAt: '2026-01-16T12:00:00Z' },
    ];
    expect(joinRecord(found, seeing).record?.vendorAgentId).toBe('3');
    const hostile = {
      ...agent,
      computerName: `a\u202eb${'x'.repeat(5_000)}`,
      lastActiveAt: 'yesterday',
      activeThreats: -1,
      userActionsNeeded: Array.from({ length: 500 }, (_, at) => `action ${at}`),
    };
    const { record } = joinRecord([hostile], seeing);
    expect(record).toMatchObject({ lastActiveAt: null, activeThreats: 0 });
    expect(record?.computerName).not.toContain('\u202e');
    expect(vendorLookupSchema.shape.record.safeParse(record).success).toBe(true);
    expect(joinRecord([agent], seeing).record?.lastActiveAt).toBe('2026-01-15T12:00:00.123Z');
  });
});
