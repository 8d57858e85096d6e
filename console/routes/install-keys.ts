/** Making install keys: shown once, stored hashed (G13). */
import { randomBytes } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { writeEnrolmentString } from '#protocol/enrolment.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { writeRow } from '#console/fleet/lists/csv.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import type { InstallLines } from '#console/install/scripts.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import type { Asked } from '#console/routes/serve.ts';
import { addEnrolmentKey, type EnrolmentKeyRow } from '#console/store/enrolment/enrolment-keys.ts';
import { runningOffboarding } from '#console/store/enrolment/offboardings.ts';
import { findOrganisation, type OrganisationRow } from '#console/store/organisations.ts';

type Wanted = Omit<Asked<typeof enrolmentKeyRoutes.create>['body'], 'organisationId'>;

function newKey(
  organisationId: string,
  wanted: Wanted,
  made: { secret: string; by: string; nowMs: number },
): EnrolmentKeyRow {
  return {
    key_id: newId('key'),
    organisation_id: organisationId,
    secret_sha256: sha256Hex(made.secret),
    label: wanted.label,
    created_at: made.nowMs,
    created_by: made.by,
    expires_at: made.nowMs + wanted.lifetimeDays * 86_400_000,
    uses: 0,
    uses_max: wanted.usesMax,
    revoked_at: null,
    approval: wanted.approval ? 1 : 0,
  };
}

interface MadeKey {
  readonly row: EnrolmentKeyRow;
  readonly organisation: OrganisationRow;
  readonly enrolmentString: string;
}

/** One key for each organisation, in one transaction with its audit entry; the secrets are in the answer and nowhere else. */
export async function makeKeys(
  side: OperatorSide,
  who: SignedInOperator,
  lines: InstallLines,
  { organisationIds, wanted, action }: { organisationIds: readonly string[]; wanted: Wanted; action: string },
): Promise<MadeKey[]> {
  const { store, clock, keys } = side.devices;
  const { keySet, ownerKey } = keys.current();
  const nowMs = clock.now();
  const made = await store.write(async (db) => {
    await lines.keep(db, nowMs);
    const all: MadeKey[] = [];
    for (const organisationId of organisationIds) {
      const organisation = await findOrganisation(db, who.scope, organisationId);
      if (organisation === null) throw new Fault('not-found', 'there is no such organisation');
      if ((await runningOffboarding(db, who.scope, organisationId)) !== null)
        throw new Fault('request.conflict', `${organisation.name} is leaving; no device comes in any more`);
      const secret = randomBytes(24).toString('base64url');
      const row = newKey(organisationId, wanted, { secret, by: who.operator.name, nowMs });
      await addEnrolmentKey(db, who.scope, row);
      const { lifetimeDays, usesMax, approval } = wanted;
      const detail = { lifetimeDays, usesMax, approval };
      await auditBy(side, db, who, { action, subject: row.key_id, organisationId, detail });
      const enrolmentString = writeEnrolmentString({
        addresses: keySet.addresses,
        ownerKey,
        keyId: row.key_id,
        secret,
      });
      all.push({ row, organisation, enrolmentString });
    }
    return all;
  });
  for (const { row } of made) side.hints.publish({ topic: 'enrolment-keys', id: null }, row.organisation_id);
  return made;
}

const head = [
  'Organisation',
  'Organisation id',
  'Name',
  'Install key',
  'Ends',
  'Number of devices',
  'Enrolment string',
];

/** One row a key, with a column for the line of each system. */
export function keysAsCsv(made: readonly MadeKey[], { systems }: InstallLines): string {
  const rows = made.map(({ row, organisation, enrolmentString }) => [
    organisation.name,
    organisation.organisation_id,
    row.label,
    row.key_id,
    new Date(row.expires_at).toISOString(),
    row.uses_max,
    enrolmentString,
    ...systems.map(({ install }) => install(enrolmentString)),
  ]);
  return [[...head, ...systems.map(({ system }) => system.label)], ...rows].map((row) => writeRow(row)).join('');
}
