/** Device states as agents report them: every kind, most with several causes. Times are relative to `nowMs`. */
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultCode, FaultContext } from '#protocol/codes.ts';
import type { Conflict, ProtectionState } from '#protocol/state.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export const iso = (ms: number): string => new Date(ms).toISOString();

export function fault(code: FaultCode, detail: string, context: FaultContext = {}) {
  return { code, detail, context };
}

export const candidate: Candidate = {
  target: 'linux-x64-deb',
  format: 'deb',
  version: '24.2.2.20',
  fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
  sizeBytes: 41_312_640,
  sha256: '5f2a'.repeat(16),
  source: 'baseline',
  release: 'ga',
};

export const sophos: Conflict = {
  productId: 'sophos-spl',
  name: 'Sophos Protection for Linux',
  version: '1.2.3.4',
  state: 'active',
  evidence: [
    'package sophos-spl 1.2.3.4 (dpkg)',
    'service sophos-spl.service: running, enabled',
    'process /opt/sophos-spl/base/bin/sophos_watchdog (root)',
  ],
  remedy: 'Run /opt/sophos-spl/bin/uninstall.sh as root, then press Check again.',
};

export const clamav: Conflict = {
  productId: 'clamav',
  name: 'ClamAV',
  version: '1.0.9',
  state: 'active',
  evidence: ['package clamav-daemon 1.0.9+dfsg-1~deb12u1 (dpkg)', 'service clamav-daemon.service: running'],
  remedy: 'Stop and remove clamav-daemon, or add an exception if this is a mail or file server.',
};

export const leftovers: Conflict = {
  productId: 'eset-efs',
  name: 'ESET Server Security',
  version: null,
  state: 'remnant',
  evidence: ['directory /opt/eset/efs, no package, no service'],
  remedy: 'Remove the directory when convenient.',
};

export interface StateRow {
  readonly state: ProtectionState | null;
  readonly silentForMs?: number;
}

/** One row for each look a device can have. */
export function stateRows(nowMs: number): readonly StateRow[] {
  const since = (ago: number) => ({ since: iso(nowMs - ago) });
  const protectedBy = (version: string, ago: number): StateRow => ({
    state: { kind: 'protected', version, ...since(ago), notes: [] },
  });
  return [
    {
      state: {
        kind: 'blocked',
        ...since(40 * minuteMs),
        fault: fault('antivirus.present', 'Sophos Protection for Linux 1.2.3.4 is active'),
        conflicts: [sophos],
      },
    },
    {
      state: {
        kind: 'retrying',
        ...since(3 * minuteMs),
        attempt: 2,
        attemptsMax: 6,
        fault: fault('install.scriptlet-failed', 'postinst of sentinelagent ended with 101'),
        nextAttemptAt: iso(nowMs + 9 * minuteMs + 12_000),
      },
    },
    {
      state: {
        kind: 'failed',
        ...since(5 * hourMs),
        fault: fault('install.leftovers', 'user and unit "sentinelone" of an earlier agent exist'),
      },
    },
    {
      state: {
        kind: 'failed',
        ...since(2 * hourMs),
        fault: fault(
          'install.wrong-package',
          'the installer said: package architecture (arm64) does not match system (amd64)',
        ),
      },
    },
    {
      state: {
        kind: 'failed',
        ...since(26 * hourMs),
        fault: fault('package.untrusted-signature', 'signed by "Example Test Signer"', { keyId: '9F3A' }),
      },
    },
    {
      state: {
        kind: 'waiting',
        ...since(25 * minuteMs),
        condition: 'reboot',
        fault: fault('install.busy', 'the installer asks for a restart'),
        holder: null,
        lookAgainAt: iso(nowMs + 4 * minuteMs),
      },
    },
    {
      state: {
        kind: 'waiting',
        ...since(2 * minuteMs),
        condition: 'package-manager-free',
        fault: fault('install.busy', 'the lock of dpkg is held'),
        holder: 'unattended-upgr (pid 812)',
        lookAgainAt: iso(nowMs + 40_000),
      },
    },
    {
      state: {
        kind: 'waiting',
        ...since(12 * minuteMs),
        condition: 'disk-space',
        fault: fault('install.no-space', '/opt has 310 MB free, 1.5 GB are needed'),
        holder: null,
        lookAgainAt: iso(nowMs + 7 * minuteMs),
      },
    },
    {
      state: {
        kind: 'not-protecting',
        version: '24.1.2.6',
        ...since(50 * minuteMs),
        reason: 'disabled',
        detail: 'sentinelctl: agent state is Disabled by an administrator',
      },
    },
    {
      state: {
        kind: 'not-protecting',
        version: null,
        ...since(90 * minuteMs),
        reason: 'bare-after-failed-upgrade',
        detail: '23.4.1.2 was removed, 24.2.2.20 failed with 102',
      },
    },
    {
      state: {
        kind: 'degraded',
        version: '24.2.2.20',
        ...since(7 * minuteMs),
        problems: [
          { kind: 'not-connected', detail: 'no connection to euce1-100.example.net for 7 minutes' },
          { kind: 'reboot-needed', detail: 'kernel module waits for a restart' },
        ],
      },
    },
    {
      state: {
        kind: 'degraded',
        version: '24.2.2.20',
        ...since(3 * dayMs),
        problems: [{ kind: 'wrong-site', detail: 'enrolled in "Default site"' }],
      },
    },
    {
      state: {
        kind: 'installing',
        ...since(22_000),
        step: 'download',
        attempt: 1,
        progress: { doneBytes: 27_400_000, totalBytes: 41_312_640 },
      },
    },
    { state: { kind: 'installing', ...since(61_000), step: 'install', attempt: 1, progress: null } },
    { state: { kind: 'checking', ...since(9_000) } },
    {
      state: {
        kind: 'unsupported',
        ...since(2 * dayMs),
        reasons: [
          '24.2.2.20 needs glibc 2.17 or newer, this system has 2.12',
          'no other package is made for linux-x64-rpm',
        ],
        help: 'Upgrade the system; no agent newer than 21.10 runs on it.',
      },
    },
    { state: { kind: 'unassigned', ...since(4 * dayMs), reason: 'no-site' } },
    {
      state: {
        kind: 'paused',
        ...since(9 * dayMs),
        mode: 'watch',
        wouldInstall: 'SentinelOne 24.2.2.20 (linux-x64-deb)',
      },
    },
    {
      state: {
        kind: 'blocked',
        ...since(4 * hourMs),
        fault: fault('antivirus.unknown', 'the look at running services failed'),
        conflicts: [],
      },
    },
    {
      state: {
        kind: 'blocked',
        ...since(3 * dayMs),
        fault: fault('antivirus.present', 'ClamAV 1.0.9 is active'),
        conflicts: [clamav, sophos],
      },
    },
    {
      state: {
        kind: 'retrying',
        ...since(50_000),
        attempt: 1,
        attemptsMax: 6,
        fault: fault('download.interrupted', 'connection reset after 12 MB'),
        nextAttemptAt: iso(nowMs + 38_000),
      },
    },
    {
      state: { kind: 'protected', version: '24.2.2.20', ...since(6 * dayMs), notes: ['update-available'] },
      silentForMs: 3 * dayMs,
    },
    {
      state: { kind: 'installing', ...since(5 * hourMs), step: 'install', attempt: 3, progress: null },
      silentForMs: 5 * hourMs,
    },
    { state: null },
    { state: { kind: 'protected', version: '24.2.2.20', ...since(2 * hourMs), notes: ['update-available'] } },
    protectedBy('24.1.4.257', 12 * dayMs),
    protectedBy('24.2.2.7632', 30 * dayMs),
    ...Array.from({ length: 13 }, (_, index) => protectedBy('24.2.2.20', (index + 1) * 9 * hourMs)),
  ];
}
