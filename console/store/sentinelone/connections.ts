/** SentinelOne consoles and their sites as read last. They belong to no organisation; mappings tie them to one. */
import type { Selectable, Updateable } from 'kysely';
import type { Db } from '#console/store/store.ts';
import type { ConnectionTable } from '#console/store/schema/connection-tables.ts';
import type { SiteTable } from '#console/store/schema/tables.ts';

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

/** Until the end of the transaction nobody else writes what SentinelOne said of this connection. */
export async function holdConnection(db: Db, connectionId: string): Promise<void> {
  await db
    .updateTable('connections')
    .set((row) => ({ name: row.ref('name') }))
    .where('connection_id', '=', connectionId)
    .execute();
}

/** The right to read the agents now, alone; false: they were read since `beforeMs`, by whichever process. */
export async function claimAgentsRead(
  db: Db,
  connectionId: string,
  times: { readonly nowMs: number; readonly beforeMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('connections')
    .set({ agents_read_at: times.nowMs })
    .where('connection_id', '=', connectionId)
    .where((row) => row.or([row('agents_read_at', 'is', null), row('agents_read_at', '<=', times.beforeMs)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function changeConnection(
  db: Db,
  connectionId: string,
  change: Updateable<ConnectionTable>,
): Promise<void> {
  await db.updateTable('connections').set(change).where('connection_id', '=', connectionId).execute();
}

/** Starts of downloads so far; until the end of the transaction no other process takes one. */
export async function lockDownloads(db: Db, connectionId: string): Promise<string | null> {
  const row = await db
    .updateTable('connections')
    .set((column) => ({ download_starts: column.ref('download_starts') }))
    .where('connection_id', '=', connectionId)
    .returning('download_starts')
    .executeTakeFirst();
  return row?.download_starts ?? null;
}

/** Changes a row only while `expected` still holds; answers whether it did. One of several processes wins. */
export async function changeConnectionWhile(
  db: Db,
  expected: Pick<ConnectionRow, 'connection_id'> & Partial<Pick<ConnectionRow, 'token_sealed' | 'token_next_sealed'>>,
  change: Updateable<ConnectionTable>,
): Promise<boolean> {
  let query = db.updateTable('connections').set(change).where('connection_id', '=', expected.connection_id);
  if (expected.token_sealed !== undefined) query = query.where('token_sealed', '=', expected.token_sealed);
  if (typeof expected.token_next_sealed === 'string')
    query = query.where('token_next_sealed', '=', expected.token_next_sealed);
  const result = await query.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The right to renew the API token alone, for a while; false: another process has it, or the token is another one. */
export async function claimRenewal(
  db: Db,
  row: Pick<ConnectionRow, 'connection_id' | 'token_sealed'>,
  times: { readonly nowMs: number; readonly untilMs: number },
): Promise<boolean> {
  const result = await db
    .updateTable('connections')
    .set({ renewing_until: times.untilMs })
    .where('connection_id', '=', row.connection_id)
    .where('token_sealed', '=', row.token_sealed)
    .where('token_next_sealed', 'is', null)
    .where((where) => where.or([where('renewing_until', 'is', null), where('renewing_until', '<=', times.nowMs)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
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

export async function addSite(db: Db, row: SiteRow): Promise<void> {
  const { connection_id: _c, site_id: _s, ...rest } = row;
  await db
    .insertInto('sites')
    .values(row)
    .onConflict((conflict) => conflict.columns(['connection_id', 'site_id']).doUpdateSet(rest))
    .execute();
}

/** Sites that are gone from the list are kept as deleted while a mapping names them, and forgotten otherwise. */
export async function replaceSites(db: Db, connectionId: string, rows: readonly SiteRow[]): Promise<void> {
  await holdConnection(db, connectionId);
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
