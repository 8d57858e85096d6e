/** What the agent observed, in groups, each with its age. Measured, never remembered. Types only. */
import type { Conflict } from '#protocol/state.ts';
import type { HostCheck, LockHolder, Machine } from '#platform/platform.ts';
import type { Probe } from '#platform/inventory.ts';
import type { ProductFacts, Selection } from '#installers/vendor.ts';

/** `observedAtMs` is monotonic: a clock that jumps makes nothing younger. */
export interface Aged<T> {
  readonly observedAtMs: number;
  readonly value: T;
}

export interface AntivirusFacts {
  readonly blocking: readonly Conflict[];
  readonly reported: readonly Conflict[];
  readonly unknown: readonly { readonly probe: string; readonly detail: string; readonly waived: boolean }[];
}

/** Where the assigned package stands on this device. */
export type PackageFacts =
  | { readonly status: 'none' }
  | { readonly status: 'absent' }
  /** Its digest, signature and metadata were verified once; they are verified again right before it runs. */
  | { readonly status: 'ready'; readonly file: string };

/** Where the open attempt's installer run stands, read from its directory. */
export type RunFacts =
  | { readonly status: 'none' }
  /** Launched, no claim yet. `overdue`: for so long that its shim will not come. */
  | { readonly status: 'unclaimed'; readonly overdue: boolean }
  | { readonly status: 'running'; readonly forMs: number }
  /** `known`: the shim recorded the exit. Otherwise it died or the machine restarted in between. */
  | {
      readonly status: 'ended';
      readonly known: boolean;
      readonly code: number | null;
      readonly signal: string | null;
      readonly refused: string | null;
    };

export interface Settledness {
  readonly settled: boolean;
  /** What is still going on: "apt-get (812)", "5 minutes after a restart". */
  readonly holder: string | null;
  /** Nothing is seen to go on: only the quiet minutes after a restart are not over yet. */
  readonly quietOnly?: boolean;
}

export interface Facts {
  readonly machine: Aged<Machine>;
  readonly product: Aged<ProductFacts>;
  readonly antivirus: Aged<AntivirusFacts>;
  readonly selection: Aged<Selection> | null;
  readonly package: PackageFacts;
  readonly run: RunFacts;
  readonly locks: Aged<Probe<readonly LockHolder[]>> | null;
  readonly freeBytes: Aged<Probe<number>>;
  readonly settled: Settledness;
  /** Since the machine started; sleep included. */
  readonly uptimeMs: number;
  /** The system waits for a restart, whoever asked for it. Told to people; an installer that minds it says so itself. */
  readonly pendingReboot: Aged<Probe<boolean>> | null;
  readonly vendorHost: Aged<HostCheck> | null;
}
