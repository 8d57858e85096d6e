import { sql, type Kysely } from 'kysely';

/** How far a version of the agent has got in an organisation; counters are sums over `agent_updates`. */
export interface AgentRolloutTable {
  organisation_id: string;
  rollout_id: string;
  version: string;
  /** SHA-256 of the signed manifest that devices are told. */
  manifest: string;
  /** 1: an operator agreed to an older version. */
  downgrade: number;
  state: string;
  /** JSON, `rolloutPlanSchema`. */
  plan: string;
  step: number;
  started_at: number;
  started_by: string;
  /** Of what had ended when somebody last approved to go on. */
  done_before: number;
  failed_before: number;
  halt_cause: string | null;
}

/** One device's part in it. */
export interface AgentUpdateTable {
  rollout_id: string;
  device_id: string;
  organisation_id: string;
  version: string;
  /** ordered · done · failed · inconclusive */
  state: string;
  ordered_at: number;
  ended_at: number | null;
  /** JSON of a fault. */
  fault: string | null;
}

export interface AgentRolloutTables {
  agent_rollouts: AgentRolloutTable;
  agent_updates: AgentUpdateTable;
}

export async function agentRolloutsMigration(db: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create table agent_rollouts (organisation_id text not null primary key, rollout_id text not null,
        version text not null, manifest text not null, downgrade bigint not null, state text not null, plan text not null,
        step bigint not null, started_at bigint not null, started_by text not null, done_before bigint not null,
        failed_before bigint not null, halt_cause text)`,
    )
    .execute(db);
  await sql
    .raw(
      `create table agent_updates (rollout_id text not null, device_id text not null, organisation_id text not null,
        version text not null, state text not null, ordered_at bigint not null, ended_at bigint, fault text,
        primary key (rollout_id, device_id))`,
    )
    .execute(db);
  await sql.raw('create index agent_updates_by_device on agent_updates (device_id, ordered_at)').execute(db);
}
