/**
 * The operating system as one value. Everything the agent learns from or does to a machine goes through here,
 * so that the same daemon runs on a real host and on the in-memory one of `test/worlds/host`.
 */
import type { Directory, Files } from '#platform/files.ts';
import type { Hardware } from '#platform/hardware.ts';
import type { Inventory, InventoryQuery, Probe } from '#platform/inventory.ts';

export type OperatingSystem = 'linux' | 'macos' | 'windows';
export type Architecture = 'x64' | 'x86' | 'arm64' | 'other';
export type PackageFormat = 'exe' | 'msi' | 'pkg' | 'deb' | 'rpm';

/** What the machine is, not what this process is: a 32-bit process on 64-bit Windows reports `x64`. */
export interface Machine {
  readonly os: OperatingSystem;
  /** For people: "Debian GNU/Linux 12 (bookworm)". */
  readonly name: string;
  /** Kernel or OS version as numbers and dots: "12", "9.4", "10.0.22631", "15.3". */
  readonly version: string;
  readonly architecture: Architecture;
  readonly product: 'client' | 'server';
  /** Formats this machine can install, preferred first; empty when none can be told. */
  readonly formats: readonly PackageFormat[];
  /** Linux: ID and ID_LIKE of os-release, lower case. */
  readonly distribution: { readonly id: string; readonly like: readonly string[] } | null;
  /** ostree and other systems whose /usr cannot be written by a package. */
  readonly imageBased: boolean;
  /** null where it does not apply (not x86) or could not be read. */
  readonly sse42: boolean | null;
  readonly memoryBytes: number;
  readonly hostname: string;
  readonly virtualisation: string | null;
  /** SHA-256 (hex) over the OS's own machine id and hardware ids; changes when an image is cloned. */
  readonly fingerprint: string;
  /** Identifies one boot; two readings differ exactly when the machine restarted in between. */
  readonly bootId: string;
}

export interface Clock {
  /** Wall clock, ms since 1970. May jump. */
  now(): number;
  /** Monotonic ms since an arbitrary start of this boot, sleep included. Never goes back. */
  monotonic(): number;
  /** Resolves after `ms`, or at once when aborted. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface LockHolder {
  /** Which lock: "dpkg frontend", "dpkg", "apt lists", "rpm", "dnf", "zypp", "windows installer". */
  readonly lock: string;
  readonly path: string;
  /** null when the holder could not be told. */
  readonly holder: { readonly pid: number; readonly command: string } | null;
}

/** State of the vendor's package in the system's own package database. */
export interface PackageState {
  readonly state: 'absent' | 'partial' | 'present';
  readonly version: string | null;
  /** The database's own word: "ii", "iF", "rc", … */
  readonly detail: string;
}

/** Read from the package file itself, without running anything in it. */
export interface PackageMetadata {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
}

export type SignatureVerdict =
  | { readonly status: 'trusted'; readonly publisher: string }
  /** The format has no signature (deb): trust rests on the signed digest alone. */
  | { readonly status: 'not-applicable' }
  | { readonly status: 'unsigned' | 'untrusted' | 'altered' | 'failed'; readonly detail: string };

/** What verification is held against; compiled in (`installers/…/trust.ts`), never sent by the console. */
export interface PinnedPublishers {
  /** ASCII-armoured OpenPGP public keys, primary key only. */
  readonly rpmKeys: readonly { readonly fingerprint: string; readonly armoured: string }[];
  readonly authenticodeOrganisations: readonly string[];
  readonly appleTeamIds: readonly string[];
}

/**
 * A program by name. The platform's `programs.ts` turns the name into an absolute path; there is no other way to start
 * one. `vendor:NAME` names a vendor tool, which is proved to belong to the installed package before it runs.
 */
export interface Invocation {
  readonly program: string;
  readonly args: readonly string[];
}

export interface ProbeResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
  readonly truncated: boolean;
}

/** Evidence about a process that outlives us: a pid alone is reused, with these two it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: field 22 of /proc/PID/stat; elsewhere creation time. Opaque. */
  readonly startTime: string;
  readonly bootId: string;
}

export interface RunningInstaller {
  readonly identity: ProcessIdentity;
  /** Resolves when the direct child ended; children it left behind are another matter (`installerProcesses`). */
  readonly exited: Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface ServiceState {
  readonly name: string;
  readonly state: 'running' | 'stopped' | 'failed' | 'absent';
}

export interface HostCheck {
  readonly host: string;
  readonly dns: 'ok' | 'failed';
  readonly tls: 'ok' | 'failed' | 'untrusted';
  /** Ours minus theirs, from the Date header; null when there was none. */
  readonly clockOffsetMs: number | null;
  readonly detail: string;
}

/** One restart of the machine, announced beforehand. */
export interface RebootRequest {
  /** From the request to the restart, at least a minute; rounded up to what the system can count in. */
  readonly noticeMs: number;
  /** For whoever is logged in: one line of our own words, no control characters. */
  readonly message: string;
}

/** A program (or component) of the vendor's, how to find it, and what must hold before it is asked. */
export type VendorToolSpec = {
  /** Short name used in `Invocation.program` after `vendor:`. */
  readonly name: string;
  /** Package whose file list must hold it (Windows: whose uninstall entry must be there). */
  readonly packageNames: readonly string[];
  /** A user of the product itself that may own it besides root (Linux: `sentinelone`). */
  readonly productUser: string | null;
} & VendorToolPlace;

export type VendorToolPlace =
  /** Linux, macOS: a fixed absolute path. macOS: one of the teams must have signed it and the bundle it lies in. */
  | { readonly kind: 'file'; readonly path: string; readonly appleTeamIds?: readonly string[] }
  /** Windows: that file in the folder of the service's own program. */
  | {
      readonly kind: 'beside-service';
      readonly service: string;
      readonly file: string;
      /** Who must have signed it, one of them. */
      readonly organisations: readonly string[];
    }
  /** Windows: one method without arguments of the product's COM class; its text answer is `stdout`. */
  | {
      readonly kind: 'com';
      readonly progId: string;
      readonly method: string;
      /** Who must have signed the program behind the class, one of them. */
      readonly organisations: readonly string[];
    };

/** What a management server has approved for the whole computer by configuration profiles, so that no person is asked. */
export interface Approvals {
  /** Bundle identifiers that may read every file. */
  readonly fullDiskAccess: readonly string[];
  /** `bundleId` null: all of the team's. */
  readonly systemExtensions: readonly { readonly teamId: string; readonly bundleId: string | null }[];
  /** Bundle identifiers and teams that payloads of the kind name. */
  readonly contentFilters: readonly string[];
  readonly notifications: readonly string[];
  readonly backgroundItems: readonly string[];
}

export interface Platform {
  readonly os: OperatingSystem;
  readonly clock: Clock;
  readonly files: Files;
  /** Cryptographically strong. */
  randomBytes(length: number): Uint8Array;
  machine(): Promise<Machine>;
  inventory(query: InventoryQuery): Promise<Inventory>;
  /** For people; takes seconds. */
  hardware(): Promise<Probe<Hardware>>;
  /** Free bytes for root on the file system that holds `path`. */
  freeBytes(path: string): Promise<Probe<number>>;
  pendingReboot(): Promise<Probe<boolean>>;
  /**
   * Schedules a restart and tells everybody who is logged in. `ok`: the system has taken it; `failed` with
   * `reboot.already-scheduled` when somebody else's restart or shutdown is scheduled, which is left as it is.
   */
  requestReboot(request: RebootRequest): Promise<Probe<void>>;
  /** Takes back a scheduled restart; `ok` also when there is none. Called only for one that we requested in this boot. */
  cancelReboot(): Promise<Probe<void>>;
  /** Package-manager and installer locks that are held right now. */
  locks(format: PackageFormat): Promise<Probe<readonly LockHolder[]>>;
  packageState(format: PackageFormat, names: readonly string[]): Promise<Probe<PackageState>>;
  packageMetadata(format: PackageFormat, file: string): Promise<Probe<PackageMetadata>>;
  verifySignature(format: PackageFormat, file: string, pinned: PinnedPublishers): Promise<SignatureVerdict>;
  /** Runs a read-only program: time limit, output cap, whole tree killed at either. */
  probe(invocation: Invocation, limits?: { timeoutMs?: number; outputBytesMax?: number }): Promise<Probe<ProbeResult>>;
  /** Runs a vendor tool after proving it belongs to the installed product; `failed` with `health.untrusted-tool` else. */
  probeVendorTool(tool: VendorToolSpec, args: readonly string[], stdin?: string): Promise<Probe<ProbeResult>>;
  /** Starts the shim (`run-installer DIR`) outside our cgroup, so that it survives us. Resolves when it was handed over. */
  launchShim(directory: string): Promise<void>;
  /**
   * Called by the shim only: starts the vendor's installer with output appended to `outputFile`; never killed for time.
   * The program is a name of `programs.ts` or (Windows) the absolute path of the verified package itself, which the shim
   * has hashed in its private directory. Fault `install.program-missing` when the machine does not have the program:
   * nothing was started then.
   */
  startInstaller(invocation: Invocation, options: InstallerOptions): Promise<RunningInstaller>;
  isAlive(identity: ProcessIdentity): Promise<boolean>;
  /** This very process, for another one to ask `isAlive` of. */
  self(): Promise<ProcessIdentity>;
  /**
   * Processes of package managers and vendor installers that run now, whoever started them. `vendorPrograms`: how the
   * file names of the vendor's own installer programs begin, lower case.
   */
  installerProcesses(vendorPrograms: readonly string[]): Promise<Probe<readonly { pid: number; command: string }[]>>;
  /** macOS only; elsewhere an administrator's installation is approval enough. */
  approvals?(): Promise<Probe<Approvals>>;
  /** The end of what the system itself keeps of our service's log; not where it keeps none. */
  serviceLog?(): Promise<Probe<string>>;
  services(names: readonly string[]): Promise<Probe<readonly ServiceState[]>>;
  startService(name: string): Promise<Probe<void>>;
  checkHost(host: string): Promise<HostCheck>;
  /** Held until the process ends, however it ends; null when another process holds it. */
  lockExclusively(directory: Directory): Promise<{ release(): Promise<void> } | null>;
  /** Milliseconds since boot. */
  uptimeMs(): Promise<number>;
}

export interface InstallerOptions {
  readonly directory: string;
  readonly outputFile: string;
  /** Added to the built environment (PATH, LANG, private HOME); names are fixed by the recipe. */
  readonly environment: Readonly<Record<string, string>>;
}
