/** Forty devices in five organisations. */
import type { Organisation } from '#console/api/organisations.ts';
import { paceSchema, type Deployment } from '#console/api/pace.ts';
import type { DeviceDetail } from '#console/api/devices.ts';
import { refusalsOf } from '#console/api/command-rule.ts';
import type { DeviceReport } from '#protocol/report.ts';
import { defenderRemedy } from '#installers/antivirus/remedy.ts';
import type { Conflict, ProtectionState } from '#protocol/state.ts';
import type { Target } from '#protocol/words.ts';
import { haltedDeployment, startedDeployment } from './deployments.ts';
import { candidate, hourMs, iso, leftovers, minuteMs, stateRows, type StateRow } from './states.ts';

export interface OrganisationSeed {
  readonly organisationId: string;
  readonly name: string;
  mode: 'watch' | 'deploy' | 'paused';
  site: { connectionId: string; siteId: string; siteName: string } | null;
  status: 'mapped' | 'unmapped' | 'needs-confirmation';
  deployment?: Deployment;
  restarts?: Organisation['restarts'];
  versionPolicy?: Organisation['versionPolicy'];
}

const main = 'c-main';
export function organisationSeeds(): OrganisationSeed[] {
  const seed = (organisationId: string, name: string, rest: Omit<OrganisationSeed, 'organisationId' | 'name'>) => ({
    organisationId,
    name,
    ...rest,
  });
  return [
    seed('o-north', 'Northwind Traders', {
      mode: 'deploy',
      status: 'mapped',
      site: { connectionId: main, siteId: '225494730938493804', siteName: 'Northwind' },
      deployment: haltedDeployment,
    }),
    seed('o-alpine', 'Alpine Ski House', {
      mode: 'deploy',
      status: 'mapped',
      site: { connectionId: main, siteId: '225494730938493805', siteName: 'Alpine' },
      deployment: { ...startedDeployment(1_240, paceSchema.parse({ limitPercent: 5 })), started: 62, done: 62 },
      restarts: { kind: 'window', startMinute: 1320, endMinute: 300 },
    }),
    seed('o-city', 'City of Harbourview, department of public works and fleet maintenance', {
      mode: 'watch',
      status: 'mapped',
      site: { connectionId: main, siteId: '225494730938493806', siteName: 'Harbourview' },
    }),
    seed('o-dental', 'Bright Dental', {
      mode: 'paused',
      status: 'needs-confirmation',
      site: { connectionId: main, siteId: '225494730938493807', siteName: 'Bright Dental (old)' },
    }),
    seed('o-new', 'Coho Vineyard', { mode: 'watch', status: 'needs-confirmation', site: null }),
  ];
}

const systems: readonly {
  os: 'linux' | 'macos' | 'windows';
  name: string;
  version: string;
  target: Target;
  prefix: string;
}[] = [
  { os: 'linux', name: 'Debian GNU/Linux', version: '12', target: 'linux-x64-deb', prefix: 'web' },
  { os: 'linux', name: 'Rocky Linux', version: '9.4', target: 'linux-x64-rpm', prefix: 'db' },
  { os: 'windows', name: 'Windows Server 2022', version: '10.0.20348', target: 'windows-x64', prefix: 'SRV' },
  { os: 'macos', name: 'macOS', version: '15.1', target: 'macos', prefix: 'mac' },
  { os: 'linux', name: 'Ubuntu', version: '24.04', target: 'linux-arm64-deb', prefix: 'edge' },
];

export type Device = DeviceDetail;

/** A device name made to deceive: turns its direction, carries markup and escapes. */
export const hostileName = 'pc-\u202egpj.exe\u202c<b>bold</b>\u001b[31m';

export function makeDevices(nowMs: number): Device[] {
  const organisations = organisationSeeds();
  return stateRows(nowMs).map((row, index) => {
    const organisation = organisationFor(row, index, organisations);
    return makeDevice({ row, index, organisation, nowMs });
  });
}

function organisationFor(row: StateRow, index: number, all: readonly OrganisationSeed[]): OrganisationSeed {
  const wanted = row.state?.kind === 'unassigned' ? 'o-new' : row.state?.kind === 'paused' ? 'o-city' : null;
  const deploying = all.filter((one) => one.mode === 'deploy');
  const anywhere = index > 24 ? all.filter((one) => one.organisationId !== 'o-new') : deploying;
  return (
    all.find((one) => one.organisationId === wanted) ??
    anywhere[index % anywhere.length] ??
    (all[0] as OrganisationSeed)
  );
}

interface Making {
  readonly row: StateRow;
  readonly index: number;
  readonly organisation: OrganisationSeed;
  readonly nowMs: number;
}

function makeDevice({ row, index, organisation, nowMs }: Making): Device {
  const system = systems[index % systems.length] ?? systems[0];
  if (system === undefined) throw new Error('no systems');
  const silentMs = row.silentForMs ?? 0;
  const seenMs = nowMs - silentMs - ((index * 17) % 240) * 1000;
  const version = row.state && 'version' in row.state ? row.state.version : null;
  const hostname = index === 4 ? hostileName : `${system.prefix}-${String(index + 1).padStart(2, '0')}.example.net`;
  return {
    deviceId: `d-${String(index + 1).padStart(3, '0')}`,
    organisationId: organisation.organisationId,
    organisationName: organisation.name,
    hostname,
    os: system.os,
    osName: system.name,
    osVersion: system.version,
    target: system.target,
    agentVersion: index >= 36 ? '0.2.0' : '0.1.0',
    productVersion: version,
    state: row.state,
    lastSeenAt: iso(seenMs),
    notReportingSince: silentMs > 0 ? iso(seenMs + 15 * minuteMs) : null,
    testTrust: index === 0,
    report: row.state === null ? null : makeReport({ state: row.state, system, hostname, seenMs, version }),
    reportedAt: row.state === null ? null : iso(seenMs),
    enrolledAt: iso(nowMs - 40 * 24 * hourMs),
    mode: organisation.mode,
    mapping: {
      status: organisation.status,
      siteName: organisation.site?.siteName ?? null,
      consoleHost: organisation.site === null ? null : 'euce1-100.example.net',
    },
    restartAt: null,
    duplicateIdentity: false,
    waitsForApproval: false,
    sameHardwareAs: null,
    retiredAt: null,
    exceptions: [],
    refusals: { retry: null, check: null, cancel: null },
  };
}

/** As the server would: by the one rule. */
export function withRefusals(device: Device): Device {
  const situation = {
    role: 'admin',
    duplicateIdentity: device.duplicateIdentity,
    waitsForApproval: device.waitsForApproval,
    kind: device.state?.kind ?? null,
    mode: device.mode,
    mapped: device.mapping.status !== 'unmapped',
    removedThere: false,
    restartScheduled: device.restartAt !== null,
  } as const;
  return { ...device, refusals: refusalsOf(situation) };
}

/** As a server has it. */
const defender: Conflict = {
  productId: 'microsoft-defender-antivirus',
  name: 'Microsoft Defender Antivirus',
  version: null,
  state: 'active',
  evidence: ['Microsoft Defender: active (mode Normal, real-time protection on, service running)'],
  remedy: defenderRemedy('active', 'server'),
};

/** The file of a version for a system, by a name as SentinelOne gives them. */
export function fileFor(target: Target, version: string) {
  const format = formatOf(target);
  const fileName = `SentinelAgent_${target.replaceAll('-', '_')}_v${version.replaceAll('.', '_')}.${format}`;
  return { target, format, fileName };
}

function formatOf(target: Target): 'pkg' | 'exe' | 'rpm' | 'deb' {
  if (target === 'macos') return 'pkg';
  if (target.startsWith('windows')) return 'exe';
  return target.endsWith('rpm') ? 'rpm' : 'deb';
}

interface ReportMaking {
  readonly state: ProtectionState;
  readonly system: (typeof systems)[number];
  readonly hostname: string;
  readonly seenMs: number;
  readonly version: string | null;
}

function makeReport({ state, system, hostname, seenMs, version }: ReportMaking): DeviceReport {
  const observed = <T>(agoMs: number, value: T) => ({ observedAt: iso(seenMs - agoMs), value });
  const present = version !== null;
  const supported = state.kind !== 'unsupported';
  return {
    agentVersion: '0.1.0',
    testTrust: false,
    trust: 'console-only',
    source: 'console',
    assignmentNumber: 4,
    state,
    decision: { kind: 'rest', what: 'nothing', because: [], until: null },
    machine: observed(30_000, {
      os: system.os,
      name: system.name,
      version: system.version,
      architecture: system.target.includes('arm64') ? 'arm64' : 'x64',
      product: system.os === 'macos' ? 'client' : 'server',
      target: system.target,
      hostname,
      memoryBytes: 8_321_499_136,
      virtualisation: system.os === 'linux' ? 'kvm' : null,
      bootId: '6f1c',
    }),
    hardware: observed(9 * hourMs, {
      manufacturer: 'Example Systems',
      model: 'ES-2200',
      serial: 'X7-00412',
      processor: 'Example 8-core',
      disks: [{ name: 'vda', sizeBytes: 64_424_509_440 }],
    }),
    product: observed(20_000, {
      state: present ? 'present' : 'absent',
      version,
      serviceRunning: present ? true : null,
      enabled: present ? state.kind !== 'not-protecting' : null,
      connected: present ? state.kind !== 'degraded' : null,
      agentUuid: present ? '9c1f6d0e-2a54-4b0a-9d3e-0a1b2c3d4e5f' : null,
      consoleHost: present ? 'euce1-100.example.net' : null,
      siteKeySha256: null,
      detail: present ? ['Full disk scan: finished'] : [],
    }),
    antivirus: observed(35 * minuteMs, {
      blocking: state.kind === 'blocked' ? state.conflicts : [],
      reported: [...(state.kind === 'blocked' ? [leftovers] : []), ...(system.os === 'windows' ? [defender] : [])],
      failedProbes:
        state.kind === 'blocked' && state.conflicts.length === 0
          ? [{ probe: 'services', detail: 'systemctl list-units timed out after 10 s', waived: false }]
          : [],
    }),
    selection: observed(20_000, {
      chosen: supported ? { ...candidate, ...fileFor(system.target, candidate.version) } : null,
      rejected: [
        {
          fileName: 'SentinelAgent_linux_aarch64_v24_2_2_20.deb',
          version: '24.2.2.20',
          target: 'linux-arm64-deb',
          reason: 'made for aarch64, this machine is x86-64',
          code: 'architecture',
        },
        {
          fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.rpm',
          version: '24.2.2.20',
          target: 'linux-x64-rpm',
          reason: 'this system uses deb packages',
          code: 'format',
        },
      ],
      help: supported ? null : 'Upgrade the system; no agent newer than 21.10 runs on it.',
    }),
    attempts: {
      number: 2,
      startsLast24h: state.kind === 'retrying' ? 2 : 0,
      startsMax: 6,
      lastFault: 'fault' in state ? state.fault : null,
      nextAttemptAt: state.kind === 'retrying' ? state.nextAttemptAt : null,
    },
  };
}
