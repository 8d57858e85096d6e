/** What is wrong now, from what the store says: one condition per subject and cause. Pure; times in ms since 1970. */
import type { AlertDetail, AlertKind, AlertLevel, AlertRules, subjectKinds } from '#console/api/alerts.ts';
import type { ConnectionAlarm } from '#console/api/connections.ts';

export interface Condition {
  readonly kind: AlertKind;
  readonly level: AlertLevel;
  readonly subject: { readonly kind: (typeof subjectKinds)[number]; readonly id: string; readonly name: string };
  readonly organisationId: string | null;
  readonly cause: string;
  readonly sinceMs: number;
  readonly detail: AlertDetail;
  /** When this changes the same alert is told again; '' where it never does. */
  readonly stage: string;
}

/** The same subject and cause are the same alert, however often they are looked at. */
export function keyOf(condition: Pick<Condition, 'kind' | 'subject' | 'cause'>): string {
  return `${condition.kind} ${condition.subject.kind}:${condition.subject.id} ${condition.cause}`;
}

/** Text of somebody else's: one line without control and direction characters, bounded (G23). */
export function tame(text: string, most = 200): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, most);
}

export interface WatchedDeployment {
  readonly organisationId: string;
  readonly organisationName: string;
  readonly haltedAtMs: number;
  readonly cause: string | null;
}

export function deploymentConditions(halted: readonly WatchedDeployment[]): Condition[] {
  return halted.map(({ organisationId, organisationName, haltedAtMs, cause }) => ({
    kind: 'deployment-halted',
    level: 'urgent',
    subject: { kind: 'organisation', id: organisationId, name: tame(organisationName) },
    organisationId,
    cause: 'halted',
    sinceMs: haltedAtMs,
    detail: cause === null ? {} : { code: cause },
    // Halted again after it was resumed in between two looks.
    stage: String(haltedAtMs),
  }));
}

const connectionKinds: Readonly<Record<ConnectionAlarm['kind'], AlertKind>> = {
  connection: 'connection-lost',
  token: 'token-ends',
  renewal: 'renewal-rejected',
  right: 'right-missing',
};

export interface WatchedConnection {
  readonly connectionId: string;
  readonly name: string;
  readonly alarms: readonly ConnectionAlarm[];
}

/** A token that is about to end stays one alert, told again 30, 14, 7 and 1 days ahead and when it has ended. */
export function connectionConditions(connections: readonly WatchedConnection[], nowMs: number): Condition[] {
  return connections.flatMap(({ connectionId, name, alarms }) =>
    alarms.map((alarm) => ({
      kind: connectionKinds[alarm.kind],
      level: alarm.level,
      subject: { kind: 'connection' as const, id: connectionId, name: tame(name) },
      organisationId: null,
      cause: alarm.kind === 'token' ? 'sentinelone.token-ends' : alarm.code,
      sinceMs: nowMs,
      detail: {
        code: alarm.code,
        text: tame(alarm.detail),
        ...(alarm.daysLeft === null ? {} : { daysLeft: alarm.daysLeft }),
      },
      stage: alarm.daysLeft === null ? '' : String(alarm.daysLeft),
    })),
  );
}

export interface Departures {
  /** By organisation, within the last hour. */
  readonly left: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<string, string>;
}

/** Of each organisation over the limit; of the whole console when only all of them together are (G19). */
export function departureConditions({ left, names }: Departures, rules: AlertRules, nowMs: number): Condition[] {
  const limit = rules.unenrolmentsPerHourMax;
  const base = { kind: 'unenrolments', level: 'urgent', cause: 'unenrolments', sinceMs: nowMs, stage: '' } as const;
  const over = [...left].filter(([, devices]) => devices > limit);
  if (over.length > 0)
    return over.map(([id, count]) => ({
      ...base,
      subject: { kind: 'organisation', id, name: tame(names.get(id) ?? id) },
      organisationId: id,
      detail: { count, limit },
    }));
  const count = [...left.values()].reduce((sum, devices) => sum + devices, 0);
  if (count <= limit) return [];
  const subject = { kind: 'console', id: 'console', name: 'All organisations' } as const;
  return [{ ...base, subject, organisationId: null, detail: { count, limit } }];
}
