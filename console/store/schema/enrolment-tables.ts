/** Rows of how devices come in and leave; conventions as in `tables.ts`. */

export interface InstallScriptTable {
  /** Hex. */
  sha256: string;
  text: string;
  made_at: number;
}

export interface OffboardingTable {
  offboarding_id: string;
  organisation_id: string;
  /** running · cancelled · done */
  state: string;
  /** 1: the agent switches its own service off, too. */
  remove_service: number;
  /** Orders given in an hour. */
  per_hour_max: number;
  /** When it began. */
  devices: number;
  started_at: number;
  started_by: string;
  ended_at: number | null;
  ended_by: string | null;
}

export interface LeaveOrderTable {
  offboarding_id: string;
  device_id: string;
  /** The last time, if it had to be given again. */
  ordered_at: number;
}

export interface EnrolmentTables {
  offboardings: OffboardingTable;
  leave_orders: LeaveOrderTable;
  install_scripts: InstallScriptTable;
}
