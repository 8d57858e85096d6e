/** Vendor packages: what SentinelOne offers, what is here, what an administrator brought. */
import type { Readable } from 'node:stream';
import { asFault, Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { targets, type Target } from '#protocol/words.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { Clock } from '#console/context.ts';
import type { Connections } from '#console/fleet/connections.ts';
import { newId } from '#console/fleet/enrolment.ts';
import type { PackageFiles } from '#console/fleet/package-files.ts';
import { demandBeginning, readFileName } from '#console/fleet/package-rules.ts';
import { downloadPackage } from '#console/sentinelone/download.ts';
import { listPackages as askForPackages } from '#console/sentinelone/packages.ts';
import type { SentinelOnePackage } from '#console/sentinelone/package-rows.ts';
import { changeConnection, listConnections, listSitesOf, type ConnectionRow } from '#console/store/connections.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';
import {
  addPackage,
  changePackage,
  findPackage,
  listPackages,
  removePackage,
  type PackageRecord,
} from '#console/store/packages.ts';
import type { Db, Store } from '#console/store/store.ts';

/** Newest versions of each target and format that are shown, besides the tested one. */
const newestShown = 6;

export interface PackageParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly connections: Connections;
  readonly files: PackageFiles;
  /** Something changed that the page or devices should see. */
  changed(): void;
}

export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface PackageCache {
  /** Reads the list of every connection; a failing one keeps its old rows and its problem. One at a time. */
  refresh(): Promise<void>;
  /** Starts the download unless it runs or is done. Resolves when it has begun; `finished` when it is over. */
  fetch(packageId: string): Promise<{ readonly finished: Promise<void> }>;
  upload(target: Target, fileName: string, body: Readable): Promise<PackageRecord>;
  progress(packageId: string): Progress | null;
  /** After a start: downloads that a crash cut off are offered again. */
  recover(): Promise<void>;
}

const scope = consoleScope('packages');

function worthShowing(all: readonly SentinelOnePackage[]): SentinelOnePackage[] {
  const shown = new Map<string, number>();
  return all.filter((one) => {
    if (one.version === baselineVersions[one.target]) return true;
    const key = `${one.target} ${one.format} ${one.release}`;
    const count = (shown.get(key) ?? 0) + 1;
    shown.set(key, count);
    return count <= newestShown;
  });
}

function offeredRow(connectionId: string, one: SentinelOnePackage): PackageRecord {
  return {
    package_id: newId('pkg'),
    connection_id: connectionId,
    vendor_package_id: one.vendorPackageId,
    target: one.target,
    format: one.format,
    version: one.version,
    source: one.version === baselineVersions[one.target] ? 'baseline' : 'vendor',
    release: one.release,
    file_name: one.fileName,
    size_bytes: one.sizeBytes,
    sha1: one.sha1,
    sha256: null,
    state: 'offered',
    problem: null,
    ready_at: null,
  };
}

/** New offers are added, vanished ones that were never fetched are dropped. A file that covers several targets has a row for each. */
async function takeOffers(db: Db, connectionId: string, offers: readonly SentinelOnePackage[]): Promise<void> {
  const known = (await listPackages(db)).filter((row) => row.connection_id === connectionId);
  const keyOf = (vendorId: string | null, target: string): string => `${vendorId} ${target}`;
  const offered = new Set(offers.map((one) => keyOf(one.vendorPackageId, one.target)));
  const here = new Set(known.map((row) => keyOf(row.vendor_package_id, row.target)));
  for (const row of known) {
    const gone = row.state === 'offered' && !offered.has(keyOf(row.vendor_package_id, row.target));
    if (gone) await removePackage(db, row.package_id);
  }
  for (const one of offers) {
    if (!here.has(keyOf(one.vendorPackageId, one.target))) await addPackage(db, offeredRow(connectionId, one));
  }
}

async function refreshOne(parts: PackageParts, row: ConnectionRow): Promise<void> {
  const { client } = await parts.connections.client(row.connection_id);
  const list = await askForPackages(client, parts.connections.scopeOf(row));
  const offers = worthShowing(list.packages);
  await parts.store.write(async (db) => {
    await takeOffers(db, row.connection_id, offers);
    await changeConnection(db, row.connection_id, { packages_read_at: parts.clock.now() });
  });
}

/** Every organisation's devices may now get another package. */
async function publish(parts: PackageParts, work: (db: Db) => Promise<void>): Promise<void> {
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

type Running = Map<string, () => Progress>;

async function download(parts: PackageParts, row: PackageRecord, running: Running): Promise<void> {
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
    await downloadPackage(opened.client, { siteId, wanted, writer: file });
    demandBeginning(format, file.first());
    const stored = await file.keep();
    const ready = {
      state: 'ready',
      sha256: stored.sha256,
      size_bytes: stored.sizeBytes,
      problem: null,
      ready_at: parts.clock.now(),
    };
    await publish(parts, (db) => changePackage(db, row.package_id, ready));
  } catch (error) {
    await file.drop();
    throw error;
  }
}

async function fail(parts: PackageParts, packageId: string, error: unknown): Promise<void> {
  const problem = JSON.stringify(asFault(error).toRecord());
  await parts.store.write((db) => changePackage(db, packageId, { state: 'failed', problem }));
  parts.changed();
}

async function upload(parts: PackageParts, target: Target, fileName: string, body: Readable): Promise<PackageRecord> {
  const { format, version } = readFileName(target, fileName);
  const file = await parts.files.receive(0);
  try {
    for await (const chunk of body) await file.write(chunk as Uint8Array);
    demandBeginning(format, file.first());
    const stored = await file.keep();
    const row: PackageRecord = {
      package_id: newId('pkg'),
      connection_id: null,
      vendor_package_id: null,
      target,
      format,
      version,
      source: 'upload',
      release: 'ga',
      file_name: fileName,
      size_bytes: stored.sizeBytes,
      sha1: stored.sha1,
      sha256: stored.sha256,
      state: 'ready',
      problem: null,
      ready_at: parts.clock.now(),
    };
    await publish(parts, (db) => addPackage(db, row));
    return row;
  } catch (error) {
    await file.drop();
    throw error;
  }
}

async function refreshAll(parts: PackageParts): Promise<void> {
  for (const row of await listConnections(parts.store.read)) {
    await refreshOne(parts, row).catch(async (error: unknown) => {
      const problem = JSON.stringify(asFault(error).toRecord());
      await parts.store.write((db) => changeConnection(db, row.connection_id, { problem }));
    });
  }
  parts.changed();
}

export function createPackageCache(parts: PackageParts): PackageCache {
  const running: Running = new Map();
  let refreshing: Promise<void> | null = null;
  return {
    refresh() {
      refreshing ??= refreshAll(parts).finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
    async fetch(packageId) {
      const row = await findPackage(parts.store.read, packageId);
      if (row === null) throw new Fault('not-found', 'there is no such package');
      if (running.has(packageId) || row.state === 'ready') return { finished: Promise.resolve() };
      if (row.connection_id === null)
        throw new Fault('request.conflict', 'this package was not offered by SentinelOne');
      if ((row.size_bytes ?? 0) > limits.packageBytesMax)
        throw new Fault('file.too-large', 'larger than a package may be');
      running.set(packageId, () => ({ doneBytes: 0, totalBytes: row.size_bytes ?? 0 }));
      await parts.store.write((db) => changePackage(db, packageId, { state: 'fetching', problem: null }));
      const finished = download(parts, row, running)
        .catch((error: unknown) => fail(parts, packageId, error))
        .finally(() => running.delete(packageId));
      return { finished };
    },
    upload: (target, fileName, body) => upload(parts, target, fileName, body),
    progress: (packageId) => running.get(packageId)?.() ?? null,
    async recover() {
      const cut = (await listPackages(parts.store.read)).filter((row) => row.state === 'fetching');
      for (const row of cut) await parts.store.write((db) => changePackage(db, row.package_id, { state: 'offered' }));
    },
  };
}

/** Every target, for lists that must be complete. */
export const allTargets: readonly Target[] = targets;
