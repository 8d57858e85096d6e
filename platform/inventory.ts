/** What is on a machine, as observed. Pure data; filled by `platform/<os>/`, read by `installers/antivirus/detect.ts`. */

/** "Could not look" is never "nothing there". */
export type Probe<T> =
  | { readonly status: 'ok'; readonly value: T }
  /** The source was read and does not have the thing at all (no rpm database on a deb system). */
  | { readonly status: 'unsupported'; readonly detail: string }
  | { readonly status: 'failed'; readonly code: string; readonly detail: string };

export interface InstalledPackage {
  readonly format: 'deb' | 'rpm';
  readonly name: string;
  readonly version: string;
  /** `config-files` is dpkg's `rc`: removed, configuration left behind. */
  readonly state: 'installed' | 'partial' | 'config-files';
}

export interface ServiceRecord {
  /** Unit name with suffix, or Windows service key name. */
  readonly name: string;
  readonly state: 'running' | 'stopped' | 'failed';
  /** Whether it starts by itself at boot. */
  readonly enabled: boolean;
  /** Only administrators can have put it there (system unit directories, the service database). */
  readonly system: boolean;
  /** Windows: whether the program of its ImagePath is on disk; null or left out where that was not checked. */
  readonly programExists?: boolean | null;
}

export interface ProcessRecord {
  readonly pid: number;
  /** Resolved executable path without " (deleted)"; null when it cannot be read. */
  readonly path: string | null;
  /** Base name of the executable, else the kernel's (truncated, forgeable) `comm`. */
  readonly name: string;
  /** Runs as root or as a system service's own user, in our mount namespace, from a root-owned file (G6, F4). */
  readonly trusted: boolean;
  /** Vendor-neutral mark: holds a blocking fanotify group (class content or pre-content). */
  readonly blocksFileAccess: boolean;
}

export interface DriverRecord {
  /** Kernel module, driver or minifilter name without extension. */
  readonly name: string;
  readonly state: 'loaded' | 'stopped';
  readonly altitude: string | null;
}

export interface PathRecord {
  readonly path: string;
  /** Root-owned with root-owned ancestors: others could not have planted it. */
  readonly trusted: boolean;
}

export interface SecurityCenterRecord {
  readonly displayName: string;
  readonly instanceGuid: string;
  readonly productState: number;
  readonly productPath: string | null;
  readonly reportingPath: string | null;
  /** Whether one of the two programs exists on disk; null when it could not be checked. */
  readonly programExists: boolean | null;
}

export interface UninstallRecord {
  readonly key: string;
  readonly displayName: string;
  readonly displayVersion: string | null;
  readonly publisher: string | null;
}

export interface SystemExtensionRecord {
  readonly teamId: string;
  readonly bundleId: string;
  readonly version: string;
  /** systemextensionsctl's exact words: "activated enabled", "terminated waiting to uninstall on reboot", … */
  readonly state: string;
}

export interface LaunchDaemonRecord {
  readonly label: string;
  readonly loaded: boolean;
  readonly running: boolean;
}

export interface DefenderRecord {
  readonly serviceState: 'running' | 'stopped' | 'disabled' | 'absent' | 'unknown';
  /** AMRunningMode as given, null when the query failed. */
  readonly runningMode: string | null;
  readonly realTimeProtection: boolean | null;
  readonly passivePolicy: boolean | null;
}

/** One reading of everything antivirus detection needs. Sources that do not exist on an OS are `unsupported`. */
export interface Inventory {
  readonly os: 'linux' | 'macos' | 'windows';
  readonly product: 'client' | 'server';
  readonly packages: Probe<readonly InstalledPackage[]>;
  readonly services: Probe<readonly ServiceRecord[]>;
  readonly processes: Probe<readonly ProcessRecord[]>;
  readonly drivers: Probe<readonly DriverRecord[]>;
  readonly paths: Probe<readonly PathRecord[]>;
  readonly securityCenter: Probe<readonly SecurityCenterRecord[]>;
  readonly uninstallEntries: Probe<readonly UninstallRecord[]>;
  readonly systemExtensions: Probe<readonly SystemExtensionRecord[]>;
  readonly launchDaemons: Probe<readonly LaunchDaemonRecord[]>;
  readonly bundleIds: Probe<readonly string[]>;
  readonly receipts: Probe<readonly string[]>;
  readonly defender: Probe<DefenderRecord>;
}

/** What to look for where a source cannot be listed whole: unit names and paths of the catalogue (`*` ends a prefix). */
export interface InventoryQuery {
  readonly services: readonly string[];
  readonly paths: readonly string[];
  readonly launchDaemons: readonly string[];
}
