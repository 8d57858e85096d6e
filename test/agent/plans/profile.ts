/** A machine as an administrator knows it, and what is on it. */
import { readFileSync } from 'node:fs';
import type { Inventory, Probe } from '#platform/inventory.ts';
import type { Machine, OperatingSystem, PackageState, ServiceState } from '#platform/platform.ts';
import type { AntivirusPolicy, Candidate, VersionPolicy } from '#protocol/assignment.ts';

export interface Profile {
  /** Name of its files below `test/fixtures/plans/`. */
  readonly name: string;
  /** What the right answer is, in a sentence: printed at the head of the text, and what a reviewer checks. */
  readonly right: string;
  readonly machine: Partial<Machine> & { readonly os: OperatingSystem };
  readonly inventory?: Partial<Inventory>;
  readonly pendingReboot?: boolean;
  readonly freeBytes?: number;
  /** Of the vendor's package; default: absent. */
  readonly packageState?: PackageState;
  readonly services?: readonly ServiceState[];
  /** Answers of the vendor's control program, by its arguments. */
  readonly tools?: Readonly<Record<string, string>>;
  /** null: nobody has told the agent what to install. */
  readonly wanted?: {
    readonly versionPolicy?: VersionPolicy;
    /** Of the mapped site; default: the one of the in-memory console. */
    readonly consoleHost?: string;
    readonly antivirus?: Partial<AntivirusPolicy>;
    /** Besides the tested version of every target. */
    readonly alsoHeld?: readonly Candidate[];
  } | null;
}

/** An answer of the vendor's own program, from the recordings of its health tests. */
export function recorded(name: string): string {
  return readFileSync(new URL(`../../fixtures/sentinelone/${name}`, import.meta.url), 'utf8');
}

export const ok = <T>(value: T): Probe<T> => ({ status: 'ok', value });
