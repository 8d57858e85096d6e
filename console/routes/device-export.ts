/** Devices as a table: read in slices, so that others get their turn, and kept in the record (G21). */
import { deviceExportRoutes, exportedDevicesMax } from '#console/api/device-export.ts';
import type { DeviceRow } from '#console/api/devices.ts';
import { causeOf, shownState } from '#console/api/shown-state.ts';
import { writeRow } from '#console/fleet/lists/csv.ts';
import { deviceFilterOf } from '#console/fleet/lists/device-filter.ts';
import { iso, shownDevice } from '#console/fleet/lists/shown.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listDevices, sortValue, type DevicePage } from '#console/store/devices/device-list.ts';

const slice = 500;

const columns: readonly (readonly [head: string, cell: (device: DeviceRow) => string | null])[] = [
  ['Device', (device) => device.hostname],
  ['Organisation', (device) => device.organisationName],
  ['State', (device) => shownState(device.state, device.notReportingSince)],
  ['Cause', ({ state, notReportingSince }) => (state === null || notReportingSince !== null ? null : causeOf(state))],
  ['System', (device) => `${device.osName} ${device.osVersion}`.trim()],
  ['Package', (device) => device.target],
  ['SentinelOne', (device) => device.productVersion],
  ['Garrison agent', (device) => device.agentVersion],
  ['Last contact', (device) => device.lastSeenAt],
  ['Not reporting since', (device) => device.notReportingSince],
  ['Device id', (device) => device.deviceId],
];

export function registerDeviceExport(server: Server): void {
  const { side } = server;
  const { store, clock, memory } = side.devices;

  serve(server, deviceExportRoutes.devices, async ({ who, body }) => {
    const nowMs = clock.now();
    const filter = deviceFilterOf(body, nowMs);
    const lines = [writeRow(columns.map(([head]) => head))];
    let after: DevicePage['after'] = null;
    let isCut = false;
    for (let more = true; more;) {
      const rows = await listDevices(store.read, who.scope, filter, { sort: 'name', limit: slice, after });
      const room = exportedDevicesMax + 1 - lines.length;
      isCut = rows.length > room;
      for (const row of rows.slice(0, room)) {
        const device = shownDevice(row, memory.lastSeenMs(row.device_id), nowMs);
        lines.push(writeRow(columns.map(([, cell]) => cell(device))));
      }
      const last = rows.at(-1);
      more = !isCut && last !== undefined && rows.length === slice;
      if (last !== undefined) after = [sortValue(last, 'name'), last.device_id];
    }
    const rows = lines.length - 1;
    const deed = { action: 'devices.exported', subject: 'devices', organisationId: body.organisationId ?? null };
    await store.write((db) => auditBy(side, db, who, { ...deed, detail: { rows, filter: { ...body } } }));
    return { rows, isCut, fileName: `devices-${iso(nowMs).slice(0, 10)}.csv`, csv: lines.join('') };
  });
}
