/** What somebody should do about a connection before it stops working, or because it has. Pure. */
import type { ConnectionAlarm } from '#console/api/connections.ts';
import { parsedFault } from '#console/fleet/lists/shown.ts';
import { alarmDaysLeft, renewAtMs } from '#console/fleet/connections/renewal-times.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { ConnectionRow } from '#console/store/sentinelone/connections.ts';

type Permissions = readonly {
  readonly permission: string;
  readonly feature?: string | null;
  readonly granted: boolean | null;
}[];

/** A renewal that is two days late is not one that goes by itself. */
const lateMs = 2 * 86_400_000;

function permissionsOf(row: Pick<ConnectionRow, 'permissions'>): Permissions {
  return JSON.parse(row.permissions) as Permissions;
}

/** false: SentinelOne said no. Not told counts as allowed: it shows when it is tried. */
export function mayUse(row: Pick<ConnectionRow, 'permissions'>, feature: string): boolean {
  return permissionsOf(row).every((one) => one.feature !== feature || one.granted !== false);
}

/** When the token renews itself; null: it does not, or nobody told when it ends. */
export function renewsAtMs(row: ConnectionRow): number | null {
  if (row.token_expires_at === null || !mayUse(row, 'renew')) return null;
  return row.renewal_next_at ?? renewAtMs({ createdAtMs: row.token_created_at, expiresAtMs: row.token_expires_at });
}

function tokenAlarm(row: ConnectionRow, nowMs: number): ConnectionAlarm | null {
  if (row.token_expires_at === null) return null;
  const daysLeft = alarmDaysLeft(row.token_expires_at, nowMs);
  const expiresAt = new Date(row.token_expires_at).toISOString();
  if (daysLeft === null) return null;
  if (daysLeft === 0) {
    const detail = `It ended on ${expiresAt.slice(0, 10)}.`;
    return { kind: 'token', level: 'urgent', code: 'sentinelone.token-expired', detail, daysLeft };
  }
  const renewsAt = renewsAtMs(row);
  const byItself = renewsAt !== null && row.renewal_problem === null && nowMs < renewsAt + lateMs;
  if (byItself) return null;
  const level = daysLeft <= 7 ? 'urgent' : 'attention';
  const detail = `It ends on ${expiresAt.slice(0, 10)}.`;
  return { kind: 'token', level, code: 'sentinelone.token-ends', detail, daysLeft };
}

function alarmOf(kind: ConnectionAlarm['kind'], level: ConnectionAlarm['level'], fault: FaultRecord): ConnectionAlarm {
  return { kind, level, code: fault.code, detail: fault.detail.slice(0, 200), daysLeft: null };
}

const urgentRenewals: readonly string[] = ['sentinelone.token-lost', 'sentinelone.token-expired'];

/** The nearest danger first. What concerns a single feature is no alarm but a row of the permissions; packages are one. */
export function connectionAlarms(row: ConnectionRow, nowMs: number): ConnectionAlarm[] {
  const problem = parsedFault(row.problem);
  const renewal = parsedFault(row.renewal_problem);
  const packages = permissionsOf(row).find((one) => one.feature === 'packages' && one.granted === false);
  const token = tokenAlarm(row, nowMs);
  const renewalLevel = renewal !== null && urgentRenewals.includes(renewal.code) ? 'urgent' : 'attention';
  const found: (ConnectionAlarm | null)[] = [
    problem === null ? null : alarmOf('connection', 'urgent', problem),
    token,
    renewal === null || renewal.code === problem?.code ? null : alarmOf('renewal', renewalLevel, renewal),
    packages === undefined
      ? null
      : {
          kind: 'right',
          level: 'attention',
          code: 'sentinelone.permission',
          detail: `${packages.permission} is missing: packages can be neither listed nor fetched. Add the right, or add the files by hand.`,
          daysLeft: null,
        },
  ];
  return found.filter((alarm) => alarm !== null);
}
