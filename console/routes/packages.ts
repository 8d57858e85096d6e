/** Vendor packages by target. Changing them concerns every organisation. */
import type { Readable } from 'node:stream';
import { Fault } from '#protocol/codes.ts';
import { compareVersions } from '#installers/versions.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import type { VersionPolicy } from '#protocol/assignment.ts';
import { limits } from '#protocol/limits.ts';
import type { Target } from '#protocol/words.ts';
import { packageRoutes, packageSchema, type PackageList, type PackageRow } from '#console/api/packages.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import { allTargets } from '#console/fleet/packages/package-cache.ts';
import { adviceFor, chosenOf, isWanted, whyNot } from '#console/fleet/packages/package-choice.ts';
import { publisherOf } from '#console/fleet/packages/publisher.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import { isoOrNull, parsedFault } from '#console/fleet/lists/shown.ts';
import { readOwnPolicies, readVersionPolicy, type OwnPolicy } from '#console/fleet/packages/version-policy.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { visibleConnections } from '#console/routes/connections.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listConnections, type ConnectionRow } from '#console/store/sentinelone/connections.ts';
import { writeMeta } from '#console/store/meta.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import { findPackage, listPackages, type PackageRecord } from '#console/store/sentinelone/packages.ts';

function shown(side: OperatorSide, row: PackageRecord, connections: readonly ConnectionRow[]): PackageRow {
  const connection = connections.find((one) => one.connection_id === row.connection_id);
  return packageSchema.parse({
    packageId: row.package_id,
    target: row.target,
    format: row.format,
    version: row.version,
    source: row.source,
    release: row.release,
    fileName: row.file_name,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    connectionName: connection?.name ?? null,
    state: row.state,
    progress: side.packages.progress(row.package_id),
    problem: parsedFault(row.problem),
    readyAt: isoOrNull(row.ready_at),
    listed: row.listed === null ? null : row.listed === 1,
    whyNot: null,
    chosenByOrganisations: 0,
    sha1: row.sha1?.toLowerCase() ?? null,
    publisher: publisherOf(packageSchema.shape.format.parse(row.format)),
  });
}

/** The tested version of a target that no console offers: named, so that somebody can bring it. */
function notOffered(target: Target): PackageRow {
  const format = target === 'macos' ? 'pkg' : target.endsWith('-deb') ? 'deb' : target.endsWith('-rpm') ? 'rpm' : 'exe';
  return {
    packageId: `tested_${target}`,
    target,
    format,
    version: baselineVersions[target],
    source: 'baseline',
    release: 'ga',
    fileName: '',
    sizeBytes: null,
    sha256: null,
    connectionName: null,
    state: 'not-offered',
    progress: null,
    problem: null,
    readyAt: null,
    listed: false,
    whyNot: 'not-here',
    chosenByOrganisations: 0,
    sha1: null,
    publisher: publisherOf(format),
  };
}

/** The vendor's own page about upgrading agents, inside its console. */
const upgradePath = '/docs/en/upgrading-agents.html#upgrading-agents';

interface Policies {
  readonly everywhere: VersionPolicy;
  readonly own: readonly OwnPolicy[];
}

function targetRow(target: Target, all: readonly PackageRow[], policies: Policies): PackageList['targets'][number] {
  const policy = policies.everywhere;
  const rows = all.filter((row) => row.target === target).toSorted((a, b) => compareVersions(b.version, a.version));
  const tested = rows.some((one) => one.version === baselineVersions[target]);
  const packages = (tested ? rows : [...rows, notOffered(target)]).slice(0, 200);
  const chosen = chosenOf(policy, packages);
  return {
    target,
    chosenPackageId: chosen?.packageId ?? null,
    advice: adviceFor(policy, target, packages),
    missingPackageIds: missing(packages, [policy, ...policies.own.map((one) => one.policy)]),
    newestGa: rows.find((row) => row.release === 'ga' && row.listed === true)?.version ?? null,
    packages: packages.map((row) => ({
      ...row,
      whyNot: whyNot(policy, row, chosen),
      chosenByOrganisations: organisationsOf(row, packages, policies.own),
    })),
  };
}

/** How many organisations have a choice of their own that picks this package. */
function organisationsOf(row: PackageRow, packages: readonly PackageRow[], own: readonly OwnPolicy[]): number {
  const choosing = own.filter(({ policy }) => chosenOf(policy, packages)?.packageId === row.packageId);
  return choosing.reduce((sum, { organisations }) => sum + organisations, 0);
}

/** Packages are for everybody; names and addresses of SentinelOne consoles only for who may see these (G9). */
async function list(side: OperatorSide, scope: Scope): Promise<PackageList> {
  const { read } = side.devices.store;
  const connections = await visibleConnections(side, scope);
  const rows = (await listPackages(read)).map((row) => shown(side, row, connections));
  const versionPolicy = await readVersionPolicy(read);
  const policies = { everywhere: versionPolicy, own: await readOwnPolicies(read, scope) };
  const readAt = connections.flatMap((row) => row.packages_read_at ?? []);
  return {
    targets: allTargets.map((target) => targetRow(target, rows, policies)),
    versionPolicy,
    refreshedAt: readAt.length === 0 ? null : isoOrNull(Math.min(...readAt)),
    cache: await side.packages.space(),
    problems: connections.flatMap((row) => {
      const problem = parsedFault(row.packages_problem);
      return problem === null ? [] : [{ connectionName: row.name, problem }];
    }),
    upgradePages: connections.map((row) => ({ connectionName: row.name, url: `${row.address}${upgradePath}` })),
  };
}

async function note(side: OperatorSide, who: SignedInOperator, action: string, subject: string): Promise<void> {
  await side.devices.store.write((db) => auditBy(side, db, who, { action, subject, organisationId: null, detail: {} }));
}

async function packageRow(side: OperatorSide, packageId: string): Promise<PackageRow> {
  const { read } = side.devices.store;
  const row = await findPackage(read, packageId);
  if (row === null) throw new Fault('not-found', 'there is no such package');
  return shown(side, row, await listConnections(read));
}

/** For every policy of which nothing is ready, the newest that can be fetched. */
function missing(packages: readonly PackageRow[], policies: readonly VersionPolicy[]): string[] {
  const first = policies
    .filter((policy) => chosenOf(policy, packages) === null)
    .map((policy) =>
      packages.find((row) => (row.state === 'offered' || row.state === 'failed') && isWanted(policy, row)),
    );
  return [...new Set(first.flatMap((row) => row?.packageId ?? []))];
}

function registerFetching(server: Server): void {
  const { side, app } = server;
  app.addContentTypeParser('application/octet-stream', { bodyLimit: limits.packageBytesMax }, (_request, body, done) =>
    done(null, body),
  );

  serve(server, packageRoutes.list, ({ who }) => list(side, who.scope));

  serve(server, packageRoutes.refresh, async ({ who }) => {
    demandGlobal(who);
    await side.packages.refresh();
    return list(side, who.scope);
  });

  serve(server, packageRoutes.fetch, async ({ who, params }) => {
    demandGlobal(who);
    await side.packages.fetch(params.packageId);
    await note(side, who, 'package.fetched', params.packageId);
    return packageRow(side, params.packageId);
  });

  serve(server, packageRoutes.fetchWanted, async ({ who }) => {
    demandGlobal(who);
    const { targets } = await list(side, who.scope);
    const wanted = targets.flatMap(({ packages, missingPackageIds }) =>
      packages.filter(({ packageId }) => missingPackageIds.includes(packageId)),
    );
    for (const row of wanted) await side.packages.fetch(row.packageId);
    await note(
      side,
      who,
      'packages.fetched',
      wanted
        .map((row) => row.packageId)
        .join(' ')
        .slice(0, 500),
    );
    return { started: wanted.length };
  });

  serve(server, packageRoutes.remove, async ({ who, params }) => {
    demandGlobal(who);
    const { targets } = await list(side, who.scope);
    const { packageId } = params;
    const chosenBySome = (row: PackageRow): boolean => row.packageId === packageId && row.chosenByOrganisations > 0;
    if (targets.some((row) => row.chosenPackageId === packageId || row.packages.some(chosenBySome)))
      throw new Fault('request.conflict', 'new installs get this package; choose another version first');
    await side.packages.remove(params.packageId);
    await note(side, who, 'package.removed', params.packageId);
    return list(side, who.scope);
  });
}

function registerAdditions(server: Server): void {
  const { side } = server;

  serve(server, packageRoutes.upload, async ({ who, query, request }) => {
    demandGlobal(who);
    const row = await side.packages.upload(query.target, query.fileName, request.body as Readable);
    await note(side, who, 'package.uploaded', row.package_id);
    return packageRow(side, row.package_id);
  });

  serve(server, packageRoutes.setVersionPolicy, async ({ who, body }) => {
    demandGlobal(who);
    await side.devices.store.write(async (db) => {
      await writeMeta(db, 'version-policy', JSON.stringify(body));
      await raisePolicyVersion(db, who.scope, null);
      await auditBy(side, db, who, {
        action: 'version-policy',
        subject: body.kind,
        organisationId: null,
        detail: { ...body },
      });
    });
    await policyChanged(side.devices);
    side.hints.publish({ topic: 'packages', id: null }, null);
    return list(side, who.scope);
  });
}

export function registerPackages(server: Server): void {
  registerFetching(server);
  registerAdditions(server);
}
