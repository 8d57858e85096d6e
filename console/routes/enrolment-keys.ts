/** Install keys: made here, shown once, stored hashed (G13). */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import { enrolmentKeyRoutes, type CreatedEnrolmentKey, type InstallCommand } from '#console/api/enrolment-keys.ts';
import { newId } from '#console/fleet/enrolment.ts';
import { shownKey } from '#console/fleet/shown.ts';
import { installLines, type InstallLines } from '#console/install/scripts.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import {
  addEnrolmentKey,
  findEnrolmentKey,
  listEnrolmentKeys,
  revokeEnrolmentKey,
  type EnrolmentKeyRow,
} from '#console/store/enrolment-keys.ts';
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

type Wanted = Asked<typeof enrolmentKeyRoutes.create>['body'];

function newKey(wanted: Wanted, made: { secret: string; by: string; nowMs: number }): EnrolmentKeyRow {
  return {
    key_id: newId('key'),
    organisation_id: wanted.organisationId,
    secret_sha256: sha256Hex(made.secret),
    label: wanted.label,
    created_at: made.nowMs,
    created_by: made.by,
    expires_at: made.nowMs + wanted.lifetimeDays * 86_400_000,
    uses: 0,
    uses_max: wanted.usesMax,
    revoked_at: null,
  };
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

  serve(server, enrolmentKeyRoutes.create, async ({ who, body }) => {
    const organisation = await findOrganisation(store.read, who.scope, body.organisationId);
    if (organisation === null) throw new Fault('not-found', 'there is no such organisation');
    const secret = randomBytes(24).toString('base64url');
    const row = newKey(body, { secret, by: who.operator.name, nowMs: clock.now() });
    const lines = await installLines(keys, side.devices.releases);
    await store.write(async (db) => {
      await lines.keep(db, row.created_at);
      await addEnrolmentKey(db, who.scope, row);
      const detail = { lifetimeDays: body.lifetimeDays, usesMax: body.usesMax };
      await auditBy(side, db, who, {
        action: 'install-key.made',
        subject: row.key_id,
        organisationId: row.organisation_id,
        detail,
      });
    });
    side.hints.publish({ topic: 'enrolment-keys', id: null }, row.organisation_id);
    const { keySet, ownerKey } = keys.current();
    const enrolmentString = writeEnrolmentString({ addresses: keySet.addresses, ownerKey, keyId: row.key_id, secret });
    const key = shownKey({ ...row, organisation_name: organisation.name }, row.created_at);
    const agentVersion = lines.systems[0]?.version ?? null;
    return { key, enrolmentString, agentVersion, commands: commandsFor(lines, enrolmentString) };
  });

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
