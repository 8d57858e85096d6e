/** What operators decide about devices: approve, tell apart, move, retire. */
import { deviceDecisionRoutes, type DeviceToDecide } from '#console/api/device-decisions.ts';
import { approve, decide } from '#console/fleet/membership/identity.ts';
import { move, previewMove } from '#console/fleet/membership/move.ts';
import { bringBack, previewRetire, retire } from '#console/fleet/membership/retire.ts';
import { iso, osOf } from '#console/fleet/lists/shown.ts';
import { foundDevice } from '#console/routes/devices.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { devicesToDecide, retiredDevices, type DeviceToDecide as Row } from '#console/store/devices/device-identity.ts';
import { findDevice } from '#console/store/devices/devices.ts';

const shownMax = 500;

function kindOf(row: Row): DeviceToDecide['kind'] {
  if (row.duplicate === 1) return 'duplicate';
  return row.pending === 1 ? 'pending' : 'same-hardware';
}

function registerDecisions(server: Server): void {
  const { side } = server;
  const { store, memory } = side.devices;
  const seen = (row: Pick<Row, 'device_id' | 'last_seen_at'>): string =>
    iso(Math.max(row.last_seen_at, memory.lastSeenMs(row.device_id) ?? 0));

  serve(server, deviceDecisionRoutes.list, async ({ who }) => {
    const rows = await devicesToDecide(store.read, who.scope, shownMax);
    const items = await Promise.all(
      rows.map(async (row) => {
        const oldId = row.replaces_device_id;
        const earlier = oldId === null ? null : await findDevice(store.read, who.scope, oldId);
        return {
          deviceId: row.device_id,
          hostname: row.hostname,
          organisationId: row.organisation_id,
          organisationName: row.organisation_name,
          os: osOf(row.os),
          kind: kindOf(row),
          enrolledAt: iso(row.enrolled_at),
          lastSeenAt: seen(row),
          keyLabel: row.key_label ?? '',
          earlier: earlier && { deviceId: earlier.device_id, hostname: earlier.hostname, lastSeenAt: seen(earlier) },
        };
      }),
    );
    return { items };
  });

  serve(server, deviceDecisionRoutes.approve, async ({ who, params }) => {
    await approve(side.devices, who.scope, await foundDevice(side, who, params.deviceId));
    return null;
  });

  serve(server, deviceDecisionRoutes.decide, async ({ who, params, body }) => {
    await decide(side.devices, who.scope, await foundDevice(side, who, params.deviceId), body.decision);
    return null;
  });
}

export function registerDeviceDecisions(server: Server): void {
  const { side } = server;
  registerDecisions(server);

  serve(server, deviceDecisionRoutes.previewMove, ({ who, body }) => previewMove(side.devices, who.scope, body));

  serve(server, deviceDecisionRoutes.move, async ({ who, body }) => ({
    devices: await move(side.devices, who.scope, body, body.devices),
  }));

  serve(server, deviceDecisionRoutes.previewRetire, ({ who, body }) =>
    previewRetire(side.devices, who.scope, body.which),
  );

  serve(server, deviceDecisionRoutes.retire, async ({ who, body }) => ({
    devices: await retire(side.devices, who.scope, body.which, body.devices),
  }));

  serve(server, deviceDecisionRoutes.retired, async ({ who }) => {
    const rows = await retiredDevices(side.devices.store.read, who.scope, shownMax);
    return {
      items: rows.map((row) => ({
        deviceId: row.device_id,
        hostname: row.hostname,
        organisationId: row.organisation_id,
        organisationName: row.organisation_name,
        retiredAt: iso(row.retired_at ?? 0),
        lastSeenAt: iso(row.last_seen_at),
      })),
    };
  });

  serve(server, deviceDecisionRoutes.bringBack, async ({ who, params }) => {
    await bringBack(side.devices, who.scope, await foundDevice(side, who, params.deviceId));
    return null;
  });
}
