/** Inventories as the Windows sources give them: services by key, rows of Security Center, uninstall entries. */
import type { Machine } from '#platform/platform.ts';
import { ok, recorded, type Profile } from '#test/agent/plans/profile.ts';
import {
  defenderIn,
  driver,
  failed,
  program,
  securityCenter,
  service,
  unsupported,
} from '#test/installers/antivirus/inventories.ts';

const windows11 = {
  os: 'windows',
  name: 'Windows 11 Pro',
  version: '10.0.26100',
  architecture: 'x64',
  product: 'client',
  formats: ['exe', 'msi'],
  distribution: null,
  sse42: true,
  hostname: 'desk-1',
  virtualisation: null,
} satisfies Partial<Machine>;
const windows10x86 = { ...windows11, name: 'Windows 10 Pro', version: '10.0.19045', architecture: 'x86' } as const;
const server2022 = {
  ...windows11,
  name: 'Windows Server 2022 Standard',
  version: '10.0.20348',
  product: 'server',
  hostname: 'srv-1',
} as const;

const guarded = [service('WinDefend'), service('wscsvc'), service('mpssvc')];
const ownRow = (productState: number) =>
  securityCenter('Windows Defender', { productState, productPath: 'windowsdefender://', reportingPath: null });
const clean = { services: ok(guarded), securityCenter: ok([ownRow(397_568)]) };
const aside = [service('WinDefend', { state: 'stopped', enabled: false }), service('wscsvc'), service('mpssvc')];
const steppedAside = defenderIn('Not running', { serviceState: 'stopped', realTimeProtection: false });

export const windowsProfiles: readonly Profile[] = [
  {
    name: 'windows-11-disabled',
    right: 'SentinelOne is installed and was disabled: not protecting; it is never installed again over itself.',
    machine: windows11,
    packageState: { state: 'present', version: '24.1.257', detail: 'Sentinel Agent' },
    services: [
      'SentinelAgent',
      'SentinelHelperService',
      'SentinelStaticEngine',
      'LogProcessorService',
      'SentinelMonitor',
    ].map((name) => ({ name, state: 'running' as const })),
    tools: {
      'SentinelCtl status': recorded('windows/status-disabled.txt'),
      SentinelHelper: recorded('windows/agent-status.json'),
    },
    inventory: {
      services: ok([...aside, service('SentinelAgent')]),
      securityCenter: ok([securityCenter('Sentinel Agent'), ownRow(393_472)]),
      defender: steppedAside,
    },
    wanted: { consoleHost: 'server-101.sentinelone.net' },
  },
  {
    name: 'windows-11-x64-clean',
    right: 'Defender alone steps aside by itself: 24.1.4.257 for x64 is installed.',
    machine: windows11,
    inventory: clean,
  },
  {
    name: 'windows-10-x86-clean',
    right: '32-bit Windows takes 23.3.3.264, the last line for it.',
    machine: windows10x86,
    inventory: clean,
  },
  {
    name: 'windows-server-2022-defender',
    right: 'A server has no Security Center; its active Defender is reported with advice and does not block.',
    machine: server2022,
    inventory: { services: ok([service('WinDefend')]) },
  },
  {
    name: 'windows-server-2012',
    right: 'Not with 24.1: it needs 8.1 or 2012 R2; what would help is version 23.4 or a newer Windows.',
    machine: { ...server2022, name: 'Windows Server 2012 Standard', version: '6.2.9200' },
    inventory: { services: ok([]), defender: unsupported },
  },
  {
    name: 'windows-11-arm64',
    right: 'There is no tested package for Windows on ARM.',
    machine: { ...windows11, architecture: 'arm64' },
    inventory: clean,
  },
  {
    name: 'windows-11-sophos',
    right: 'Sophos is active: blocked, named with its evidence, and how it is removed.',
    machine: windows11,
    inventory: {
      services: ok([...aside, service('Sophos Endpoint Defense Service'), service('Sophos File Scanner Service')]),
      securityCenter: ok([securityCenter('Sophos Intercept X', { productState: 331_776 }), ownRow(393_472)]),
      drivers: ok([driver('SophosED', { altitude: '389220' })]),
      uninstallEntries: ok([program('Sophos Endpoint Agent'), program('Sophos AutoUpdate')]),
      defender: steppedAside,
    },
  },
  {
    name: 'windows-11-leftover-row',
    right: 'A row of a product that is gone does not block; the row is named with its id.',
    machine: windows11,
    inventory: {
      ...clean,
      securityCenter: ok([ownRow(397_568), securityCenter('McAfee VirusScan', { programExists: false })]),
    },
  },
  {
    name: 'windows-10-pending-restart',
    right: 'A restart is pending: said before an installer runs into it.',
    machine: { ...windows11, name: 'Windows 10 Enterprise', version: '10.0.19045' },
    inventory: clean,
    pendingReboot: true,
  },
  {
    name: 'windows-11-unknown-antivirus',
    right: 'A live row that nobody knows still is another antivirus, by its name.',
    machine: windows11,
    inventory: {
      services: ok(aside),
      securityCenter: ok([securityCenter('Nobody Knows AV™ 3'), ownRow(393_472)]),
      defender: steppedAside,
    },
  },
  {
    name: 'windows-11-security-center-silent',
    right: 'Security Center does not answer: nothing is installed until it does or somebody waives the look.',
    machine: windows11,
    inventory: { ...clean, securityCenter: failed('probe.timeout') },
  },
  {
    name: 'windows-server-2019-falcon',
    right: 'No Security Center on servers: Falcon is found by its service and driver, and blocks.',
    machine: { ...server2022, name: 'Windows Server 2019 Datacenter', version: '10.0.17763' },
    inventory: {
      services: ok([service('WinDefend'), service('CSFalconService')]),
      drivers: ok([driver('csagent', { altitude: '321410' })]),
      uninstallEntries: ok([program('CrowdStrike Windows Sensor')]),
    },
  },
];
