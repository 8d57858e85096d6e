/** Shapes: Security Center rows as PowerShell prints them, fltmc's filter names, recorded service names. Values are our own. */
import {
  defenderIn,
  driver,
  failed,
  ok,
  process,
  program,
  securityCenter,
  service,
  windows,
  windowsServer,
} from '#test/installers/antivirus/inventories.ts';
import type { Situation } from '#test/installers/antivirus/matrix/situation.ts';

const own = 'microsoft-defender-antivirus';
const defenderRow = (productState: number) =>
  securityCenter('Windows Defender', {
    productState,
    productPath: 'windowsdefender://',
    reportingPath: '%ProgramFiles%\\Windows Defender\\MsMpeng.exe',
  });
const steppedAside = defenderIn('Not running', { serviceState: 'stopped', realTimeProtection: false });
const stopped = { state: 'stopped', enabled: false } as const;

export const windowsSituations: readonly Situation[] = [
  {
    id: 'W01',
    what: 'Windows 11 with Defender alone, mode Normal',
    inventory: windows({
      securityCenter: ok([defenderRow(397_568)]),
      services: ok([service('WinDefend'), service('WdNisSvc'), service('mpssvc'), service('wscsvc')]),
    }),
    blocking: [],
    findings: { [own]: 'active' },
    guards: ['windows-firewall', 'windows-security-app'],
  },
  {
    id: 'W02',
    what: 'a third party that is on, Defender off (393472)',
    inventory: windows({
      securityCenter: ok([securityCenter('ESET Security'), defenderRow(393_472)]),
      services: ok([service('ekrn'), service('WinDefend', stopped)]),
      defender: steppedAside,
    }),
    blocking: ['eset'],
    findings: { eset: 'active', [own]: 'installed-inactive' },
  },
  {
    id: 'W03',
    what: 'a row that is on (266240) whose program is gone, no service',
    inventory: windows({
      securityCenter: ok([securityCenter('Trend Micro Apex One Antivirus', { programExists: false })]),
    }),
    blocking: [],
    findings: { [own]: 'active', 'trend-micro-apex-one': 'remnant' },
  },
  {
    id: 'W04',
    what: 'two rows of one name with different ids',
    inventory: windows({
      securityCenter: ok([
        securityCenter('Datto AV'),
        securityCenter('Datto AV', {
          instanceGuid: '{5F1C2B7A-0000-4000-8000-000000000002}',
          reportingPath: '\\\\?\\C:\\Program Files\\Infocyte\\wsc_agent.exe',
        }),
      ]),
      defender: steppedAside,
    }),
    blocking: ['datto-av-edr'],
    findings: { 'datto-av-edr': 'active', [own]: 'installed-inactive' },
  },
  {
    id: 'W05',
    what: 'a server without Security Center on which CSFalconService runs',
    inventory: windowsServer({ services: ok([service('CSFalconService')]) }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'active', [own]: 'active' },
  },
  {
    id: 'W06',
    what: 'a server without Security Center and nothing else',
    inventory: windowsServer(),
    blocking: [],
    findings: { [own]: 'active' },
  },
  {
    id: 'W07',
    what: 'a client whose Security Center does not answer in time',
    inventory: windows({ securityCenter: failed(), services: ok([service('CSFalconService')]) }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'active', 'unknown-securityCenter': 'unknown', [own]: 'active' },
  },
  {
    id: 'W08',
    what: 'FortiClient VPN only',
    inventory: windows({
      services: ok([service('FA_Scheduler')]),
      uninstallEntries: ok([program('FortiClient VPN')]),
    }),
    blocking: [],
    findings: { [own]: 'active' },
    guards: ['forticlient-vpn'],
  },
  {
    id: 'W09',
    what: 'FortiClient with its minifilter loaded',
    inventory: windows({
      services: ok([service('FA_Scheduler')]),
      drivers: ok([driver('fortimon2', { altitude: '320360' })]),
      uninstallEntries: ok([program('FortiClient')]),
      processes: ok([process('C:\\Program Files\\Fortinet\\FortiClient\\fmon.exe')]),
    }),
    blocking: ['forticlient'],
    findings: { forticlient: 'active', [own]: 'active' },
    guards: ['forticlient-vpn'],
  },
  {
    id: 'W10',
    what: 'McAfee Agent only',
    inventory: windows({ services: ok([service('masvc')]), uninstallEntries: ok([program('McAfee Agent')]) }),
    blocking: [],
    findings: { [own]: 'active' },
    guards: ['trellix-agent'],
  },
  {
    id: 'W11',
    what: 'Sentinel Agent is there',
    inventory: windows({
      securityCenter: ok([securityCenter('Sentinel Agent')]),
      services: ok([service('SentinelAgent')]),
      drivers: ok([driver('SentinelMonitor', { altitude: '329355.5' })]),
      defender: steppedAside,
    }),
    blocking: [],
    findings: { sentinelone: 'self', [own]: 'installed-inactive' },
  },
  {
    id: 'W12',
    what: "sfc.exe of Windows itself, which is also a name of Cisco's",
    inventory: windows({ processes: ok([process('C:\\Windows\\System32\\sfc.exe')]) }),
    blocking: [],
    findings: { [own]: 'active' },
  },
  {
    id: 'W13',
    what: 'filters are loaded without service and process',
    inventory: windows({ drivers: ok([driver('360Box64'), driver('360AvFlt')]) }),
    blocking: ['qihoo-360'],
    findings: { 'qihoo-360': 'pending-reboot', [own]: 'active' },
  },
  {
    id: 'W14',
    what: 'a third party is snoozed (270336)',
    inventory: windows({ securityCenter: ok([securityCenter('Avast Antivirus', { productState: 270_336 })]) }),
    blocking: ['avast'],
    findings: { avast: 'installed-inactive', [own]: 'active' },
  },
  {
    id: 'W15',
    what: 'EDR Block Mode beside another antivirus',
    inventory: windows({
      securityCenter: ok([securityCenter('ESET Security')]),
      services: ok([service('Sense'), service('WinDefend')]),
      defender: defenderIn('EDR Block Mode', { passivePolicy: true }),
    }),
    blocking: ['eset'],
    findings: { eset: 'active', [own]: 'coexists', 'microsoft-defender-for-endpoint': 'coexists' },
  },
  {
    id: 'W16',
    what: 'a display name with a trademark sign',
    inventory: windows({ securityCenter: ok([securityCenter('Cortex XDR™ Advanced Endpoint Protection ')]) }),
    blocking: ['cortex-xdr'],
    findings: { 'cortex-xdr': 'active', [own]: 'active' },
  },
  {
    id: 'W17',
    what: 'a live row that no entry names',
    inventory: windows({ securityCenter: ok([securityCenter('Nobody Knows AV 3')]) }),
    blocking: ['unnamed-nobody-knows-av-3'],
    findings: { 'unnamed-nobody-knows-av-3': 'active', [own]: 'active' },
  },
  {
    id: 'W18',
    what: 'a 64-bit product, seen in the 64-bit view of the programs',
    inventory: windows({ uninstallEntries: ok([program('CrowdStrike Windows Sensor')]) }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'installed-inactive', [own]: 'active' },
  },
  {
    id: 'W19',
    what: 'NordVPN and anti-cheat drivers inside the altitude range of antivirus',
    inventory: windows({
      drivers: ok([driver('mshield', { altitude: '323850.5' }), driver('easyanticheat', { altitude: '327530' })]),
    }),
    blocking: [],
    findings: { [own]: 'active' },
    guards: ['nordvpn', 'altitude-range-neighbours'],
  },
  {
    id: 'W20',
    what: 'Huntress beside Defender',
    inventory: windows({ services: ok([service('HuntressAgent'), service('WinDefend')]) }),
    blocking: [],
    findings: { huntress: 'coexists', [own]: 'active' },
  },
  {
    id: 'W21',
    what: "Panda's management agent only, which is called as generally as can be",
    inventory: windows({
      processes: ok([process('C:\\Program Files (x86)\\Panda Security\\Panda Aether Agent\\AgentSvc.exe')]),
      uninstallEntries: ok([program('Panda Endpoint Agent')]),
    }),
    blocking: [],
    findings: { [own]: 'active' },
  },
];
