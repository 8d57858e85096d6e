/** The devices of a mass action: those that were named, or all of a shown filter, in slices. */
import type { WhichDevices } from '#console/api/device-decisions.ts';
import type { Scope } from '#console/auth/scope.ts';
import { deviceFilterOf } from '#console/fleet/lists/device-filter.ts';
import { deviceSlice } from '#console/store/devices/device-list.ts';
import { findDevice, type DeviceRecord } from '#console/store/devices/devices.ts';
import type { Db } from '#console/store/store.ts';

const sliceRows = 500;

/** In order of device id for a filter. What was removed, retired or is not the operator's is not among them. */
export async function chosenDevices(
  db: Db,
  scope: Scope,
  { which, nowMs }: { readonly which: WhichDevices; readonly nowMs: number },
  visit: (row: DeviceRecord) => void,
): Promise<void> {
  if ('deviceIds' in which) {
    for (const deviceId of new Set(which.deviceIds)) {
      const row = await findDevice(db, scope, deviceId);
      if (row !== null && row.revoked_at === null && row.retired_at === null) visit(row);
    }
    return;
  }
  const filter = deviceFilterOf(which.filter, nowMs);
  for (let after = ''; ;) {
    const rows = await deviceSlice(db, scope, filter, { after, limit: sliceRows });
    for (const row of rows) visit(row);
    after = rows.at(-1)?.device_id ?? '';
    if (rows.length < sliceRows) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
