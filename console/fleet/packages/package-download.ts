/** One download of a package for the whole fleet, by one process, however many targets the file is for. */
import { asFault, Fault } from '#protocol/codes.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { PackageParts, Progress } from '#console/fleet/packages/package-cache.ts';
import { demandBeginning } from '#console/fleet/packages/package-rules.ts';
import { downloadPackage } from '#console/sentinelone/download.ts';
import type { SentinelOnePackage } from '#console/sentinelone/package-rows.ts';
import { listSitesOf, type ConnectionRow } from '#console/store/sentinelone/connections.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import { changePackage, claimPackage, listPackages, type PackageRecord } from '#console/store/sentinelone/packages.ts';
import type { Db } from '#console/store/store.ts';

const scope = consoleScope('packages');

/** Every organisation's devices may now get another package. */
export async function publishPackages(parts: PackageParts, work: (db: Db) => Promise<void>): Promise<void> {
  await parts.store.write(async (db) => {
    await work(db);
    await raisePolicyVersion(db, scope, null);
  });
  parts.changed();
}

/** Downloads go through a site; any that the API token sees will do. */
async function siteToAsk(parts: PackageParts, row: ConnectionRow): Promise<string> {
  const sites = await listSitesOf(parts.store.read, row.connection_id);
  const site = row.site_id ?? (sites.find((one) => one.state === 'active') ?? sites[0])?.site_id;
  if (site === undefined) throw new Fault('sentinelone.not-found', 'the connection has no site');
  return site;
}

export interface Downloading {
  readonly running: Map<string, () => Progress>;
  readonly signal: AbortSignal;
}

/** The same file for another target. */
function isSibling(row: PackageRecord, other: PackageRecord): boolean {
  return (
    other.connection_id === row.connection_id &&
    other.vendor_package_id === row.vendor_package_id &&
    other.sha1 === row.sha1 &&
    other.size_bytes === row.size_bytes
  );
}

async function receive(parts: PackageParts, row: PackageRecord, { running, signal }: Downloading): Promise<void> {
  const { connection_id: connectionId, vendor_package_id: vendorPackageId, sha1 } = row;
  const totalBytes = row.size_bytes ?? 0;
  if (connectionId === null || vendorPackageId === null || sha1 === null)
    throw new Fault('request.conflict', 'this one was uploaded');
  const opened = await parts.connections.client(connectionId);
  const file = await parts.files.receive(totalBytes);
  running.set(row.package_id, () => ({ doneBytes: file.doneBytes(), totalBytes }));
  const format = row.format as SentinelOnePackage['format'];
  try {
    const wanted = { vendorPackageId, fileName: row.file_name, format, sizeBytes: totalBytes, sha1 };
    const siteId = await siteToAsk(parts, opened.row);
    await downloadPackage(opened.client, { siteId, wanted, writer: file, signal });
    demandBeginning(format, file.first());
    const stored = await file.keep();
    const ready = {
      state: 'ready',
      sha256: stored.sha256,
      size_bytes: stored.sizeBytes,
      problem: null,
      ready_at: parts.clock.now(),
      fetching_until: null,
    };
    await publishPackages(parts, async (db) => {
      for (const other of await listPackages(db))
        if (isSibling(row, other)) await changePackage(db, other.package_id, ready);
    });
  } catch (error) {
    await file.drop();
    throw error;
  }
}

async function fail(parts: PackageParts, packageId: string, error: unknown): Promise<void> {
  const problem = JSON.stringify(asFault(error).toRecord());
  await parts.store.write((db) => changePackage(db, packageId, { state: 'failed', problem, fetching_until: null }));
  parts.changed();
}

/** Longer than a download may take, its waiting for SentinelOne's pace included. */
const claimMs = 90 * 60_000;

export interface Begun {
  /** Never rejects. */
  readonly finished: Promise<void>;
}

/** Resolves when it has begun, or when another process turns out to be at it. */
export async function startDownload(parts: PackageParts, row: PackageRecord, downloading: Downloading): Promise<Begun> {
  const { package_id: packageId } = row;
  const nowMs = parts.clock.now();
  downloading.running.set(packageId, () => ({ doneBytes: 0, totalBytes: row.size_bytes ?? 0 }));
  const claimed = await parts.store.write((db) => claimPackage(db, packageId, { nowMs, untilMs: nowMs + claimMs }));
  if (!claimed) {
    downloading.running.delete(packageId);
    return { finished: Promise.resolve() };
  }
  const finished = receive(parts, row, downloading)
    .catch((error: unknown) =>
      downloading.signal.aborted
        ? parts.store.write((db) => changePackage(db, packageId, { state: 'offered', fetching_until: null }))
        : fail(parts, packageId, error),
    )
    .finally(() => downloading.running.delete(packageId))
    .then(() => undefined);
  return { finished };
}
