import type { Inventory } from '#platform/inventory.ts';
import type { FindingState } from '#installers/antivirus/state.ts';

/** One machine, and everything that must be said about it under the default policy. */
export interface Situation {
  readonly id: string;
  readonly what: string;
  readonly inventory: Inventory;
  /** Product ids that keep the installation away. */
  readonly blocking: readonly string[];
  /** All findings with their states, looks that failed included. */
  readonly findings: Readonly<Record<string, FindingState>>;
  readonly guards?: readonly string[];
}
