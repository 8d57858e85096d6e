/** What stored events change besides being history: progress of commands, and a device that left by itself. */
import { eventDataSchemas, type DeviceEvent } from '#protocol/events.ts';
import type { Scope } from '#console/auth/scope.ts';
import { changeCommand } from '#console/store/devices/commands.ts';
import { endUpdate } from '#console/store/deployments/agent-rollouts.ts';
import { revokeDevice } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

/** True when the device has unenrolled with these events. */
export async function noteEvents(
  db: Db,
  scope: Scope,
  device: { readonly deviceId: string; readonly nowMs: number },
  events: readonly DeviceEvent[],
): Promise<boolean> {
  const { deviceId, nowMs } = device;
  let left = false;
  for (const event of events) {
    const at = Date.parse(event.at);
    if (event.kind === 'command-received') {
      const { commandId } = eventDataSchemas['command-received'].parse(event.data);
      await changeCommand(db, scope, { deviceId, commandId }, { received_at: at });
    } else if (event.kind === 'command-executed') {
      const { commandId, verb, result, fault } = eventDataSchemas['command-executed'].parse(event.data);
      const change = { executed_at: at, result, fault: fault === null ? null : JSON.stringify(fault) };
      await changeCommand(db, scope, { deviceId, commandId }, change);
      if (verb === 'update-self' && result === 'refused')
        await endUpdate(db, scope, { deviceId, version: null }, { state: 'failed', ended_at: at, fault: change.fault });
    } else if (event.kind === 'agent-update') {
      await noteUpdate(db, scope, deviceId, event);
    } else if (event.kind === 'unenrolled') {
      left = true;
    }
  }
  return left ? revokeDevice(db, scope, deviceId, nowMs) : false;
}

const endOf = { done: 'done', refused: 'failed', returned: 'failed', inconclusive: 'inconclusive' } as const;

async function noteUpdate(db: Db, scope: Scope, deviceId: string, event: DeviceEvent): Promise<void> {
  const { version, result, fault } = eventDataSchemas['agent-update'].parse(event.data);
  if (result === 'switching') return;
  const end = {
    state: endOf[result],
    ended_at: Date.parse(event.at),
    fault: fault === null ? null : JSON.stringify(fault),
  };
  await endUpdate(db, scope, { deviceId, version }, end);
}
