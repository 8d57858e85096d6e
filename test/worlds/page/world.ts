/** What the mock console knows, and what happens in it: commands are received, started and have their effect after a while. */
import type { AgentVersions } from '#console/api/agent-versions.ts';
import type { ActivityEntry } from '#console/api/activity.ts';
import type { Retention } from '#console/api/retention.ts';
import type { Alert, AlertRules } from '#console/api/alerts.ts';
import type { Connection, ConnectionSite } from '#console/api/connections.ts';
import type { DeviceDiagnostics } from '#console/api/diagnostics.ts';
import type { Offboarding } from '#console/api/offboarding.ts';
import type { DeviceToDecide, RetiredDevice } from '#console/api/device-decisions.ts';
import { makeAgentVersions } from './agent-version-answers.ts';
import { makeDecisions } from './decision-answers.ts';
import type { DeviceCommand, TimelineEvent } from '#console/api/devices.ts';
import type { EnrolmentKey } from '#console/api/enrolment-keys.ts';
import type { PackageList, PackageRow } from '#console/api/packages.ts';
import { publisherOf } from '#console/fleet/packages/publisher.ts';
import type { Hint } from '#console/api/stream.ts';
import { targets } from '#protocol/words.ts';
import { makeActivity } from './activity-answers.ts';
import { makeAlerts } from './alert-answers.ts';
import { PeopleWorld } from './operator-answers.ts';
import { makeTold } from './notification-answers.ts';
import {
  fileFor,
  makeDevices,
  organisationSeeds,
  withRefusals,
  type Device,
  type OrganisationSeed,
} from './devices.ts';
import { historyOf } from './history.ts';
import { candidate, dayMs, fault, hourMs, iso, minuteMs } from './states.ts';

export class PageWorld {
  readonly nowMs = Date.now();
  readonly password = 'correct horse battery';
  /** Asked for when set. */
  code: string | null = null;
  signedIn = false;
  via: 'password' | 'sign-on' = 'password';
  /** The password was given lately enough for what asks for it again. */
  fresh = true;
  role: 'viewer' | 'operator' | 'admin' = 'admin';
  /** Answers to actions by their idempotency key, and how many of the next ones get lost on their way. */
  readonly answered = new Map<string, unknown>();
  answersLost = 0;
  organisations: OrganisationSeed[] = organisationSeeds();
  devices: Device[] = makeDevices(this.nowMs);
  readonly events = new Map<string, TimelineEvent[]>();
  readonly commands = new Map<string, DeviceCommand[]>();
  readonly diagnostics = new Map<string, DeviceDiagnostics[]>();
  /** How long a device takes to answer; null: never. */
  answerAfterMs: number | null = 250;
  keys: EnrolmentKey[] = makeKeys(this.nowMs);
  /** Of the release that is loaded; null: none is. */
  agentVersion: string | null = '0.1.0';
  connections: Connection[] = makeConnections(this.nowMs);
  sites: ConnectionSite[] = makeSites(this.nowMs);
  packages: PackageList = makePackages(this.nowMs);
  readonly people = new PeopleWorld(this.nowMs);
  alerts: Alert[] = makeAlerts(this.nowMs, this.devices);
  readonly told = makeTold(this.nowMs);
  activity: ActivityEntry[] = makeActivity(this.nowMs);
  retention: Retention = { eventDays: 90, commandDays: 90, alertDays: 365, deliveryDays: 30, auditDays: 1_095 };
  readonly agentVersions: AgentVersions = makeAgentVersions(this.nowMs);
  alertRules: AlertRules = { silentAfterHours: 72, unenrolmentsPerHourMax: 10 };
  /** Scan states that an operator has changed, by device. */
  readonly scans = new Map<string, string>();
  /** Devices that SentinelOne has removed, and those of them that somebody put back. */
  readonly removed = new Set<string>();
  /** Devices that were moved to the right site. */
  readonly moved = new Set<string>();
  /** Devices that wait for an operator, and those that are retired. */
  toDecide: DeviceToDecide[] = makeDecisions(this.nowMs, this.devices);
  retired: RetiredDevice[] = [];
  leaving: Offboarding[] = [];
  readonly listeners = new Set<(hint: Hint) => void>();

  constructor() {
    for (const device of this.devices) this.events.set(device.deviceId, historyOf(device.state, this.nowMs));
  }

  hint(topic: Hint['topic'], id: string | null = null): void {
    for (const listener of this.listeners) listener({ topic, id });
  }

  device(deviceId: string): Device | null {
    const found = this.devices.find((one) => one.deviceId === deviceId);
    return found ? withRefusals(found) : null;
  }

  change(deviceId: string, change: Partial<Device>): void {
    this.devices = this.devices.map((one) => (one.deviceId === deviceId ? { ...one, ...change } : one));
    this.hint('device', deviceId);
  }

  say(deviceId: string, kind: string, data: Record<string, unknown>): void {
    const events = this.events.get(deviceId) ?? [];
    const at = new Date().toISOString();
    events.push({ journalId: 'j-7f3a', seq: events.length + 1, at, receivedAt: at, kind, data });
    this.events.set(deviceId, events);
    this.hint('device', deviceId);
  }

  command(deviceId: string, verb: DeviceCommand['verb']): DeviceCommand {
    const all = this.commands.get(deviceId) ?? [];
    const waiting = all.find((one) => one.verb === verb && one.result === null);
    if (waiting) return waiting;
    const now = Date.now();
    const command: DeviceCommand = {
      commandId: `k-${all.length + 1}`,
      verb,
      requestedAt: iso(now),
      requestedBy: 'ada',
      expiresAt: iso(now + hourMs),
      receivedAt: null,
      startedAt: null,
      result: null,
      fault: null,
    };
    this.commands.set(deviceId, [command, ...all]);
    this.hint('device', deviceId);
    const silent = this.devices.find((one) => one.deviceId === deviceId)?.notReportingSince !== null;
    if (this.answerAfterMs !== null && !silent) this.#play(deviceId, command, this.answerAfterMs);
    return command;
  }

  #play(deviceId: string, command: DeviceCommand, stepMs: number): void {
    const update = (change: Partial<DeviceCommand>): void => {
      const all = this.commands.get(deviceId) ?? [];
      this.commands.set(
        deviceId,
        all.map((one) => (one.commandId === command.commandId ? { ...one, ...change } : one)),
      );
      this.hint('device', deviceId);
    };
    const { commandId, verb } = command;
    this.#later(stepMs, () => {
      update({ receivedAt: new Date().toISOString() });
      this.say(deviceId, 'command-received', { commandId, verb });
    });
    this.#later(2 * stepMs, () => {
      update({ startedAt: new Date().toISOString(), result: 'done' });
      this.say(deviceId, 'command-executed', { commandId, verb, result: 'done', fault: null });
    });
  }

  /** As after the other antivirus has gone. */
  startInstall(deviceId: string): void {
    const since = new Date().toISOString();
    this.say(deviceId, 'attempt-started', { attempt: 1, package: candidate, trigger: 'retry' });
    const progress = { doneBytes: 9_000_000, totalBytes: 41_312_640 };
    this.change(deviceId, { state: { kind: 'installing', since, step: 'download', attempt: 1, progress } });
  }

  endInstall(deviceId: string): void {
    const since = new Date().toISOString();
    this.say(deviceId, 'attempt-ended', { attempt: 1, result: 'protected', fault: null, nextAttemptAt: null });
    const version = candidate.version;
    this.change(deviceId, { productVersion: version, state: { kind: 'protected', version, since, notes: [] } });
  }

  #later(afterMs: number, act: () => void): void {
    setTimeout(act, afterMs).unref();
  }
}

function makeKeys(nowMs: number): EnrolmentKey[] {
  const key = (keyId: string, rest: Partial<EnrolmentKey>): EnrolmentKey => ({
    keyId,
    organisationId: 'o-north',
    organisationName: 'Northwind Traders',
    label: 'Rollout of March',
    state: 'active',
    createdAt: iso(nowMs - 2 * dayMs),
    createdBy: 'ada',
    expiresAt: iso(nowMs + 5 * dayMs),
    uses: 12,
    usesMax: null,
    approval: false,
    ...rest,
  });
  return [
    key('key-1', {}),
    key('key-2', {
      organisationId: 'o-alpine',
      organisationName: 'Alpine Ski House',
      label: 'Lift stations',
      uses: 3,
      usesMax: 10,
    }),
    key('key-3', { label: '', state: 'expired', expiresAt: iso(nowMs - dayMs), uses: 40, usesMax: 40 }),
    key('key-4', { label: 'Lost notebook', state: 'revoked' }),
  ];
}

function permission(
  name: string,
  granted: boolean | null,
  rest: Partial<Connection['permissions'][number]>,
): Connection['permissions'][number] {
  const how = granted === null ? 'SentinelOne shows it only when it is used' : "in the list of its role's rights";
  return { permission: name, neededFor: null, required: false, granted, how, feature: null, ...rest };
}

function makeConnections(nowMs: number): Connection[] {
  const connection: Connection = {
    connectionId: 'c-main',
    name: 'Europe',
    address: 'https://euce1-100.example.net',
    host: 'euce1-100.example.net',
    accountName: 'Example MSP',
    scope: 'account',
    userName: 'garrison-service',
    userKind: 'service-user',
    siteId: null,
    ownAuthority: false,
    tokenExpiresAt: iso(nowMs + 9 * dayMs),
    renewsAt: null,
    renewedAt: null,
    alarms: [
      {
        kind: 'token',
        level: 'attention',
        code: 'sentinelone.token-ends',
        detail: 'It ends in nine days.',
        daysLeft: 14,
      },
      {
        kind: 'renewal',
        level: 'attention',
        code: 'sentinelone.renewal-refused',
        detail: 'SentinelOne answered 403 to POST users/generate-api-token: Insufficient permissions',
        daysLeft: null,
      },
    ],
    stoppedAt: null,
    checkedAt: iso(nowMs - 4 * minuteMs),
    problem: null,
    permissions: [
      permission('Endpoints: View', true, { required: true, neededFor: 'comparing devices with SentinelOne' }),
      permission('Sites: View', true, { required: true, neededFor: 'choosing sites' }),
      permission('Agent Packages: View', false, { neededFor: 'listing and fetching packages', feature: 'packages' }),
      permission('Endpoints: Initiate Scan', false, { neededFor: 'starting a scan', feature: 'scan-start' }),
      permission('Activity: View', null, {}),
    ],
    sites: 5,
    organisations: 4,
    devices: 39,
  };
  return [
    connection,
    {
      ...connection,
      connectionId: 'c-us',
      name: 'United States',
      address: 'https://usea1-200.example.net',
      host: 'usea1-200.example.net',
      problem: fault('sentinelone.token-refused', 'SentinelOne answered: Authentication Failed (4010010)'),
      alarms: [
        {
          kind: 'token',
          level: 'urgent',
          code: 'sentinelone.token-expired',
          detail: 'It ended yesterday.',
          daysLeft: 0,
        },
      ],
      stoppedAt: iso(nowMs - 2 * hourMs),
      tokenExpiresAt: iso(nowMs - dayMs),
      permissions: [],
      sites: 0,
      organisations: 0,
      devices: 0,
    },
  ];
}

function makeSites(nowMs: number): ConnectionSite[] {
  const names = ['Northwind', 'Alpine', 'Harbourview', 'Bright Dental', 'Coho Vineyard'];
  return names.map((name, index) => ({
    siteId: `22549473093849380${index + 4}`,
    name,
    state: index === 3 ? 'expired' : 'active',
    accountName: 'Example MSP',
    isDefault: index === 0,
    expiresAt: index === 2 ? null : iso(nowMs + (index - 3) * 90 * dayMs + dayMs),
    licencesUsed: 10 + index * 7,
    licencesTotal: index === 2 ? null : 50,
    organisations:
      index === 4
        ? []
        : [['Northwind Traders', 'Alpine Ski House', 'City of Harbourview', 'Bright Dental'][index] ?? ''],
  }));
}

function makePackages(nowMs: number): PackageList {
  const row = (target: PackageRow['target'], rest: Partial<PackageRow>): PackageRow => ({
    packageId: `p-${target}-${(rest.version ?? 'base').replaceAll('.', '_')}`,
    version: '24.2.2.20',
    ...fileFor(target, rest.version ?? '24.2.2.20'),
    sizeBytes: 41_312_640,
    sha256: '5f2a'.repeat(16),
    source: 'baseline',
    release: 'ga',
    connectionName: 'Europe',
    state: 'ready',
    progress: null,
    problem: null,
    readyAt: iso(nowMs - 3 * hourMs),
    listed: true,
    whyNot: rest.source === 'vendor' ? ('other-version' as const) : null,
    chosenByOrganisations: 0,
    sha1: '8e1f'.repeat(10),
    publisher: publisherOf(fileFor(target, '').format),
    ...rest,
  });
  const newer = { version: '24.3.1.9', source: 'vendor', state: 'offered', sha256: null, readyAt: null } as const;
  const packages: Record<string, PackageRow[]> = {
    'linux-x64-deb': [row('linux-x64-deb', newer), row('linux-x64-deb', {})],
    'linux-x64-rpm': [
      row('linux-x64-rpm', {
        state: 'fetching',
        progress: { doneBytes: 20_000_000, totalBytes: 41_312_640 },
        readyAt: null,
      }),
    ],
    'linux-arm64-deb': [row('linux-arm64-deb', { state: 'offered', readyAt: null, sha256: null })],
    'linux-arm64-rpm': [
      row('linux-arm64-rpm', {
        state: 'failed',
        readyAt: null,
        problem: fault('sentinelone.unavailable', 'connection reset after 3 MB'),
      }),
    ],
    'windows-x64': [row('windows-x64', { version: '24.1.4.257' })],
    'windows-x86': [
      row('windows-x86', {
        version: '23.3.3.264',
        state: 'not-offered',
        connectionName: null,
        readyAt: null,
        sizeBytes: null,
        sha256: null,
      }),
    ],
  };
  return {
    targets: targets.map((target) => {
      const list = packages[target] ?? [];
      const chosenPackageId = list.find((one) => one.state === 'ready')?.packageId ?? null;
      const waits = list.some((one) => one.state === 'offered' || one.state === 'failed');
      const lacking = list.length === 0 ? ('nothing-known' as const) : ('not-listed' as const);
      const busy = list.some((one) => one.state === 'fetching');
      const advice = chosenPackageId !== null || busy ? null : waits ? ('fetch' as const) : lacking;
      const missingPackageIds = advice === 'fetch' ? list.slice(0, 1).map((one) => one.packageId) : [];
      const newestGa = list.find((one) => one.state !== 'not-offered')?.version ?? null;
      return { target, packages: list, chosenPackageId, advice, missingPackageIds, newestGa };
    }),
    versionPolicy: { kind: 'baseline' },
    refreshedAt: iso(nowMs - 20 * minuteMs),
    cache: { usedBytes: 83_000_000, maxBytes: 20 * 1024 ** 3 },
    problems: [
      {
        connectionName: 'United States',
        problem: fault('sentinelone.token-expired', 'SentinelOne answered 401 to GET update/agent/packages'),
      },
    ],
    upgradePages: [
      {
        connectionName: 'Europe',
        url: 'https://euce1-100.example.net/docs/en/upgrading-agents.html#upgrading-agents',
      },
    ],
  };
}
