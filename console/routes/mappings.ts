/** Organisation to site. Nothing is saved that nobody chose. */
import { asFault, codes, Fault } from '#protocol/codes.ts';
import { mappingRoutes, type Confirmation, type Mapping } from '#console/api/mappings.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { installsOnMapping } from '#console/fleet/deployment/deployment.ts';
import { chosenRow } from '#console/fleet/mapping/mapping-choice.ts';
import { shownMapping, sitesKnown } from '#console/fleet/mapping/mapping.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { judgeRecords } from '#console/fleet/sentinelone/vendor-standing.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Asked, type Server } from '#console/routes/serve.ts';
import { listGroups } from '#console/sentinelone/groups.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import { countDevices } from '#console/store/devices/device-counts.ts';
import {
  findMapping,
  listMappings,
  removeMapping,
  writeMapping,
  type MappingRow,
} from '#console/store/sentinelone/mappings.ts';
import { findOrganisation, listOrganisations, raisePolicyVersion } from '#console/store/organisations.ts';

async function devicesBy(side: OperatorSide, scope: Scope): Promise<(organisationId: string) => number> {
  const counts = await countDevices(side.devices.store.read, scope, {});
  return (organisationId) =>
    counts.filter((row) => row.organisation_id === organisationId).reduce((sum, row) => sum + row.devices, 0);
}

async function known(side: OperatorSide) {
  const { read } = side.devices.store;
  return sitesKnown(await listConnections(read), await listSitesOf(read, null));
}

async function one(side: OperatorSide, scope: Scope, organisationId: string): Promise<Mapping> {
  const { read } = side.devices.store;
  const organisation = await findOrganisation(read, scope, organisationId);
  if (organisation === null) throw new Fault('not-found', 'there is no such organisation');
  const devices = (await devicesBy(side, scope))(organisationId);
  return shownMapping(organisation, await findMapping(read, scope, organisationId), await known(side), devices);
}

type Save = (who: SignedInOperator, rows: readonly MappingRow[]) => Promise<void>;

export function registerMappings(server: Server): void {
  const { side } = server;
  const { store } = side.devices;
  const changed = async (organisationIds: readonly string[]): Promise<void> => {
    await policyChanged(side.devices);
    for (const organisationId of organisationIds) {
      await judgeRecords(side.devices, organisationId);
      side.hints.publish({ topic: 'mappings', id: null }, organisationId);
      side.hints.publish({ topic: 'organisations', id: null }, organisationId);
    }
  };

  serve(server, mappingRoutes.list, async ({ who }) => {
    const mappings = new Map((await listMappings(store.read, who.scope)).map((row) => [row.organisation_id, row]));
    const sites = await known(side);
    const devices = await devicesBy(side, who.scope);
    const organisations = await listOrganisations(store.read, who.scope);
    return {
      items: organisations.map((row) => {
        const mapping = mappings.get(row.organisation_id) ?? null;
        return shownMapping(row, mapping, sites, devices(row.organisation_id));
      }),
    };
  });

  const save: Save = async (who, rows) => {
    await store.write(async (db) => {
      for (const row of rows) {
        const organisationId = row.organisation_id;
        await writeMapping(db, who.scope, row);
        await raisePolicyVersion(db, who.scope, organisationId);
        const detail = { siteId: row.site_id, siteName: row.site_name, consoleHost: row.console_host };
        await auditBy(side, db, who, { action: 'mapping.chosen', subject: organisationId, organisationId, detail });
      }
    });
    await changed(rows.map((row) => row.organisation_id));
  };
  registerMany(server, save);

  serve(server, mappingRoutes.choose, async ({ who, params, body }) => {
    demandGlobal(who);
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await save(who, [await chosenRow(side, who, organisationId, body)]);
    return one(side, who.scope, organisationId);
  });

  serve(server, mappingRoutes.clear, async ({ who, params }) => {
    const { organisationId } = params;
    await one(side, who.scope, organisationId);
    await store.write(async (db) => {
      await removeMapping(db, who.scope, organisationId);
      await raisePolicyVersion(db, who.scope, organisationId);
      await auditBy(side, db, who, { action: 'mapping.cleared', subject: organisationId, organisationId, detail: {} });
    });
    await changed([organisationId]);
    return one(side, who.scope, organisationId);
  });
}

type ManyChoices = Asked<typeof mappingRoutes.confirm>['body']['choices'];

/** What would become of each row; nothing is written. */
async function judged(side: OperatorSide, who: SignedInOperator, choices: ManyChoices): Promise<Judged[]> {
  const rows: Judged[] = [];
  // One after the other: each reads a site token, and SentinelOne limits how often.
  for (const { organisationId, ...choice } of choices) {
    try {
      await one(side, who.scope, organisationId);
      const row = await chosenRow(side, who, organisationId, choice);
      const { connectionId } = choice;
      rows.push({ row, installs: await installsOnMapping(side, who.scope, { organisationId, connectionId }) });
    } catch (error) {
      rows.push({ organisationId, fault: asFault(error) });
    }
  }
  return rows;
}

type Judged =
  | { readonly row: MappingRow; readonly installs: number }
  | { readonly organisationId: string; readonly fault: Fault };

function shownJudged(judgement: Judged, saved: boolean): Confirmation {
  if ('row' in judgement) {
    const { row, installs } = judgement;
    const outcome = saved ? 'saved' : 'would-save';
    return { organisationId: row.organisation_id, outcome, problem: null, installs };
  }
  const { organisationId, fault } = judgement;
  const problem = { code: fault.code, title: codes[fault.code].title, detail: fault.message.slice(0, 2000) };
  return { organisationId, outcome: 'refused', problem, installs: 0 };
}

function registerMany(server: Server, save: Save): void {
  const { side } = server;

  serve(server, mappingRoutes.confirm, async ({ who, body }) => {
    demandGlobal(who);
    const rows = await judged(side, who, body.choices);
    const installs = rows.reduce((sum, one) => sum + ('row' in one ? one.installs : 0), 0);
    if (!body.dryRun) {
      if (installs !== body.installs) throw new Fault('request.conflict', `now ${installs} installs would start`);
      await save(
        who,
        rows.flatMap((one) => ('row' in one ? [one.row] : [])),
      );
    }
    return { items: rows.map((one) => shownJudged(one, !body.dryRun)), installs };
  });

  serve(server, mappingRoutes.groups, async ({ who, params }) => {
    demandGlobal(who);
    const { client } = await side.connections.client(params.connectionId);
    const { items } = await listGroups(client, params.siteId);
    return {
      items: items
        .filter((group) => group.takesEnrolments)
        .map(({ id, name, isDefault }) => ({ groupId: id, name: name.slice(0, 200), isDefault })),
    };
  });
}
