/** Organisations, their counters, and the brake on installing. */
import { Fault } from '#protocol/codes.ts';
import { deploymentModeSchema, type DeploymentMode } from '#protocol/words.ts';
import type { Organisation } from '#console/api/organisations.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { deploymentPreview } from '#console/fleet/deployment.ts';
import { newId } from '#console/fleet/enrolment.ts';
import { sitesKnown, statusOf, type SitesKnown } from '#console/fleet/mapping.ts';
import { policyChanged } from '#console/fleet/policy.ts';
import { iso, overdueAfterMs, summed } from '#console/fleet/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listConnections, listSitesOf } from '#console/store/connections.ts';
import { countDevices, type DeviceCount } from '#console/store/device-list.ts';
import { listMappings, type MappingRow } from '#console/store/mappings.ts';
import {
  addOrganisation,
  findOrganisation,
  listOrganisations,
  setMode,
  type OrganisationRow,
} from '#console/store/organisations.ts';
import { isUniqueViolation } from '#console/store/store.ts';

interface Around {
  readonly mappings: ReadonlyMap<string, MappingRow>;
  readonly known: SitesKnown;
  readonly counts: readonly DeviceCount[];
  readonly nowMs: number;
}

async function around(side: OperatorSide, scope: Scope, organisationId?: string): Promise<Around> {
  const { read } = side.devices.store;
  const nowMs = side.devices.clock.now();
  const mappings = await listMappings(read, scope);
  return {
    mappings: new Map(mappings.map((row) => [row.organisation_id, row])),
    known: sitesKnown(await listConnections(read), await listSitesOf(read, null)),
    counts: await countDevices(read, scope, { organisationId, overdueBeforeMs: nowMs - overdueAfterMs }),
    nowMs,
  };
}

function shown(row: OrganisationRow, { mappings, known, counts, nowMs }: Around): Organisation {
  const mapping = mappings.get(row.organisation_id) ?? null;
  return {
    organisationId: row.organisation_id,
    name: row.name,
    mode: deploymentModeSchema.catch('watch').parse(row.mode),
    createdAt: iso(row.created_at),
    ...summed(counts.filter((count) => count.organisation_id === row.organisation_id)),
    countedAt: iso(nowMs),
    mapping: {
      status: statusOf(mapping, known),
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

function newRow(name: string, nowMs: number): OrganisationRow {
  return {
    organisation_id: newId('org'),
    name,
    name_folded: name.toLowerCase(),
    mode: 'watch',
    created_at: nowMs,
    policy_version: 1,
  };
}

async function add(side: OperatorSide, who: SignedInOperator, row: OrganisationRow): Promise<void> {
  const organisationId = row.organisation_id;
  const deed = { action: 'organisation.made', subject: organisationId, organisationId, detail: { name: row.name } };
  try {
    await side.devices.store.write(async (db) => {
      await addOrganisation(db, who.scope, row);
      await auditBy(side, db, who, deed);
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Fault('request.conflict', 'an organisation of this name exists already');
  }
}

interface ModeChange {
  readonly organisationId: string;
  readonly mode: DeploymentMode;
  readonly action: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

async function changeMode(side: OperatorSide, who: SignedInOperator, change: ModeChange): Promise<void> {
  const { organisationId, mode, action, detail } = change;
  await side.devices.store.write(async (db) => {
    await setMode(db, who.scope, organisationId, mode);
    await auditBy(side, db, who, { action, subject: organisationId, organisationId, detail });
  });
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

  serve(server, organisationRoutes.create, async ({ who, body }) => {
    demandGlobal(who);
    const row = newRow(body.name, side.devices.clock.now());
    await add(side, who, row);
    await announce(side, row.organisation_id);
    return one(side, who.scope, row.organisation_id);
  });

  serve(server, organisationRoutes.setMode, async ({ who, params, body }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    const { mode } = body;
    await changeMode(side, who, { organisationId, mode, action: 'organisation.mode', detail: { mode } });
    await announce(side, organisationId);
    return one(side, who.scope, organisationId);
  });

  serve(server, organisationRoutes.startDeployment, async ({ who, params, body }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await demandPreviewed(side, who.scope, organisationId, body.installs);
    const action = 'organisation.deployment-started';
    await changeMode(side, who, { organisationId, mode: 'deploy', action, detail: { installs: body.installs } });
    await announce(side, organisationId);
    return one(side, who.scope, organisationId);
  });
}
