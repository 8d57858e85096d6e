/** The brake: starting an organisation's deployment, going on with it, and stopping it. */
import { Fault } from '#protocol/codes.ts';
import type { DeploymentMode } from '#protocol/words.ts';
import { organisationRoutes, type Organisation } from '#console/api/organisations.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { deploymentPreview } from '#console/fleet/deployment/deployment.ts';
import { startDeployment, stopInstalling } from '#console/fleet/deployment/deployment-control.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import type { SlotWork } from '#console/fleet/deployment/slots.ts';
import { tellOutdated } from '#console/fleet/deployment/turns.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { resumeDeployment } from '#console/store/deployments/deployments.ts';
import { listOrganisations } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';

export type ReadOrganisation = (scope: Scope, organisationId: string) => Promise<Organisation>;

function workOf(side: OperatorSide, who: SignedInOperator, db: Db): SlotWork {
  return { db, scope: who.scope, nowMs: side.devices.clock.now() };
}

async function demandPreviewed(
  side: OperatorSide,
  scope: Scope,
  organisationId: string,
  installs: number,
): Promise<void> {
  const preview = await deploymentPreview(side, scope, organisationId);
  if (preview.hindrance === null && preview.installs === installs) return;
  const why = preview.hindrance === null ? '' : `; ${preview.hindrance}`;
  throw new Fault('request.conflict', `now ${preview.installs} devices would install${why}`);
}

async function announce(side: OperatorSide, organisationId: string): Promise<void> {
  await policyChanged(side.devices);
  side.hints.publish({ topic: 'organisations', id: null }, organisationId);
}

/** Answers how many installs are under way; none starts after that. */
async function stop(
  side: OperatorSide,
  who: SignedInOperator,
  organisationId: string,
  mode: Exclude<DeploymentMode, 'deploy'>,
): Promise<number> {
  const { underWay, outdated } = await side.devices.store.write(async (db) => {
    const stopped = await stopInstalling(workOf(side, who, db), organisationId, mode);
    const detail = { mode, underWay: stopped.underWay };
    await auditBy(side, db, who, { action: 'organisation.mode', subject: organisationId, organisationId, detail });
    return stopped;
  });
  tellOutdated(side.devices, outdated);
  return underWay;
}

function registerStarts(server: Server, read: ReadOrganisation): void {
  const { side } = server;
  serve(server, organisationRoutes.startDeployment, async ({ who, params, body }) => {
    const { organisationId } = params;
    const { installs, pace } = body;
    await read(who.scope, organisationId);
    await demandPreviewed(side, who.scope, organisationId, installs);
    await side.devices.store.write(async (db) => {
      await startDeployment(workOf(side, who, db), { organisationId, pace, installs, by: who.operator.name });
      const action = 'organisation.deployment-started';
      await auditBy(side, db, who, { action, subject: organisationId, organisationId, detail: { installs, ...pace } });
    });
    await announce(side, organisationId);
    return read(who.scope, organisationId);
  });

  serve(server, organisationRoutes.resumeDeployment, async ({ who, params, body }) => {
    const { organisationId } = params;
    await read(who.scope, organisationId);
    await side.devices.store.write(async (db) => {
      if (!(await resumeDeployment(db, who.scope, organisationId, body)))
        throw new Fault('request.conflict', 'more has failed meanwhile, or it was stopped');
      const action = 'deployment.resumed';
      await auditBy(side, db, who, { action, subject: organisationId, organisationId, detail: { ...body } });
    });
    await announce(side, organisationId);
    return read(who.scope, organisationId);
  });
}

export function registerDeployments(server: Server, read: ReadOrganisation): void {
  const { side } = server;
  registerStarts(server, read);

  serve(server, organisationRoutes.setMode, async ({ who, params, body }) => {
    const { organisationId } = params;
    await read(who.scope, organisationId);
    await stop(side, who, organisationId, body.mode);
    await announce(side, organisationId);
    return read(who.scope, organisationId);
  });

  serve(server, organisationRoutes.pauseAll, async ({ who }) => {
    const rows = await listOrganisations(side.devices.store.read, who.scope);
    const deploying = rows.filter((row) => row.mode === 'deploy');
    const underWay = await Promise.all(deploying.map((row) => stop(side, who, row.organisation_id, 'paused')));
    await policyChanged(side.devices);
    for (const row of deploying) side.hints.publish({ topic: 'organisations', id: null }, row.organisation_id);
    return { organisations: deploying.length, underWay: underWay.reduce((sum, one) => sum + one, 0) };
  });
}
