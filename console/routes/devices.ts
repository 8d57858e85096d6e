/** Devices: lists and counters, one device with everything known, commands. */
import { Fault } from '#protocol/codes.ts';
import { deviceReportSchema } from '#protocol/report.ts';
import { deploymentModeSchema } from '#protocol/words.ts';
import { attemptEventKinds, attemptsOf } from '#console/api/attempts.ts';
import {
  operatorVerbs,
  refusalOf,
  refusalsOf,
  type CommandSituation,
  type OperatorVerb,
} from '#console/api/command-rule.ts';
import { deviceRoutes, type DeviceDetail } from '#console/api/devices.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { readCursor, writeCursor } from '#console/fleet/lists/cursor.ts';
import { deviceFacets } from '#console/fleet/lists/device-facets.ts';
import { deviceFilterOf } from '#console/fleet/lists/device-filter.ts';
import { concernOf, sitesKnown, statusOf } from '#console/fleet/mapping/mapping.ts';
import { removalOfDevice } from '#console/fleet/sentinelone/removed-there.ts';
import { restartEventKinds, scheduledRestart } from '#console/fleet/assignment/restarts.ts';
import { revoke } from '#console/fleet/membership/revocation.ts';
import { iso, isoOrNull, shownCommand, shownDevice, shownException, summed } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listCommands } from '#console/store/devices/commands.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import { countDevices, countFacets } from '#console/store/devices/device-counts.ts';
import { listDevices, sortValue, type ListedDevice } from '#console/store/devices/device-list.ts';
import { findDevice, readReport, type DeviceRecord } from '#console/store/devices/devices.ts';
import { listEvents, listGaps } from '#console/store/devices/events.ts';
import { exceptionsFor } from '#console/store/devices/exceptions.ts';
import { findMapping } from '#console/store/sentinelone/mappings.ts';
import { findOrganisation } from '#console/store/organisations.ts';

const attemptsShown = 20;
const commandsShown = 10;
/** A restart comes within minutes; an agent that starts again and again meanwhile hides it only beyond these. */
const restartEventsRead = 50;
/** The last attempts stand in these; an attempt has a dozen events. */
const attemptEventsRead = 1_000;

export async function foundDevice(side: OperatorSide, who: SignedInOperator, deviceId: string): Promise<DeviceRecord> {
  const row = await findDevice(side.devices.store.read, who.scope, deviceId);
  if (row === null || row.revoked_at !== null) throw new Fault('not-found', 'there is no such device');
  return row;
}

async function mappingOf(side: OperatorSide, who: SignedInOperator, organisationId: string) {
  const { read } = side.devices.store;
  const mapping = await findMapping(read, who.scope, organisationId);
  const known = sitesKnown(await listConnections(read), await listSitesOf(read, null));
  return {
    status: statusOf(await findOrganisation(read, who.scope, organisationId), mapping, known),
    siteName: mapping?.site_name ?? null,
    consoleHost: mapping?.console_host ?? null,
    installable: mapping !== null && !['site-deleted', 'connection-lost'].includes(concernOf(mapping, known) ?? ''),
  };
}

async function situationOf(
  side: OperatorSide,
  who: SignedInOperator,
  row: DeviceRecord,
): Promise<CommandSituation & { organisationName: string; restartAt: string | null }> {
  const organisation = await findOrganisation(side.devices.store.read, who.scope, row.organisation_id);
  const report = await readReport(side.devices.store.read, who.scope, row.device_id);
  const mapping = await mappingOf(side, who, row.organisation_id);
  const parsed = report === null ? null : deviceReportSchema.safeParse(JSON.parse(report.report));
  const page = { before: null, limit: restartEventsRead, kinds: restartEventKinds };
  const events = await listEvents(side.devices.store.read, who.scope, row.device_id, page);
  const restartAt = isoOrNull(scheduledRestart(events, side.devices.clock.now()));
  return {
    role: who.operator.role,
    duplicateIdentity: row.duplicate === 1,
    waitsForApproval: row.pending === 1,
    kind: parsed?.success ? parsed.data.state.kind : null,
    mode: deploymentModeSchema.catch('watch').parse(organisation?.mode),
    mapped: mapping.installable,
    removedThere: (await removalOfDevice(side.devices.store.read, who.scope, row.device_id)) !== null,
    restartScheduled: restartAt !== null,
    restartAt,
    organisationName: organisation?.name ?? '',
  };
}

async function detail(side: OperatorSide, who: SignedInOperator, deviceId: string): Promise<DeviceDetail> {
  const { read } = side.devices.store;
  const nowMs = side.devices.clock.now();
  const row = await foundDevice(side, who, deviceId);
  const situation = await situationOf(side, who, row);
  const stored = await readReport(read, who.scope, deviceId);
  const parsed = stored === null ? null : deviceReportSchema.safeParse(JSON.parse(stored.report));
  const report = parsed?.success ? parsed.data : null;
  const { status, siteName, consoleHost } = await mappingOf(side, who, row.organisation_id);
  const exceptions = await exceptionsFor(read, who.scope, { deviceId, organisationId: row.organisation_id }, nowMs);
  const listed: ListedDevice = { ...row, organisation_name: situation.organisationName, list_state: null };
  return {
    ...shownDevice(listed, side.devices.memory.lastSeenMs(deviceId), nowMs),
    state: report?.state ?? null,
    report,
    reportedAt: stored === null ? null : iso(stored.reported_at),
    enrolledAt: iso(row.enrolled_at),
    mode: situation.mode,
    mapping: { status, siteName, consoleHost },
    restartAt: situation.restartAt,
    duplicateIdentity: row.duplicate === 1,
    waitsForApproval: row.pending === 1,
    sameHardwareAs: row.replaces_device_id,
    retiredAt: isoOrNull(row.retired_at),
    exceptions: exceptions.map((one) => shownException(one)),
    refusals: refusalsOf(situation),
  };
}

function registerLists(server: Server): void {
  const { side } = server;
  const { store, clock, memory } = side.devices;

  serve(server, deviceRoutes.list, async ({ who, query }) => {
    const { sort, limit, after, from = null, ...filter } = query;
    if (from !== null && after !== undefined)
      throw new Fault('request.invalid', 'a page begins after a place or at a number, not both');
    const nowMs = clock.now();
    const page = { sort, limit: limit + 1, after: after === undefined ? from : readCursor(after) };
    const rows = await listDevices(store.read, who.scope, deviceFilterOf(filter, nowMs), page);
    const shown = rows.slice(0, limit);
    const last = rows.length > limit ? shown.at(-1) : undefined;
    return {
      items: shown.map((row) => shownDevice(row, memory.lastSeenMs(row.device_id), nowMs)),
      next: last === undefined ? null : writeCursor([sortValue(last, sort), last.device_id]),
    };
  });

  serve(server, deviceRoutes.counts, async ({ who, query }) => {
    const nowMs = clock.now();
    const counts = await countDevices(store.read, who.scope, deviceFilterOf(query, nowMs));
    return { ...summed(counts), countedAt: iso(nowMs) };
  });

  serve(server, deviceRoutes.facets, async ({ who, query }) => {
    const { cause, agentVersion, productVersion, ...others } = query;
    const rows = await countFacets(store.read, who.scope, deviceFilterOf(others, clock.now()));
    return deviceFacets(rows, { cause, agentVersion, productVersion });
  });
}

function registerHistory(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, deviceRoutes.timeline, async ({ who, params, query }) => {
    await foundDevice(side, who, params.deviceId);
    const before = query.after === undefined ? null : Number(readCursor(query.after)[0]);
    const rows = await listEvents(store.read, who.scope, params.deviceId, { before, limit: query.limit + 1 });
    const shown = rows.slice(0, query.limit);
    const last = rows.length > query.limit ? shown.at(-1) : undefined;
    const gaps = await listGaps(store.read, who.scope, params.deviceId);
    return {
      gaps: gaps.map((gap) => ({
        journalId: gap.journal_id,
        from: gap.from_seq,
        to: gap.to_seq,
        recordedAt: iso(gap.recorded_at),
      })),
      items: shown.map((row) => ({
        journalId: row.journal_id,
        seq: row.seq,
        at: row.at,
        receivedAt: iso(row.received_at),
        kind: row.kind,
        data: JSON.parse(row.data) as Record<string, unknown>,
      })),
      next: last === undefined ? null : writeCursor([last.event_id, '']),
    };
  });

  serve(server, deviceRoutes.attempts, async ({ who, params }) => {
    await foundDevice(side, who, params.deviceId);
    const page = { before: null, limit: attemptEventsRead, kinds: attemptEventKinds };
    const rows = await listEvents(store.read, who.scope, params.deviceId, page);
    const events = rows.toReversed().map((row) => ({
      journalId: row.journal_id,
      seq: row.seq,
      at: row.at,
      kind: row.kind,
      data: JSON.parse(row.data) as Record<string, unknown>,
    }));
    return { items: attemptsOf(events).slice(0, attemptsShown) };
  });

  serve(server, deviceRoutes.commands, async ({ who, params }) => {
    await foundDevice(side, who, params.deviceId);
    const page = { verbs: operatorVerbs, limit: commandsShown };
    const rows = await listCommands(store.read, who.scope, params.deviceId, page);
    return { items: rows.map((row) => shownCommand(row, clock.now())) };
  });
}

async function demandAllowed(
  side: OperatorSide,
  who: SignedInOperator,
  row: DeviceRecord,
  verb: OperatorVerb,
): Promise<void> {
  const refusal = refusalOf(verb, await situationOf(side, who, row));
  if (refusal !== null) throw new Fault('request.conflict', `not possible now: ${refusal}`, { context: { refusal } });
}

export function registerDevices(server: Server): void {
  const { side } = server;
  registerLists(server);
  registerHistory(server);

  serve(server, deviceRoutes.read, ({ who, params }) => detail(side, who, params.deviceId));

  serve(server, deviceRoutes.command, async ({ who, params, body }) => {
    const row = await foundDevice(side, who, params.deviceId);
    await demandAllowed(side, who, row, body.verb);
    const asked = { verb: body.verb, by: who.operator.name, outOfTurn: body.verb === 'retry' };
    const given = await giveCommand(side.devices, who.scope, row, asked);
    return shownCommand(given, side.devices.clock.now());
  });

  serve(server, deviceRoutes.remove, async ({ who, params }) => {
    await revoke(side.devices, who.scope, await foundDevice(side, who, params.deviceId));
    return null;
  });
}
