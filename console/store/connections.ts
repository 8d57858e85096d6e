/** SentinelOne consoles and their sites as read last. They belong to no organisation; mappings tie them to one. */
import type { Selectable, Updateable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { ConnectionTable, SiteTable } from '#console/store/tables.ts';

export type ConnectionRow = Selectable<ConnectionTable>;
export type SiteRow = Selectable<SiteTable>;

export async function listConnections(db: Db): Promise<ConnectionRow[]> {
  return db.selectFrom('connections').selectAll().orderBy('created_at').limit(500).execute();
}

export async function findConnection(db: Db, connectionId: string): Promise<ConnectionRow | null> {
  const row = await db
    .selectFrom('connections')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .executeTakeFirst();
  return row ?? null;
}

export async function addConnection(db: Db, row: ConnectionRow): Promise<void> {
  await db.insertInto('connections').values(row).execute();
}

export async function changeConnection(
  db: Db,
  connectionId: string,
  change: Updateable<ConnectionTable>,
): Promise<void> {
  await db.updateTable('connections').set(change).where('connection_id', '=', connectionId).execute();
}

export async function listSitesOf(db: Db, connectionId: string | null): Promise<SiteRow[]> {
  let query = db.selectFrom('sites').selectAll().orderBy('name').limit(5000);
  if (connectionId !== null) query = query.where('connection_id', '=', connectionId);
  return query.execute();
}

export async function findSite(db: Db, connectionId: string, siteId: string): Promise<SiteRow | null> {
  const row = await db
    .selectFrom('sites')
    .selectAll()
    .where('connection_id', '=', connectionId)
    .where('site_id', '=', siteId)
    .executeTakeFirst();
  return row ?? null;
}

/** Sites that are gone from the list are kept as deleted while a mapping names them, and forgotten otherwise. */
export async function replaceSites(db: Db, connectionId: string, rows: readonly SiteRow[]): Promise<void> {
  const mapped = await db.selectFrom('mappings').select('site_id').where('connection_id', '=', connectionId).execute();
  const before = await listSitesOf(db, connectionId);
  const named = new Set(mapped.map((row) => row.site_id));
  const present = new Set(rows.map((row) => row.site_id));
  const lost = before.filter((row) => !present.has(row.site_id) && named.has(row.site_id));
  await db.deleteFrom('sites').where('connection_id', '=', connectionId).execute();
  for (const row of [...rows, ...lost.map((one) => ({ ...one, state: 'deleted' }))]) {
    await db.insertInto('sites').values(row).execute();
  }
}
