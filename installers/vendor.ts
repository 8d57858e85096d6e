/** What a vendor of protection is to the agent: data and pure functions. The first one is `sentinelone/`. */
import type { WantedApprovals } from '#installers/approvals.ts';
import type { Candidate, VersionPolicy } from '#protocol/assignment.ts';
import type { FaultCode } from '#protocol/codes.ts';
import type { SelectionReport, ProductReport } from '#protocol/report.ts';
import type { Target } from '#protocol/words.ts';
import type {
  Invocation,
  Machine,
  OperatingSystem,
  PackageFormat,
  PackageMetadata,
  PackageState,
  PinnedPublishers,
  ServiceState,
  VendorToolSpec,
} from '#platform/platform.ts';
import type { Probe } from '#platform/inventory.ts';

/** Chosen package, why every other was rejected, and what would help when none was chosen. */
export type Selection = SelectionReport & {
  /** `unsupported`: no version helps on this machine; `none`: another package would. null when one was chosen. */
  readonly failure: { readonly code: FaultCode; readonly detail: string } | null;
};

export interface SelectionInput {
  readonly machine: Machine;
  readonly candidates: readonly Candidate[];
  readonly policy: VersionPolicy;
}

/** How an installer run ended, as seen by the shim, plus the end of its output. */
export interface InstallerExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly output: string;
  /** What the installer wrote into one of the recipe's `exitCodeFiles`, when that is believed; null otherwise. */
  readonly reported: ReportedExit | null;
}

/** An exit code that an installer left in a file. `after-reboot`: it went on by itself after a restart. */
export interface ReportedExit {
  readonly code: number;
  readonly stage: ExitStage;
}

export type ExitStage = 'run' | 'after-reboot';

export type Rung =
  | { readonly kind: 'again'; readonly times: number }
  | { readonly kind: 'after-reboot'; readonly times: number }
  | { readonly kind: 'fresh-download' }
  | { readonly kind: 'changed-arguments'; readonly arguments: readonly string[] }
  | { readonly kind: 'stop' };

/** What an exit means. Evidence only: the device is verified whatever it says. */
export interface ExitMeaning {
  readonly outcome: 'done' | 'done-reboot' | 'already-there' | 'degraded' | 'fault';
  /** What went wrong: set when outcome is `fault` or `degraded` (the product is there, a part of its set-up failed). */
  readonly code: FaultCode | null;
  /** For the timeline: "script of the package ended with 102: leftovers". */
  readonly text: string;
  readonly ladder: readonly Rung[];
}

export interface TokenHandover {
  /** Files to create (0600) in the run's private directory before the start, removed when it ended. */
  readonly files: readonly { readonly name: string; readonly content: string }[];
  /**
   * For installers that take the token by argument only: which of `files` holds what stands for `{token}` there. The
   * shim alone reads it, right before the start, and removes it before anything else happens; null: no argument has one.
   */
  readonly argumentFile: string | null;
  /** Environment of the installer; values may name the files by `{directory}`. Never the token itself. */
  readonly environment: Readonly<Record<string, string>>;
}

/** One way to install one package format. The whole argument list: nothing in an assignment adds to it. */
export interface Recipe {
  readonly format: PackageFormat;
  /**
   * First program that the machine has is used. `{package}` is the verified file, also as program; `{directory}` the
   * run's private directory, `{token}` the site token (`TokenHandover.argumentFile`).
   */
  readonly install: readonly Invocation[];
  /**
   * The one repair of a half-installed package, by what the package database says of it. First program found is used;
   * none: a repair is not tried by this format, and `repairRefusal` says why.
   */
  repair(state: PackageState): readonly Invocation[];
  readonly repairRefusal: string | null;
  /** `run`: the installer wants its files beside the package, so a copy lies in the run's private directory. */
  readonly packageLies: 'cache' | 'run';
  /** Past this we stop waiting and report; the installer is never killed. */
  readonly overdueAfterMs: number;
  readonly freeBytesMin: number;
  /** Logs of the installer to excerpt, absolute paths; a `*` in the last part stands for anything, the newest are taken. */
  readonly logs: readonly string[];
  /** Logs it was told to write into the run's private directory, by name. They may hold the token: read, then removed. */
  readonly runLogs: readonly string[];
  /** Of one log at most this much is read, from its end. */
  readonly logBytesMax: number;
  /** Where the shared logs tell the time: what was written since, by this machine's own clock. */
  since?(log: string, wallMs: number): string;
  /** What of a log is worth keeping for people, a few KB. */
  keep(log: string): string;
  /** Where the installer itself leaves its exit code, the latest stage first. Absolute paths. */
  readonly exitCodeFiles: readonly { readonly path: string; readonly stage: ExitStage }[];
  handOver(token: string): TokenHandover;
  classify(exit: InstallerExit): ExitMeaning;
}

/** Raw answers of the vendor's own tools and the system about the product, as gathered by the agent. */
export interface ProductReadings {
  /** This machine's own wall clock when they were taken, ms since 1970. */
  readonly nowMs: number;
  readonly packageState: Probe<PackageState>;
  readonly services: Probe<readonly ServiceState[]>;
  /** By name of the reading (`Presence.readings`). */
  readonly tools: Readonly<Record<string, Probe<{ readonly code: number | null; readonly stdout: string }>>>;
}

export interface Shortcoming {
  /**
   * `full-disk-access-missing`: it cannot see the files. `extension-unapproved`: what watches processes does not run.
   * `network-extension-unapproved`: the network is not watched. `permission-missing`: a right it can work without.
   * `detect-only`: it reports and stops nothing. `reboot-needed`: it says so itself.
   */
  readonly kind:
    | 'full-disk-access-missing'
    | 'extension-unapproved'
    | 'network-extension-unapproved'
    | 'permission-missing'
    | 'detect-only'
    | 'reboot-needed';
  /** In the product's own words, at most 200 characters. */
  readonly detail: string;
}

export interface ProductFacts extends ProductReport {
  /** The vendor's own status is known and good; connectivity apart, which is `connected`. null: not known. */
  readonly healthy: boolean | null;
  /** Engines that should work and say they do not, for people: "DFI library: Failed". They also make `healthy` false. */
  readonly engineProblems: readonly string[];
  readonly antiTamper: boolean | null;
  /** What keeps a running product from protecting fully, each named by the product itself. */
  readonly shortcomings: readonly Shortcoming[];
  /** A reading failed in a way that says nothing about the product: probe name and fault code. */
  readonly unread: readonly { readonly reading: string; readonly code: string; readonly detail: string }[];
}

export type TokenVerdict =
  | { readonly ok: true; readonly consoleHost: string; readonly siteKeySha256: string }
  | { readonly ok: false; readonly code: FaultCode; readonly detail: string };

/** How the product is recognised and asked on one system. */
export interface Presence {
  /** Linux: package names; Windows: exact DisplayNames of the uninstall entry; macOS: receipt ids. */
  readonly packageNames: readonly string[];
  /** Services and (Windows) drivers, the one that matters most first. */
  readonly services: readonly string[];
  readonly tools: readonly VendorToolSpec[];
  /** What to ask the vendor's tools when the product is there. */
  readonly readings: readonly { readonly name: string; readonly tool: string; readonly args: readonly string[] }[];
  /** macOS: what the product must be allowed; elsewhere nothing. */
  readonly approvals?: WantedApprovals;
  /** Starts an installed product that does not run; once per attempt, in this order. */
  readonly start: readonly StartStep[];
  /** How the file names of the vendor's installer programs begin, lower case: one of them running is not settled. */
  readonly installerPrograms: readonly string[];
}

export type StartStep =
  | { readonly kind: 'tool'; readonly tool: string; readonly args: readonly string[] }
  | { readonly kind: 'service'; readonly service: string };

export interface Vendor {
  readonly id: 'sentinelone';
  readonly name: string;
  presence(os: OperatingSystem): Presence;
  readonly pinned: PinnedPublishers;
  targetOf(machine: Machine): Target | null;
  select(input: SelectionInput): Selection;
  recipe(format: PackageFormat): Recipe | null;
  /** Product, version, architecture and floor of the file's own metadata against what was assigned; null when all hold. */
  judgePackage(
    candidate: Candidate,
    metadata: PackageMetadata,
  ): { readonly code: FaultCode; readonly detail: string } | null;
  /**
   * `sha256` (hex over UTF-8) is injected: the raw site key is a secret and leaves only as a hash. A failed package look
   * reads as `present` with `packageState` among `unread`, so that nothing is ever installed on top of what was not seen.
   */
  readProduct(os: OperatingSystem, readings: ProductReadings, sha256: (text: string) => string): ProductFacts;
  /** Checks shape, host (against the pinned ones) and site of a token before it goes anywhere. `sha256` is injected. */
  judgeToken(token: string, expected: TokenExpectation): TokenVerdict;
}

export interface TokenExpectation {
  readonly consoleHost: string;
  readonly siteKeySha256: string;
  readonly vendorHosts: readonly string[];
  sha256(text: string): string;
}
