/** Sign-ins that are under way at the single sign-on provider. Asked before anybody is known, so these take no scope. */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { SignOnFlowTable } from '#console/store/schema/operator-tables.ts';
import type { Db } from '#console/store/store.ts';

export type SignOnFlowRow = Selectable<SignOnFlowTable>;

export async function signOnMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table sign_on_flows (flow_sha256 text not null, secrets_sealed text not null, provider_sha256 text not null,
       session_sha256 text, address text not null, started_at bigint not null, primary key (flow_sha256))`,
    )
    .execute(db);
  await sql.raw('create index sign_on_flows_by_age on sign_on_flows (started_at)').execute(db);
}

/** How many of one address are under way. */
export async function countFlowsFrom(db: Db, address: string): Promise<number> {
  const row = await db
    .selectFrom('sign_on_flows')
    .select((one) => one.fn.countAll<number>().as('how_many'))
    .where('address', '=', address)
    .executeTakeFirstOrThrow();
  return Number(row.how_many);
}

/** `keep`: at most so many; the oldest go, so that a flood cannot keep anybody out. */
export async function addFlow(
  db: Db,
  row: SignOnFlowRow,
  limits: { readonly lifeMs: number; readonly keep: number },
): Promise<void> {
  await db
    .deleteFrom('sign_on_flows')
    .where('started_at', '<=', row.started_at - limits.lifeMs)
    .execute();
  const last = await db
    .selectFrom('sign_on_flows')
    .select('flow_sha256')
    .orderBy('started_at', 'desc')
    .offset(limits.keep - 1)
    .limit(1_000_000)
    .execute();
  const ids = last.map((one) => one.flow_sha256);
  if (ids.length > 0) await db.deleteFrom('sign_on_flows').where('flow_sha256', 'in', ids).execute();
  await db.insertInto('sign_on_flows').values(row).execute();
}

export async function findFlow(db: Db, flowSha256: string): Promise<SignOnFlowRow | null> {
  const row = await db.selectFrom('sign_on_flows').selectAll().where('flow_sha256', '=', flowSha256).executeTakeFirst();
  return row ?? null;
}

/** True for exactly one of those who ask, in whichever process. */
export async function takeFlow(db: Db, flowSha256: string): Promise<boolean> {
  const result = await db.deleteFrom('sign_on_flows').where('flow_sha256', '=', flowSha256).executeTakeFirst();
  return result.numDeletedRows === 1n;
}

/** After a restore, and when another provider is set. */
export async function removeFlows(db: Db): Promise<void> {
  await db.deleteFrom('sign_on_flows').execute();
}
