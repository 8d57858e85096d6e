/** Vendor packages by target. Changing them concerns every organisation. */
import type { Readable } from 'node:stream';
import { Fault } from '#protocol/codes.ts';
import { compareVersions } from '#installers/versions.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import { limits } from '#protocol/limits.ts';
import type { Target } from '#protocol/words.ts';
import { packageRoutes, packageSchema, type PackageList, type PackageRow } from '#console/api/packages.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { candidatesFor } from '#console/fleet/assignment.ts';
import { readVersionPolicy, readyPackage } from '#console/fleet/assigning.ts';
import { allTargets } from '#console/fleet/package-cache.ts';
import { policyChanged } from '#console/fleet/policy.ts';
import { isoOrNull, parsedFault } from '#console/fleet/shown.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { listConnections, type ConnectionRow } from '#console/store/connections.ts';
import { writeMeta } from '#console/store/meta.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import { findPackage, listPackages, type PackageRecord } from '#console/store/packages.ts';

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
    signature: row.format === 'deb' ? 'digest-only' : 'vendor',
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
    signature: format === 'deb' ? 'digest-only' : 'vendor',
  };
}

async function list(side: OperatorSide): Promise<PackageList> {
  const { read } = side.devices.store;
  const connections = await listConnections(read);
  const rows = await listPackages(read);
  const versionPolicy = await readVersionPolicy(read);
  const ready = rows.flatMap((row) => readyPackage(row) ?? []).map((one) => ({ ...one, connectionId: null }));
  const readAt = connections.flatMap((row) => row.packages_read_at ?? []);
  const targets = allTargets.map((target) => {
    const chosen = candidatesFor({ packages: ready, versionPolicy, target, site: null })[0];
    const packages = rows
      .filter((row) => row.target === target)
      .toSorted((a, b) => compareVersions(b.version, a.version))
      .slice(0, 199)
      .map((row) => shown(side, row, connections));
    const tested = packages.some((one) => one.version === baselineVersions[target]);
    return {
      target,
      chosenPackageId: packages.find((one) => chosen !== undefined && one.sha256 === chosen.sha256)?.packageId ?? null,
      packages: tested ? packages : [...packages, notOffered(target)],
    };
  });
  return { targets, versionPolicy, refreshedAt: readAt.length === 0 ? null : isoOrNull(Math.min(...readAt)) };
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

export function registerPackages(server: Server): void {
  const { side, app } = server;
  app.addContentTypeParser('application/octet-stream', { bodyLimit: limits.packageBytesMax }, (_request, body, done) =>
    done(null, body),
  );

  serve(server, packageRoutes.list, () => list(side));

  serve(server, packageRoutes.refresh, async ({ who }) => {
    demandGlobal(who);
    await side.packages.refresh();
    return list(side);
  });

  serve(server, packageRoutes.fetch, async ({ who, params }) => {
    demandGlobal(who);
    await side.packages.fetch(params.packageId);
    await note(side, who, 'package.fetched', params.packageId);
    return packageRow(side, params.packageId);
  });

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
    return list(side);
  });
}
