/** Rows as the page shows them. */
import { operatorVerbs } from '#console/api/command-rule.ts';
import type { DeviceCommand, DeviceRow } from '#console/api/devices.ts';
import type { EnrolmentKey } from '#console/api/enrolment-keys.ts';
import type { Exception } from '#console/api/exceptions.ts';
import { shownStates, type ShownState } from '#console/api/shown-state.ts';
import { faultRecordSchema } from '#protocol/fault-record.ts';
import { limits } from '#protocol/limits.ts';
import { protectionStateSchema } from '#protocol/state.ts';
import { targetSchema } from '#protocol/words.ts';
import type { CommandRow } from '#console/store/devices/commands.ts';
import type { DeviceCount } from '#console/store/devices/device-counts.ts';
import type { ListedDevice } from '#console/store/devices/device-list.ts';
import type { EnrolmentKeyRow } from '#console/store/enrolment/enrolment-keys.ts';
import type { ExceptionRow } from '#console/store/devices/exceptions.ts';

export const iso = (ms: number): string => new Date(ms).toISOString();
export const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** Silent longer than three check-ins: its last word is not shown as the truth any more. */
export const overdueAfterMs = 3 * limits.checkInEveryMs;

export function parsedFault(text: string | null) {
  if (text === null) return null;
  const parsed = faultRecordSchema.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : null;
}

export const osOf = (os: string): DeviceRow['os'] => (os === 'windows' || os === 'macos' ? os : 'linux');

/** `seenMs`: of this process, newer than the row. */
export function shownDevice(row: ListedDevice, seenMs: number | null, nowMs: number): DeviceRow {
  const lastSeenMs = Math.max(row.last_seen_at, seenMs ?? 0);
  const state = row.list_state === null ? null : protectionStateSchema.safeParse(JSON.parse(row.list_state));
  return {
    deviceId: row.device_id,
    organisationId: row.organisation_id,
    organisationName: row.organisation_name,
    hostname: row.hostname,
    os: osOf(row.os),
    osName: row.os_name,
    osVersion: row.os_version,
    target: targetSchema.nullable().catch(null).parse(row.target),
    agentVersion: row.agent_version,
    productVersion: row.product_version,
    state: state?.success ? state.data : null,
    lastSeenAt: iso(lastSeenMs),
    notReportingSince: nowMs - lastSeenMs > overdueAfterMs ? iso(lastSeenMs) : null,
    testTrust: row.test_trust === 1,
  };
}

function stateOfCount(count: DeviceCount): ShownState {
  if (count.reporting === 0) return 'not-reporting';
  return shownStates.find((state) => state === count.state_kind) ?? 'checking';
}

/** Summed by shown state, in the order of the states; those without devices are left out. */
export function summed(counts: readonly DeviceCount[]): {
  counts: { state: ShownState; devices: number }[];
  devices: number;
} {
  const totals = new Map<ShownState, number>();
  for (const count of counts) {
    const state = stateOfCount(count);
    totals.set(state, (totals.get(state) ?? 0) + count.devices);
  }
  const rows = shownStates.flatMap((state) => {
    const devices = totals.get(state) ?? 0;
    return devices === 0 ? [] : [{ state, devices }];
  });
  return { counts: rows, devices: rows.reduce((sum, row) => sum + row.devices, 0) };
}

export function commandResult(row: CommandRow, nowMs: number): DeviceCommand['result'] {
  if (row.result === 'done' || row.result === 'refused' || row.result === 'joined') return row.result;
  return row.executed_at === null && row.expires_at <= nowMs ? 'expired' : null;
}

export function shownCommand(row: CommandRow, nowMs: number): DeviceCommand {
  return {
    commandId: row.command_id,
    verb: operatorVerbs.find((verb) => verb === row.verb) ?? 'retry',
    requestedAt: iso(row.requested_at),
    requestedBy: row.requested_by,
    expiresAt: iso(row.expires_at),
    receivedAt: isoOrNull(row.received_at),
    startedAt: isoOrNull(row.executed_at),
    result: commandResult(row, nowMs),
    fault: parsedFault(row.fault),
  };
}

export function shownException(row: ExceptionRow): Exception {
  return {
    exceptionId: row.exception_id,
    scope:
      row.device_id === null
        ? { kind: 'organisation', organisationId: row.organisation_id }
        : { kind: 'device', deviceId: row.device_id },
    subject:
      row.subject_kind === 'probe'
        ? { kind: 'probe', probe: row.subject }
        : { kind: 'product', productId: row.subject },
    reason: row.reason,
    createdBy: row.created_by,
    createdAt: iso(row.created_at),
    expiresAt: iso(row.expires_at),
  };
}

function keyState(row: EnrolmentKeyRow, nowMs: number): EnrolmentKey['state'] {
  if (row.revoked_at !== null) return 'revoked';
  if (row.expires_at <= nowMs) return 'expired';
  return row.uses_max !== null && row.uses >= row.uses_max ? 'used-up' : 'active';
}

export function shownKey(row: EnrolmentKeyRow & { organisation_name: string }, nowMs: number): EnrolmentKey {
  return {
    keyId: row.key_id,
    organisationId: row.organisation_id,
    organisationName: row.organisation_name,
    label: row.label,
    state: keyState(row, nowMs),
    createdAt: iso(row.created_at),
    createdBy: row.created_by,
    expiresAt: iso(row.expires_at),
    uses: row.uses,
    usesMax: row.uses_max,
    approval: row.approval === 1,
  };
}
