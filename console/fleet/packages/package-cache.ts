/** Vendor packages: what SentinelOne offers, what is here, what an administrator brought. */
import type { Readable } from 'node:stream';
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { targets, type Target } from '#protocol/words.ts';
import type { Clock } from '#console/context.ts';
import type { Connections } from '#console/fleet/connections/connections.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import {
  publishPackages,
  startDownload,
  type Begun,
  type Downloading,
} from '#console/fleet/packages/package-download.ts';
import type { PackageFiles } from '#console/fleet/packages/package-files.ts';
import { readOffers } from '#console/fleet/packages/package-offers.ts';
import { demandBeginning, readFileName } from '#console/fleet/packages/package-rules.ts';
import {
  addPackage,
  changePackage,
  findPackage,
  listPackages,
  releasePackages,
  removePackage,
  type PackageRecord,
} from '#console/store/sentinelone/packages.ts';
import type { Store } from '#console/store/store.ts';

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
  fetch(packageId: string): Promise<Begun>;
  upload(target: Target, fileName: string, body: Readable): Promise<PackageRecord>;
  progress(packageId: string): Progress | null;
  /** Takes the file away; a row that SentinelOne lists stays as an offer. */
  remove(packageId: string): Promise<void>;
  space(): Promise<{ readonly usedBytes: number; readonly maxBytes: number }>;
  /** After a start: downloads that a crash cut off are offered again. */
  recover(): Promise<void>;
  /** Ends what runs and waits for it; a download cut off so is offered again. */
  close(): Promise<void>;
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
      listed: null,
      fetching_until: null,
    };
    await publishPackages(parts, (db) => addPackage(db, row));
    return row;
  } catch (error) {
    await file.drop();
    throw error;
  }
}

async function start(parts: PackageParts, packageId: string, downloading: Downloading): Promise<Begun> {
  const row = await findPackage(parts.store.read, packageId);
  if (row === null) throw new Fault('not-found', 'there is no such package');
  if (downloading.running.has(packageId) || row.state === 'ready') return { finished: Promise.resolve() };
  if (row.connection_id === null) throw new Fault('request.conflict', 'this package was not offered by SentinelOne');
  if ((row.size_bytes ?? 0) > limits.packageBytesMax) throw new Fault('file.too-large', 'larger than a package may be');
  return startDownload(parts, row, downloading);
}

async function remove(parts: PackageParts, packageId: string): Promise<void> {
  const row = await findPackage(parts.store.read, packageId);
  if (row === null) throw new Fault('not-found', 'there is no such package');
  if (row.state === 'fetching') throw new Fault('request.conflict', 'it is being fetched');
  const again = { state: 'offered', sha256: null, ready_at: null, problem: null };
  await publishPackages(parts, async (db) => {
    if (row.listed === 1) await changePackage(db, packageId, again);
    else await removePackage(db, packageId);
  });
  const rows = await listPackages(parts.store.read);
  if (row.sha256 !== null && !rows.some((one) => one.sha256 === row.sha256)) await parts.files.remove(row.sha256);
}

export function createPackageCache(parts: PackageParts): PackageCache {
  const ending = new AbortController();
  const downloading: Downloading = { running: new Map(), signal: ending.signal };
  const underWay = new Set<Promise<void>>();
  let refreshing: Promise<void> | null = null;
  return {
    refresh() {
      refreshing ??= readOffers(parts, ending.signal).finally(() => {
        refreshing = null;
      });
      return refreshing;
    },
    async fetch(packageId) {
      const { finished } = await start(parts, packageId, downloading);
      underWay.add(finished);
      void finished.finally(() => underWay.delete(finished));
      return { finished };
    },
    upload: (target, fileName, body) => upload(parts, target, fileName, body),
    remove: (packageId) => remove(parts, packageId),
    space: () => parts.files.space(),
    progress: (packageId) => downloading.running.get(packageId)?.() ?? null,
    recover: () => {
      // A database file has one process, and that has just started: whatever was fetching died with the last one.
      const nowMs = parts.store.kind === 'sqlite' ? Number.MAX_SAFE_INTEGER : parts.clock.now();
      return parts.store.write((db) => releasePackages(db, nowMs));
    },
    async close() {
      ending.abort();
      await Promise.allSettled([...underWay, refreshing ?? Promise.resolve()]);
    },
  };
}

/** Every target, for lists that must be complete. */
export const allTargets: readonly Target[] = targets;
