/** Vendor files. They belong to no organisation: whoever may see packages sees all of them. */
import type { Selectable, Updateable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { PackageTable } from '#console/store/tables.ts';

export type PackageRecord = Selectable<PackageTable>;

export async function listPackages(db: Db): Promise<PackageRecord[]> {
  return db.selectFrom('packages').selectAll().orderBy('target').limit(2000).execute();
}

export async function readyPackages(db: Db): Promise<PackageRecord[]> {
  return db.selectFrom('packages').selectAll().where('state', '=', 'ready').orderBy('package_id').limit(500).execute();
}

export async function findPackage(db: Db, packageId: string): Promise<PackageRecord | null> {
  const row = await db.selectFrom('packages').selectAll().where('package_id', '=', packageId).executeTakeFirst();
  return row ?? null;
}

export async function addPackage(db: Db, row: PackageRecord): Promise<void> {
  await db.insertInto('packages').values(row).execute();
}

export async function changePackage(db: Db, packageId: string, change: Updateable<PackageTable>): Promise<void> {
  await db.updateTable('packages').set(change).where('package_id', '=', packageId).execute();
}

export async function removePackage(db: Db, packageId: string): Promise<void> {
  await db.deleteFrom('packages').where('package_id', '=', packageId).execute();
}
