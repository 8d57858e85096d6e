/** What the planner looks at, as a quiet Linux server that may install; tests change what they are about. */
import type { Assignment, Candidate } from '#protocol/assignment.ts';
import type { ProductFacts } from '#installers/vendor.ts';
import type { Facts } from '#agent/observe/facts.ts';
import { emptyMemory, type InstallerRun, type Memory, type OpenAttempt, type RunExit } from '#agent/memory/memory.ts';
import type { AcceptedAssignment, PlanInput } from '#agent/plan/decision.ts';
import { machine } from '#test/installers/sentinelone/samples.ts';

export const wallMs = Date.UTC(2026, 5, 1, 12);
export const monotonicMs = 5_000_000;
export const basis = 'basis-1';
const hourMs = 3_600_000;

export const candidate: Candidate = {
  target: 'linux-x64-deb',
  format: 'deb',
  version: '24.2.2.20',
  fileName: 'SentinelAgent.deb',
  sizeBytes: 1000,
  sha256: 'a'.repeat(64),
  source: 'baseline',
  release: 'ga',
};

export function assignment(changes: Partial<Assignment> = {}): AcceptedAssignment {
  return {
    source: 'console',
    vendorHosts: ['usea1.sentinelone.net'],
    approved: null,
    assignment: {
      requires: [],
      consoleId: 'console-1',
      deviceId: 'device-1',
      organisationId: 'organisation-1',
      epoch: 1,
      number: 1,
      issuedAt: new Date(wallMs).toISOString(),
      expiresAt: new Date(wallMs + hourMs).toISOString(),
      vendor: 'sentinelone',
      mode: 'deploy',
      site: {
        siteId: '1',
        siteName: 'Site',
        groupId: null,
        consoleHost: 'usea1.sentinelone.net',
        siteKeySha256: 'b'.repeat(64),
      },
      candidates: [candidate],
      versionPolicy: { kind: 'baseline' },
      antivirus: {
        exceptions: [],
        waivers: [],
        onDemandScanners: 'block',
        defenderOnServers: 'report',
        coexisting: 'report',
      },
      approvals: [],
      window: null,
      reboot: { kind: 'never' },
      slot: 'given',
      ...changes,
    },
  };
}

export const absent: ProductFacts = {
  state: 'absent',
  version: null,
  serviceRunning: null,
  enabled: null,
  connected: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
  detail: [],
  healthy: null,
  engineProblems: [],
  antiTamper: null,
  shortcomings: [],
  unread: [],
};

export const healthy: ProductFacts = {
  ...absent,
  state: 'present',
  version: '24.2.2.20',
  serviceRunning: true,
  enabled: true,
  connected: true,
  consoleHost: 'usea1.sentinelone.net',
  siteKeySha256: 'b'.repeat(64),
  healthy: true,
};

export const aged = <T>(value: T) => ({ observedAtMs: monotonicMs, value });

export function facts(changes: Partial<Facts> = {}): Facts {
  return {
    machine: aged(machine()),
    product: aged(absent),
    antivirus: aged({ blocking: [], reported: [], unknown: [] }),
    selection: aged({ chosen: candidate, rejected: [], help: null, failure: null }),
    package: { status: 'ready', file: '/packages/file.deb' },
    run: { status: 'none' },
    locks: aged({ status: 'ok', value: [] }),
    freeBytes: aged({ status: 'ok', value: 100 * 1024 ** 3 }),
    settled: { settled: true, holder: null },
    uptimeMs: 3_600_000,
    pendingReboot: null,
    vendorHost: aged({ host: 'usea1.sentinelone.net', dns: 'ok', tls: 'ok', clockOffsetMs: 0, detail: '' }),
    ...changes,
  };
}

export const memory = (changes: Partial<Memory> = {}): Memory => ({ ...emptyMemory, ...changes });

export function input(changes: Partial<PlanInput> = {}): PlanInput {
  return {
    assignment: assignment(),
    enrolled: true,
    facts: facts(),
    memory: memory(),
    now: { wallMs, monotonicMs, localMinute: 720 },
    basis,
    freeBytesMin: 2 * 1024 ** 3,
    overdueAfterMs: 30 * 60_000,
    localReboot: null,
    journal: { broken: null, tight: false },
    ...changes,
  };
}

export function run(changes: Partial<InstallerRun> = {}): InstallerRun {
  return {
    run: 1,
    directory: 'run-1',
    purpose: 'install',
    phase: 'prepared',
    preparedAtMs: wallMs - 20_000,
    bootId: 'boot-1',
    exit: null,
    endedAtMs: null,
    saidInBoot: null,
    readInBoot: null,
    ...changes,
  };
}

export function ended(exit: Partial<RunExit> = {}): InstallerRun {
  const known: RunExit = {
    code: 0,
    signal: null,
    known: true,
    meaning: { outcome: 'done', code: null, text: 'done', ladder: [] },
    ...exit,
  };
  return run({ phase: 'ended', exit: known, endedAtMs: wallMs - 1_000 });
}

export function attempt(changes: Partial<OpenAttempt> = {}): OpenAttempt {
  return {
    attempt: 1,
    package: candidate,
    trigger: 'automatic',
    startedAtMs: wallMs - 60_000,
    assignmentNumber: 1,
    step: 'install',
    run: null,
    repaired: false,
    follows: null,
    ...changes,
  };
}
