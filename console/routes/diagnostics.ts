/** Diagnostics for operators: ask, follow, fetch. Who asked and who fetched is in the audit log. */
import { Fault } from '#protocol/codes.ts';
import { archiveRoute, diagnosticsRoutes, type DeviceDiagnostics } from '#console/api/diagnostics.ts';
import { admit } from '#console/auth/guard.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { archiveKeptMs, openArchive } from '#console/fleet/link/diagnostics.ts';
import { commandResult, iso, parsedFault } from '#console/fleet/lists/shown.ts';
import { auditBy } from '#console/routes/audit.ts';
import { foundDevice } from '#console/routes/devices.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listCommands, type CommandRow } from '#console/store/devices/commands.ts';
import { listArchives, type ArchiveEntry } from '#console/store/devices/diagnostics.ts';

const shownMax = 10;

function shown(command: CommandRow, archive: ArchiveEntry | undefined, nowMs: number): DeviceDiagnostics {
  return {
    commandId: command.command_id,
    requestedAt: iso(command.requested_at),
    requestedBy: command.requested_by,
    state: archive === undefined ? stateOf(command, nowMs) : 'ready',
    fault: parsedFault(command.fault),
    archive:
      archive === undefined
        ? null
        : {
            sizeBytes: archive.size_bytes,
            arrivedAt: iso(archive.arrived_at),
            keptUntil: iso(archive.arrived_at + archiveKeptMs),
          },
  };
}

/** Of one without an archive: carried out means that it arrived, and is gone by now. */
function stateOf(command: CommandRow, nowMs: number): DeviceDiagnostics['state'] {
  const result = commandResult(command, nowMs);
  if (result === 'refused') return 'refused';
  if (result !== null) return 'expired';
  return command.received_at === null ? 'asked' : 'making';
}

export function registerDiagnostics(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, diagnosticsRoutes.list, async ({ who, params: { deviceId } }) => {
    await foundDevice(side, who, deviceId);
    const page = { verbs: ['diagnose'], limit: shownMax };
    const commands = await listCommands(store.read, who.scope, deviceId, page);
    const nowMs = clock.now();
    const archives = (await listArchives(store.read, who.scope, deviceId)).filter(
      ({ arrived_at: at }) => at + archiveKeptMs > nowMs,
    );
    const archiveOf = (commandId: string) => archives.find(({ command_id: id }) => id === commandId);
    return { items: commands.map((command) => shown(command, archiveOf(command.command_id), nowMs)) };
  });

  serve(server, diagnosticsRoutes.ask, async ({ who, params: { deviceId } }) => {
    const device = await foundDevice(side, who, deviceId);
    if (device.duplicate === 1) throw new Fault('request.conflict', 'two machines use the identity of this device');
    const command = await giveCommand(side.devices, who.scope, device, { verb: 'diagnose', by: who.operator.name });
    const deed = {
      subject: deviceId,
      organisationId: device.organisation_id,
      detail: { commandId: command.command_id },
    };
    await store.write((db) => auditBy(side, db, who, { ...deed, action: 'diagnostics.asked' }));
    return shown(command, undefined, clock.now());
  });

  registerArchive(server);
}

const archiveType = 'application/gzip';

function registerArchive({ app, side, rows }: Server): void {
  const { store } = side.devices;
  rows.push({ ...archiveRoute, media: archiveType });
  app.get(archiveRoute.path, async (request, reply) => {
    const who = await admit(side, archiveRoute, request);
    const parsed = archiveRoute.params.safeParse(request.params);
    if (who === null || !parsed.success) throw new Fault('not-found', 'there are no such diagnostics');
    const { deviceId, commandId } = parsed.data;
    const device = await foundDevice(side, who, deviceId);
    const archive = await openArchive(side.devices, who.scope, parsed.data);
    if (archive === null) throw new Fault('not-found', 'there are no such diagnostics');
    // Noted before the first byte leaves: without the note there is no download.
    const deed = { subject: deviceId, organisationId: device.organisation_id, detail: { commandId } };
    await store.write((db) => auditBy(side, db, who, { ...deed, action: 'diagnostics.fetched' }));
    return reply
      .header('content-disposition', `attachment; filename="garrison-diagnostics-${commandId}.tar.gz"`)
      .type(archiveType)
      .send(archive);
  });
}
