/** Other antivirus that is allowed for a while, and looks that are waived for a while. */
import { Fault } from '#protocol/codes.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { catalogue, productById } from '#installers/antivirus/catalogue.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { shownException } from '#console/fleet/lists/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import { findDevice } from '#console/store/devices/devices.ts';
import {
  addException,
  findException,
  listExceptions,
  removeException,
  type ExceptionRow,
} from '#console/store/devices/exceptions.ts';
import { findOrganisation, raisePolicyVersion } from '#console/store/organisations.ts';

type Scoped = Asked<typeof exceptionRoutes.add>['body']['scope'];

/** Organisation and, if it is for one device, that device; a foreign one is a missing one. */
async function placeOf(
  side: OperatorSide,
  who: SignedInOperator,
  scope: Scoped,
): Promise<{ organisationId: string; deviceId: string | null }> {
  const { read } = side.devices.store;
  if (scope.kind === 'organisation') {
    const row = await findOrganisation(read, who.scope, scope.organisationId);
    if (row !== null) return { organisationId: row.organisation_id, deviceId: null };
  } else {
    const row = await findDevice(read, who.scope, scope.deviceId);
    if (row !== null) return { organisationId: row.organisation_id, deviceId: row.device_id };
  }
  throw new Fault('not-found', `there is no such ${scope.kind}`);
}

async function announce(side: OperatorSide, row: ExceptionRow): Promise<void> {
  await policyChanged(side.devices);
  side.hints.publish({ topic: 'device', id: row.device_id }, row.organisation_id);
}

export function registerExceptions(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, exceptionRoutes.list, async ({ who }) => {
    const rows = await listExceptions(store.read, who.scope, clock.now());
    return {
      items: rows.map(({ organisation_name, hostname, ...row }) => ({
        ...shownException(row),
        name: row.subject_kind === 'product' ? (productById(catalogue, row.subject)?.name ?? row.subject) : row.subject,
        organisation: { id: row.organisation_id, name: organisation_name },
        device: row.device_id === null ? null : { id: row.device_id, name: hostname ?? '' },
      })),
    };
  });

  serve(server, exceptionRoutes.add, async ({ who, body }) => {
    const { organisationId, deviceId } = await placeOf(side, who, body.scope);
    const nowMs = clock.now();
    const row: ExceptionRow = {
      exception_id: newId('exc'),
      organisation_id: organisationId,
      device_id: deviceId,
      subject_kind: body.subject.kind,
      subject: body.subject.kind === 'product' ? body.subject.productId : body.subject.probe,
      reason: body.reason,
      created_by: who.operator.name,
      created_at: nowMs,
      expires_at: nowMs + body.days * 86_400_000,
    };
    await store.write(async (db) => {
      await addException(db, who.scope, row);
      await raisePolicyVersion(db, who.scope, organisationId);
      const detail = { deviceId, subject: row.subject, days: body.days, reason: body.reason };
      await auditBy(side, db, who, { action: 'exception.made', subject: row.exception_id, organisationId, detail });
    });
    await announce(side, row);
    return shownException(row);
  });

  serve(server, exceptionRoutes.remove, async ({ who, params }) => {
    const row = await findException(store.read, who.scope, params.exceptionId);
    if (row === null) throw new Fault('not-found', 'there is no such exception');
    await store.write(async (db) => {
      await removeException(db, who.scope, row.exception_id);
      await raisePolicyVersion(db, who.scope, row.organisation_id);
      const detail = { subject: row.subject };
      await auditBy(side, db, who, {
        action: 'exception.removed',
        subject: row.exception_id,
        organisationId: row.organisation_id,
        detail,
      });
    });
    await announce(side, row);
    return null;
  });
}
