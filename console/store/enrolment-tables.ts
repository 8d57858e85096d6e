/** Rows of how devices come in and leave; conventions as in `tables.ts`. */

export interface InstallScriptTable {
  /** Hex. */
  sha256: string;
  text: string;
  made_at: number;
}

export interface EnrolmentTables {
  install_scripts: InstallScriptTable;
}
