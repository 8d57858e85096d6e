/** What is wrong with a device, by its last word and by how long it has been so. Pure; times in ms since 1970. */
import type { AlertKind, AlertLevel, AlertRules } from '#console/api/alerts.ts';
import type { ProtectionKind, ProtectionState } from '#protocol/state.ts';
import { tame, type Condition } from '#console/alerts/conditions.ts';

export interface SeenDevice {
  readonly deviceId: string;
  readonly organisationId: string;
  readonly hostname: string;
  readonly lastSeenMs: number;
  /** Two machines use its identity. */
  readonly duplicate: boolean;
  readonly state: ProtectionState | null;
}

/** States that may be one; the others never are. */
export const alarmingKinds: readonly ProtectionKind[] = [
  'not-protecting',
  'failed',
  'blocked',
  'waiting',
  'retrying',
  'installing',
  'checking',
  'degraded',
];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** A service that restarts, or an update, is over by then. */
const unprotectedGraceMs = 10 * minuteMs;
/** Longer than the slowest installer and what follows it. */
const installingMs = 6 * hourMs;

interface Verdict {
  readonly kind: AlertKind;
  readonly level: AlertLevel;
  readonly cause: string;
  readonly detail: Condition['detail'];
}

function unprotected(state: ProtectionState & { kind: 'not-protecting' }, lastsMs: number): Verdict | null {
  const detail = { text: tame(state.detail) };
  if (state.reason === 'bare-after-failed-upgrade')
    return { kind: 'bare', level: 'urgent', cause: state.reason, detail };
  const graceMs = state.reason === 'reboot-pending' ? dayMs : unprotectedGraceMs;
  return lastsMs < graceMs ? null : { kind: 'not-protecting', level: 'urgent', cause: state.reason, detail };
}

/** G6: a look that keeps failing; other antivirus that nobody removes is told too, and named otherwise. */
function blocked(state: ProtectionState & { kind: 'blocked' }, lastsMs: number): Verdict | null {
  if (lastsMs < dayMs && state.alarm !== true) return null;
  const { code, detail: text } = state.fault;
  if (code === 'antivirus.unknown')
    return { kind: 'stuck', level: 'urgent', cause: code, detail: { text: tame(text), code } };
  const names = state.conflicts.map((conflict) => tame(conflict.name, 60)).join(', ');
  return { kind: 'blocked', level: 'attention', cause: code, detail: { text: tame(names) } };
}

function degraded(state: ProtectionState & { kind: 'degraded' }, lastsMs: number): Verdict | null {
  const foreign = state.problems.find((problem) => problem.kind === 'foreign-console');
  if (foreign !== undefined)
    return { kind: 'foreign-console', level: 'urgent', cause: foreign.kind, detail: { text: tame(foreign.detail) } };
  const first = state.problems.find((problem) => problem.kind !== 'update-available');
  if (first === undefined || lastsMs < dayMs) return null;
  return { kind: 'degraded', level: 'attention', cause: first.kind, detail: { text: tame(first.detail) } };
}

function stuck(cause: string, detail: Condition['detail']): Verdict {
  return { kind: 'stuck', level: 'attention', cause, detail };
}

function verdictOn(state: ProtectionState, lastsMs: number): Verdict | null {
  switch (state.kind) {
    case 'not-protecting':
      return unprotected(state, lastsMs);
    case 'failed': {
      const { code, detail } = state.fault;
      return { kind: 'install-failed', level: 'urgent', cause: code, detail: { code, text: tame(detail) } };
    }
    case 'blocked':
      return blocked(state, lastsMs);
    case 'waiting':
      if (lastsMs < dayMs && state.alarm !== true) return null;
      return stuck(state.condition, state.holder === null ? {} : { holder: tame(state.holder) });
    case 'retrying': {
      const { code, detail } = state.fault;
      if (state.attempt < state.attemptsMax && lastsMs < dayMs) return null;
      return stuck(code, { code, text: tame(detail) });
    }
    case 'installing':
      return lastsMs < installingMs ? null : stuck('installing', { text: tame(state.step) });
    case 'checking':
      return lastsMs < dayMs ? null : stuck('checking', {});
    case 'degraded':
      return degraded(state, lastsMs);
    case 'protected':
    case 'unsupported':
    case 'unassigned':
    case 'paused':
      return null;
  }
}

/** Waiting for a turn concerns the deployment, not each of its devices: those are one alert of their organisation. */
export function waitsForTurn(condition: Condition): boolean {
  return condition.kind === 'stuck' && condition.cause === 'turn';
}

/**
 * A state lasts as long as it is known to: a device that is switched off does not become stuck by that, it becomes
 * silent. `judgeSilence` false: the console itself was away and cannot tell.
 */
export function deviceConditions(
  device: SeenDevice,
  rules: AlertRules,
  now: { readonly nowMs: number; readonly judgeSilence: boolean },
): Condition[] {
  const subject = { kind: 'device' as const, id: device.deviceId, name: tame(device.hostname) };
  const base = { subject, organisationId: device.organisationId, stage: '' };
  const found: Condition[] = [];
  const knownMs = Math.min(now.nowMs, device.lastSeenMs);
  const { state } = device;
  if (state !== null) {
    const sinceMs = Date.parse(state.since);
    const verdict = verdictOn(state, knownMs - sinceMs);
    if (verdict !== null) found.push({ ...base, ...verdict, sinceMs: Math.min(sinceMs, now.nowMs) });
  }
  if (device.duplicate) {
    const cause = 'identity.duplicate';
    found.push({
      ...base,
      kind: 'duplicate-identity',
      level: 'attention',
      cause,
      sinceMs: now.nowMs,
      detail: { code: cause },
    });
  }
  if (now.judgeSilence && now.nowMs - device.lastSeenMs >= rules.silentAfterHours * hourMs) {
    const cause = 'not-reporting';
    found.push({ ...base, kind: 'silent', level: 'attention', cause, sinceMs: device.lastSeenMs, detail: {} });
  }
  return found;
}

/** How many of an organisation wait for their turn too long, and since when. */
export interface TurnWaits {
  readonly devices: number;
  readonly sinceMs: number;
}

/** One alert per organisation for all that have waited for their turn for too long. */
export function turnConditions(waits: ReadonlyMap<string, TurnWaits>, names: ReadonlyMap<string, string>): Condition[] {
  return [...waits].map(([organisationId, { devices, sinceMs }]) => ({
    kind: 'stuck',
    level: 'attention',
    subject: { kind: 'organisation', id: organisationId, name: tame(names.get(organisationId) ?? organisationId) },
    organisationId,
    cause: 'turn',
    sinceMs,
    detail: { count: devices, holder: 'the limits of its deployment' },
    stage: '',
  }));
}

export function vanishedCondition(
  device: Pick<SeenDevice, 'deviceId' | 'organisationId' | 'hostname'>,
  sinceMs: number,
): Condition {
  return {
    kind: 'vanished',
    level: 'attention',
    subject: { kind: 'device', id: device.deviceId, name: tame(device.hostname) },
    organisationId: device.organisationId,
    cause: 'vanished',
    sinceMs,
    detail: {},
    stage: '',
  };
}
