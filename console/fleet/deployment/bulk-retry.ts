/** *Retry* for every device of a filter, under the same rule as for one. */
import { Fault } from '#protocol/codes.ts';
import { deploymentModeSchema } from '#protocol/words.ts';
import { protectionKinds } from '#protocol/state.ts';
import { bulkRetryMax, type BulkRetryPreview } from '#console/api/bulk-retry.ts';
import { refusalOf, type RefusalReason } from '#console/api/command-rule.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { concernOf, sitesKnown } from '#console/fleet/mapping/mapping.ts';
import { devicesRemovedThere } from '#console/fleet/sentinelone/removed-there.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import type { DeviceFilter } from '#console/store/devices/device-filter.ts';
import { deviceSlice } from '#console/store/devices/device-list.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import { listMappings } from '#console/store/sentinelone/mappings.ts';
import { listOrganisations } from '#console/store/organisations.ts';

const sliceRows = 500;
/** Commands in work at the same time: they share transactions, and other requests get their turn in between. */
const atOnce = 50;

type Rule = (row: DeviceRecord) => RefusalReason | null;

/** The rule of one device, with what its organisation adds read once. */
async function ruleFor(side: OperatorSide, who: SignedInOperator): Promise<Rule> {
  const { read } = side.devices.store;
  const organisations = new Map((await listOrganisations(read, who.scope)).map((row) => [row.organisation_id, row]));
  const known = sitesKnown(await listConnections(read), await listSitesOf(read, null));
  const usable = (await listMappings(read, who.scope)).filter(
    (row) => !['site-deleted', 'connection-lost'].includes(concernOf(row, known) ?? ''),
  );
  const mapped = new Set(usable.map((row) => row.organisation_id));
  const removed = new Map<string, ReadonlySet<string>>();
  for (const organisationId of mapped)
    removed.set(organisationId, await devicesRemovedThere(read, who.scope, organisationId));
  return (row) =>
    refusalOf('retry', {
      role: who.operator.role,
      duplicateIdentity: row.duplicate === 1,
      waitsForApproval: row.pending === 1,
      kind: protectionKinds.find((kind) => kind === row.state_kind) ?? null,
      mode: deploymentModeSchema.catch('watch').parse(organisations.get(row.organisation_id)?.mode),
      mapped: mapped.has(row.organisation_id),
      removedThere: removed.get(row.organisation_id)?.has(row.device_id) ?? false,
      restartScheduled: false,
    });
}

interface Gathered {
  readonly preview: BulkRetryPreview;
  readonly devices: readonly DeviceRecord[];
}

async function gather(side: OperatorSide, who: SignedInOperator, filter: DeviceFilter): Promise<Gathered> {
  const rule = await ruleFor(side, who);
  const refused = new Map<RefusalReason, number>();
  const devices: DeviceRecord[] = [];
  let matching = 0;
  let left = 0;
  let after = '';
  for (;;) {
    const rows = await deviceSlice(side.devices.store.read, who.scope, filter, { after, limit: sliceRows });
    for (const row of rows) {
      matching += 1;
      const reason = rule(row);
      if (reason !== null) refused.set(reason, (refused.get(reason) ?? 0) + 1);
      else if (devices.length < bulkRetryMax) devices.push(row);
      else left += 1;
    }
    after = rows.at(-1)?.device_id ?? '';
    if (rows.length < sliceRows) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const preview = {
    matching,
    retries: devices.length,
    left,
    refused: [...refused].map(([reason, count]) => ({ reason, devices: count })),
  };
  return { preview, devices };
}

export async function bulkRetryPreview(
  side: OperatorSide,
  who: SignedInOperator,
  filter: DeviceFilter,
): Promise<BulkRetryPreview> {
  return (await gather(side, who, filter)).preview;
}

export interface BulkRetried {
  readonly deviceId: string;
  readonly hostname: string;
  readonly outcome: 'given' | 'waiting';
}

/** Gives exactly as many commands as were announced, or none. */
export async function bulkRetry(
  side: OperatorSide,
  who: SignedInOperator,
  filter: DeviceFilter,
  retries: number,
): Promise<BulkRetried[]> {
  const { devices } = await gather(side, who, filter);
  if (devices.length !== retries) throw new Fault('request.conflict', `now ${devices.length} devices can be retried`);
  const results: BulkRetried[] = [];
  const asked = { verb: 'retry', by: who.operator.name } as const;
  for (let from = 0; from < devices.length; from += atOnce) {
    const given = await Promise.all(
      devices.slice(from, from + atOnce).map(async (device) => {
        const before = side.devices.clock.now();
        const row = await giveCommand(side.devices, who.scope, device, asked);
        const outcome = row.requested_at < before ? ('waiting' as const) : ('given' as const);
        return { deviceId: device.device_id, hostname: device.hostname, outcome };
      }),
    );
    results.push(...given);
  }
  return results;
}
