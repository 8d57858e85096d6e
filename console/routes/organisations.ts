/** Organisations, their counters, and the brake on installing. */
import { Fault } from '#protocol/codes.ts';
import { deploymentModeSchema } from '#protocol/words.ts';
import type { Organisation } from '#console/api/organisations.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { deploymentPreview } from '#console/fleet/deployment/deployment.ts';
import { shownDeployment } from '#console/fleet/deployment/deployment-control.ts';
import { sitesKnown, statusOf, type SitesKnown } from '#console/fleet/mapping/mapping.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { restartsOf } from '#console/fleet/assignment/restarts.ts';
import { iso, overdueAfterMs, summed } from '#console/fleet/lists/shown.ts';
import { ownPolicyOf } from '#console/fleet/packages/version-policy.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { registerDeployments } from '#console/routes/deployments.ts';
import { newOrganisationRow } from '#console/routes/organisation-making.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import { listDeployments, type DeploymentRow } from '#console/store/deployments/deployments.ts';
import { countDevices, type DeviceCount } from '#console/store/devices/device-counts.ts';
import { listMappings, type MappingRow } from '#console/store/sentinelone/mappings.ts';
import {
  addOrganisation,
  lockNames,
  findOrganisation,
  listOrganisations,
  setRestarts,
  setVersionPolicy,
  type OrganisationRow,
} from '#console/store/organisations.ts';
import { countWaiting } from '#console/store/deployments/turns.ts';
import { isUniqueViolation } from '#console/store/store.ts';

interface Around {
  readonly mappings: ReadonlyMap<string, MappingRow>;
  readonly known: SitesKnown;
  readonly counts: readonly DeviceCount[];
  readonly deployments: ReadonlyMap<string, DeploymentRow>;
  readonly waiting: ReadonlyMap<string, number>;
  readonly nowMs: number;
}

async function around(side: OperatorSide, scope: Scope, organisationId?: string): Promise<Around> {
  const { read } = side.devices.store;
  const nowMs = side.devices.clock.now();
  const overdueBeforeMs = nowMs - overdueAfterMs;
  const mappings = await listMappings(read, scope);
  const deployments = await listDeployments(read, scope);
  return {
    mappings: new Map(mappings.map((row) => [row.organisation_id, row])),
    known: sitesKnown(await listConnections(read), await listSitesOf(read, null)),
    counts: await countDevices(read, scope, { organisationId }),
    deployments: new Map(deployments.map((row) => [row.organisation_id, row])),
    waiting: await countWaiting(read, scope, { organisationId, overdueBeforeMs }),
    nowMs,
  };
}

function shown(row: OrganisationRow, facts: Around): Organisation {
  const { mappings, known, counts, nowMs } = facts;
  const deployment = facts.deployments.get(row.organisation_id) ?? null;
  const mapping = mappings.get(row.organisation_id) ?? null;
  return {
    organisationId: row.organisation_id,
    name: row.name,
    mode: deploymentModeSchema.catch('watch').parse(row.mode),
    restarts: restartsOf(row),
    versionPolicy: ownPolicyOf(row),
    createdAt: iso(row.created_at),
    ...summed(counts.filter((count) => count.organisation_id === row.organisation_id)),
    countedAt: iso(nowMs),
    deployment: deployment === null ? null : shownDeployment(deployment, facts.waiting.get(row.organisation_id) ?? 0),
    mapping: {
      status: statusOf(row, mapping, known),
      siteName: mapping?.site_name ?? null,
      consoleHost: mapping?.console_host ?? null,
    },
  };
}

async function one(side: OperatorSide, scope: Scope, organisationId: string): Promise<Organisation> {
  const row = await findOrganisation(side.devices.store.read, scope, organisationId);
  if (row === null) throw new Fault('not-found', 'there is no such organisation');
  return shown(row, await around(side, scope, organisationId));
}

async function add(side: OperatorSide, who: SignedInOperator, row: OrganisationRow): Promise<void> {
  const organisationId = row.organisation_id;
  const deed = { action: 'organisation.made', subject: organisationId, organisationId, detail: { name: row.name } };
  try {
    await side.devices.store.write(async (db) => {
      await lockNames(db);
      await addOrganisation(db, who.scope, row);
      await auditBy(side, db, who, deed);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Fault('request.conflict', 'an organisation of this name exists already');
  }
}

async function announce(side: OperatorSide, organisationId: string): Promise<void> {
  await policyChanged(side.devices);
  side.hints.publish({ topic: 'organisations', id: null }, organisationId);
}

function registerReads(server: Server): void {
  const { side } = server;

  serve(server, organisationRoutes.list, async ({ who }) => {
    const rows = await listOrganisations(side.devices.store.read, who.scope);
    const facts = await around(side, who.scope);
    return { items: rows.map((row) => shown(row, facts)) };
  });

  serve(server, organisationRoutes.read, ({ who, params }) => one(side, who.scope, params.organisationId));

  serve(server, organisationRoutes.previewDeployment, async ({ who, params }) => {
    await one(side, who.scope, params.organisationId);
    return deploymentPreview(side, who.scope, params.organisationId);
  });
}

export function registerOrganisations(server: Server): void {
  const { side } = server;
  registerReads(server);
  registerDeployments(server, (scope, organisationId) => one(side, scope, organisationId));

  serve(server, organisationRoutes.create, async ({ who, body }) => {
    demandGlobal(who);
    const row = newOrganisationRow(body.name, side.devices.clock.now());
    await add(side, who, row);
    await announce(side, row.organisation_id);
    return one(side, who.scope, row.organisation_id);
  });

  registerPolicies(server);
}

/** What holds for all devices of an organisation; they are told at once. */
function registerPolicies(server: Server): void {
  const { side } = server;

  serve(server, organisationRoutes.setRestarts, async ({ who, params, body }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await side.devices.store.write(async (db) => {
      await setRestarts(db, who.scope, organisationId, body.restarts);
      const detail = { ...body.restarts };
      await auditBy(side, db, who, {
        action: 'organisation.restarts',
        subject: organisationId,
        organisationId,
        detail,
      });
    });
    await announce(side, organisationId);
    return one(side, who.scope, organisationId);
  });

  serve(server, organisationRoutes.setVersionPolicy, async ({ who, params, body }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await side.devices.store.write(async (db) => {
      await setVersionPolicy(db, who.scope, organisationId, body.versionPolicy);
      const detail = { ...(body.versionPolicy ?? { kind: 'as-everywhere' }) };
      const deed = { action: 'organisation.version-policy', subject: organisationId, organisationId, detail };
      await auditBy(side, db, who, deed);
    });
    await announce(side, organisationId);
    side.hints.publish({ topic: 'packages', id: null }, null);
    return one(side, who.scope, organisationId);
  });
}
