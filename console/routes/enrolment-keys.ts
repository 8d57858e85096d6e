/** Install keys: made here, shown once, stored hashed (G13). */
import { Fault } from '#protocol/codes.ts';
import { enrolmentKeyRoutes, type CreatedEnrolmentKey, type InstallCommand } from '#console/api/enrolment-keys.ts';
import { shownKey } from '#console/fleet/lists/shown.ts';
import { installLines, type InstallLines } from '#console/install/scripts.ts';
import { keysAsCsv, makeKeys } from '#console/routes/install-keys.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { findEnrolmentKey, listEnrolmentKeys, revokeEnrolmentKey } from '#console/store/enrolment/enrolment-keys.ts';
import { findOrganisation } from '#console/store/organisations.ts';

/** The string goes in by standard input, so that it is in no process list. */
function commandsFor({ systems }: InstallLines, enrolmentString: string): CreatedEnrolmentKey['commands'] {
  const installing = systems.map(({ system, install, uninstall }) => {
    return { os: system.os, label: system.label, command: install(enrolmentString), uninstall };
  });
  const known: InstallCommand = {
    os: 'linux',
    label: 'Linux, Garrison agent already installed',
    command: `printf '%s' '${enrolmentString}' | sudo garrison-agent enrol`,
    uninstall: null,
  };
  return [...installing, known];
}

function registerMaking(server: Server): void {
  const { side } = server;
  const { clock, keys } = side.devices;

  serve(server, enrolmentKeyRoutes.create, async ({ who, body }) => {
    const { organisationId, ...wanted } = body;
    const lines = await installLines(keys, side.devices.releases);
    const deed = { organisationIds: [organisationId], wanted, action: 'install-key.made' };
    const [made] = await makeKeys(side, who, lines, deed);
    if (made === undefined) throw new Fault('internal', 'no key was made');
    const { row, organisation, enrolmentString } = made;
    const key = shownKey({ ...row, organisation_name: organisation.name }, row.created_at);
    const agentVersion = lines.systems[0]?.version ?? null;
    return { key, enrolmentString, agentVersion, commands: commandsFor(lines, enrolmentString) };
  });

  serve(server, enrolmentKeyRoutes.export, async ({ who, body }) => {
    const { organisationIds, ...wanted } = body;
    const lines = await installLines(keys, side.devices.releases);
    const deed = { organisationIds: [...new Set(organisationIds)], wanted, action: 'install-key.exported' };
    const made = await makeKeys(side, who, lines, deed);
    const csv = keysAsCsv(made, lines);
    return { keys: made.length, fileName: `install-keys-${new Date(clock.now()).toISOString().slice(0, 10)}.csv`, csv };
  });
}

export function registerEnrolmentKeys(server: Server): void {
  const { side } = server;
  const { store, clock, keys } = side.devices;

  serve(server, enrolmentKeyRoutes.list, async ({ who, query }) => {
    const rows = await listEnrolmentKeys(store.read, who.scope, query.organisationId ?? null);
    return { items: rows.map((row) => shownKey(row, clock.now())) };
  });

  serve(server, enrolmentKeyRoutes.lines, async () => {
    const lines = await installLines(keys, side.devices.releases);
    await store.write((db) => lines.keep(db, clock.now()));
    const systems = lines.systems.map(({ system, uninstall }) => ({ os: system.os, label: system.label, uninstall }));
    return { agentVersion: lines.systems[0]?.version ?? null, systems };
  });

  registerMaking(server);

  serve(server, enrolmentKeyRoutes.revoke, async ({ who, params }) => {
    const row = await findEnrolmentKey(store.read, who.scope, params.keyId);
    if (row === null) throw new Fault('not-found', 'there is no such install key');
    const nowMs = clock.now();
    await store.write(async (db) => {
      await revokeEnrolmentKey(db, who.scope, row.key_id, nowMs);
      await auditBy(side, db, who, {
        action: 'install-key.revoked',
        subject: row.key_id,
        organisationId: row.organisation_id,
        detail: {},
      });
    });
    side.hints.publish({ topic: 'enrolment-keys', id: null }, row.organisation_id);
    const organisation = await findOrganisation(store.read, who.scope, row.organisation_id);
    return shownKey(
      { ...row, revoked_at: row.revoked_at ?? nowMs, organisation_name: organisation?.name ?? '' },
      nowMs,
    );
  });
}
