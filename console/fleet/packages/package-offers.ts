/** What a SentinelOne console lists, as rows. */
import { asFault } from '#protocol/codes.ts';
import { baselineVersions } from '#installers/sentinelone/packages.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import type { PackageParts } from '#console/fleet/packages/package-cache.ts';
import { listPackages as askForPackages } from '#console/sentinelone/packages.ts';
import type { SentinelOnePackage } from '#console/sentinelone/package-rows.ts';
import {
  holdConnection,
  changeConnection,
  listConnections,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';
import { addPackage, changePackage, listPackages, removePackage } from '#console/store/sentinelone/packages.ts';
import type { Db } from '#console/store/store.ts';

/** Newest versions of each target and format that are shown, besides the tested one. */
const newestShown = 6;

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

function offeredRow(connectionId: string, one: SentinelOnePackage) {
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
    state: 'offered',
    listed: 1,
  };
}

/**
 * New offers are added; vanished ones that were never fetched are dropped, fetched ones stay as no longer listed. A file
 * that covers several targets has a row for each.
 */
async function takeOffers(
  db: Db,
  connectionId: string,
  offers: readonly SentinelOnePackage[],
  listed: ReadonlySet<string>,
): Promise<void> {
  const known = (await listPackages(db)).filter((row) => row.connection_id === connectionId);
  const keyOf = (vendorId: string | null, target: string): string => `${vendorId} ${target}`;
  const offered = new Set(offers.map((one) => keyOf(one.vendorPackageId, one.target)));
  const here = new Set(known.map((row) => keyOf(row.vendor_package_id, row.target)));
  for (const row of known) {
    const stillListed = listed.has(row.vendor_package_id ?? '') ? 1 : 0;
    const gone = row.state === 'offered' && !offered.has(keyOf(row.vendor_package_id, row.target));
    if (gone) await removePackage(db, row.package_id);
    else if (row.listed !== stillListed) await changePackage(db, row.package_id, { listed: stillListed });
  }
  for (const one of offers) {
    if (!here.has(keyOf(one.vendorPackageId, one.target))) await addPackage(db, offeredRow(connectionId, one));
  }
}

async function refreshOne(parts: PackageParts, row: ConnectionRow, signal: AbortSignal): Promise<void> {
  const { client } = await parts.connections.client(row.connection_id);
  const list = await askForPackages(client, parts.connections.scopeOf(row), signal);
  const offers = worthShowing(list.packages);
  const listed = new Set(list.packages.map((one) => one.vendorPackageId));
  await parts.store.write(async (db) => {
    await holdConnection(db, row.connection_id);
    await takeOffers(db, row.connection_id, offers, listed);
    const change = { packages_read_at: parts.clock.now(), packages_problem: null };
    await changeConnection(db, row.connection_id, change);
  });
}

/** Reads the list of every connection; one that fails keeps its old rows, and says why. */
export async function readOffers(parts: PackageParts, signal: AbortSignal): Promise<void> {
  for (const row of await listConnections(parts.store.read)) {
    await refreshOne(parts, row, signal).catch(async (error: unknown) => {
      if (signal.aborted) return;
      const problem = JSON.stringify(asFault(error).toRecord());
      await parts.store.write((db) => changeConnection(db, row.connection_id, { packages_problem: problem }));
    });
    if (signal.aborted) return;
  }
  parts.changed();
}
