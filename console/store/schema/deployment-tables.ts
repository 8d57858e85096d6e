/** Rows of the brake on installing; see `tables.ts` for how values are kept. */

export interface DeploymentTable {
  organisation_id: string;
  /** Of the last start; slots of an earlier one have ended. */
  deployment_id: string;
  state: string;
  started_at: number;
  started_by: string;
  at_once_max: number;
  starts_max: number | null;
  limit_percent: number | null;
  halt_percent: number;
  halt_failures_min: number;
  servers_last: number;
  start_minute: number | null;
  end_minute: number | null;
  /** Counters over `install_slots`, changed with them in one transaction. */
  under_way: number;
  started: number;
  done: number;
  failed: number;
  done_before: number;
  failed_before: number;
  halted_at: number | null;
  halt_cause: string | null;
}

/** The right of one device to start an install. */
export interface InstallSlotTable {
  device_id: string;
  organisation_id: string;
  deployment_id: string;
  kind: string;
  /** open · done · failed · released (never used, counts nowhere) */
  state: string;
  given_at: number;
  /** When a site token was handed out with it: from then on an install may have started. */
  token_at: number | null;
  changed_at: number;
  cause: string | null;
}

/** What another system calls an organisation, so that the same list can be read again. */
interface OutsideIdTable {
  outside_id: string;
  organisation_id: string;
}

export interface DeploymentTables {
  outside_ids: OutsideIdTable;
  deployments: DeploymentTable;
  install_slots: InstallSlotTable;
}
