/** Many organisations at once. */
import { asFault, codes, Fault } from '#protocol/codes.ts';
import { organisationMakingRoutes, type FreeSite, type Imported } from '#console/api/organisation-making.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { chosenRow } from '#console/fleet/mapping/mapping-choice.ts';
import {
  importDeeds,
  importLines,
  type ImportDeed,
  type ImportLine,
} from '#console/fleet/mapping/organisation-import.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listConnections, listSitesOf } from '#console/store/sentinelone/connections.ts';
import { listMappings, writeMapping } from '#console/store/sentinelone/mappings.ts';
import {
  addOrganisation,
  listOrganisations,
  lockNames,
  nameOutside,
  outsideIds,
  renameOrganisation,
  type OrganisationRow,
} from '#console/store/organisations.ts';
import { isUniqueViolation, type Db } from '#console/store/store.ts';

export function newOrganisationRow(name: string, nowMs: number): OrganisationRow {
  return {
    organisation_id: newId('org'),
    name,
    name_folded: name.toLowerCase(),
    mode: 'watch',
    created_at: nowMs,
    policy_version: 1,
    restart_start_minute: null,
    restart_end_minute: null,
    version_policy: null,
  };
}

/** `Acme`, or `Acme (Europe)` where an organisation or another site has that name already. */
function uniqueName(wanted: string, connectionName: string, taken: ReadonlySet<string>): string {
  const name = wanted.trim().slice(0, 100);
  if (!taken.has(name.toLowerCase())) return name;
  return `${name.slice(0, 60)} (${connectionName.trim().slice(0, 35)})`;
}

async function freeSites(side: OperatorSide, scope: Scope): Promise<FreeSite[]> {
  const { read } = side.devices.store;
  const mapped = new Set((await listMappings(read, scope)).map((row) => `${row.connection_id} ${row.site_id}`));
  const connections = new Map((await listConnections(read)).map((row) => [row.connection_id, row.name]));
  const sites = (await listSitesOf(read, null)).filter(
    (row) => row.state === 'active' && !mapped.has(`${row.connection_id} ${row.site_id}`),
  );
  const names = (await listOrganisations(read, scope)).map((row) => row.name_folded);
  const perName = Map.groupBy(sites, (row) => row.name.trim().toLowerCase());
  const twice = [...perName].filter(([, rows]) => rows.length > 1).map(([name]) => name);
  const taken = new Set([...names, ...twice]);
  return sites.map((row) => {
    const connectionName = connections.get(row.connection_id) ?? '';
    const { connection_id: connectionId, site_id: siteId, name: siteName } = row;
    return { connectionId, connectionName, siteId, siteName, name: uniqueName(siteName, connectionName, taken) };
  });
}

async function makeFrom(side: OperatorSide, who: SignedInOperator, site: FreeSite): Promise<string> {
  const { store, clock } = side.devices;
  const row = newOrganisationRow(site.name, clock.now());
  const organisationId = row.organisation_id;
  // The site token is read and judged first: an organisation that could not enrol anything is not made.
  const choice = { connectionId: site.connectionId, siteId: site.siteId, groupId: null };
  const mapping = await chosenRow(side, who, organisationId, choice);
  try {
    await store.write(async (db) => {
      await lockNames(db);
      await addOrganisation(db, who.scope, row);
      await writeMapping(db, who.scope, mapping);
      const detail = { name: row.name, siteId: site.siteId, siteName: site.siteName };
      await auditBy(side, db, who, { action: 'organisation.made', subject: organisationId, organisationId, detail });
    });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Fault('request.conflict', 'an organisation of this name exists already', { cause: error });
  }
  return organisationId;
}

function shownFault(error: unknown) {
  const fault = asFault(error);
  return { code: fault.code, title: codes[fault.code].title, detail: fault.message.slice(0, 2000) };
}

const outcomes = {
  create: 'created',
  rename: 'renamed',
  adopt: 'adopted',
  same: 'unchanged',
  refuse: 'refused',
} as const satisfies Record<ImportDeed['kind'], Imported['outcome']>;

async function carryOut(
  side: OperatorSide,
  db: Db,
  who: SignedInOperator,
  { line, deed }: { readonly line: ImportLine; readonly deed: ImportDeed },
): Promise<void> {
  if (deed.kind === 'same' || deed.kind === 'refuse') return;
  const made = deed.kind === 'create' ? newOrganisationRow(line.name, side.devices.clock.now()) : null;
  const organisationId = made?.organisation_id ?? (deed.kind === 'create' ? '' : deed.organisationId);
  if (made !== null) await addOrganisation(db, who.scope, made);
  if (deed.kind === 'rename') await renameOrganisation(db, who.scope, organisationId, line.name);
  else if (line.outsideId !== '') await nameOutside(db, who.scope, organisationId, line.outsideId);
  const detail = { name: line.name, outsideId: line.outsideId, how: deed.kind };
  await auditBy(side, db, who, { action: 'organisation.imported', subject: organisationId, organisationId, detail });
}

const takenTriesMax = 3;

/** A name that somebody else took between the look and the write: it is looked at once more. Fault `request.conflict`. */
async function againWhenTaken<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      if (tries >= takenTriesMax)
        throw new Fault('request.conflict', 'others make organisations of the same names', { cause: error });
    }
  }
}

async function importList(
  side: OperatorSide,
  who: SignedInOperator,
  csv: string,
  dryRun: boolean,
): Promise<Imported[]> {
  const lines = importLines(csv);
  const judge = async (db: Db) => {
    const organisations = await listOrganisations(db, who.scope);
    const byName = new Map(organisations.map((row) => [row.name_folded, row.organisation_id]));
    return importDeeds(lines, { byName, byOutsideId: await outsideIds(db, who.scope) });
  };
  const rows = dryRun
    ? await judge(side.devices.store.read)
    : await againWhenTaken(() =>
        side.devices.store.write(async (db) => {
          // One list after the other: what a line would do is judged by what the one before has done.
          await lockNames(db);
          const judged = await judge(db);
          for (const row of judged) await carryOut(side, db, who, row);
          return judged;
        }),
      );
  return rows.map(({ line, deed }) => ({
    line: line.line,
    name: line.name.slice(0, 200),
    outcome: outcomes[deed.kind],
    why: deed.kind === 'refuse' ? deed.why : null,
  }));
}

export function registerOrganisationMaking(server: Server): void {
  const { side } = server;
  const changed = async (): Promise<void> => {
    await policyChanged(side.devices);
    for (const topic of ['organisations', 'mappings'] as const) side.hints.publish({ topic, id: null }, null);
  };

  serve(server, organisationMakingRoutes.freeSites, async ({ who }) => {
    demandGlobal(who);
    return { items: await freeSites(side, who.scope) };
  });

  serve(server, organisationMakingRoutes.fromSites, async ({ who, body }) => {
    demandGlobal(who);
    const items = [];
    // One after the other: each reads a site token, and a name that was taken just now counts.
    for (const { connectionId, siteId } of body.sites) {
      const free = await freeSites(side, who.scope);
      const site = free.find((one) => one.connectionId === connectionId && one.siteId === siteId);
      const row = { connectionId, siteId, organisationId: null, name: site?.name ?? '' };
      try {
        if (site === undefined) throw new Fault('request.conflict', 'this site has an organisation, or is gone');
        items.push({ ...row, organisationId: await makeFrom(side, who, site), problem: null });
      } catch (error) {
        items.push({ ...row, problem: shownFault(error) });
      }
    }
    await changed();
    return { items };
  });

  serve(server, organisationMakingRoutes.importList, async ({ who, body }) => {
    demandGlobal(who);
    const items = await importList(side, who, body.csv, body.dryRun);
    if (!body.dryRun) await changed();
    return { items };
  });
}
