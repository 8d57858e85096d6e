/** Inventories for detection tests: a healthy machine with nothing on it, and short forms of its records. */
import type {
  DefenderRecord,
  DriverRecord,
  InstalledPackage,
  Inventory,
  LaunchDaemonRecord,
  PathRecord,
  Probe,
  ProcessRecord,
  SecurityCenterRecord,
  ServiceRecord,
  SystemExtensionRecord,
  UninstallRecord,
} from '#platform/inventory.ts';

export const ok = <T>(value: T): Probe<T> => ({ status: 'ok', value });
export const unsupported = { status: 'unsupported', detail: 'not on this system' } as const;
export const failed = (code = 'timeout'): Probe<never> => ({ status: 'failed', code, detail: 'gave up after 10 s' });

const nothing: Omit<Inventory, 'os' | 'product'> = {
  packages: unsupported,
  services: unsupported,
  processes: ok([]),
  drivers: unsupported,
  paths: unsupported,
  securityCenter: unsupported,
  uninstallEntries: unsupported,
  systemExtensions: unsupported,
  launchDaemons: unsupported,
  bundleIds: unsupported,
  receipts: unsupported,
  defender: unsupported,
};

export function linux(parts: Partial<Inventory> = {}): Inventory {
  const base = { packages: ok([]), services: ok([]), drivers: ok([]), paths: ok([]) };
  return { ...nothing, ...base, os: 'linux', product: 'server', ...parts };
}

export function macos(parts: Partial<Inventory> = {}): Inventory {
  const base = { systemExtensions: ok([]), launchDaemons: ok([]), bundleIds: ok([]), receipts: ok([]), paths: ok([]) };
  return { ...nothing, ...base, os: 'macos', product: 'client', ...parts };
}

const defender: DefenderRecord = {
  serviceState: 'running',
  runningMode: 'Normal',
  realTimeProtection: true,
  passivePolicy: null,
};

export function windows(parts: Partial<Inventory> = {}): Inventory {
  const base = {
    services: ok([]),
    drivers: ok([]),
    securityCenter: ok([]),
    uninstallEntries: ok([]),
    defender: ok(defender),
  };
  return { ...nothing, ...base, os: 'windows', product: 'client', ...parts };
}

/** Windows servers have no Security Center: the query fails with "invalid namespace", which is `unsupported`. */
export function windowsServer(parts: Partial<Inventory> = {}): Inventory {
  return windows({ product: 'server', securityCenter: unsupported, ...parts });
}

export function defenderIn(runningMode: string | null, parts: Partial<DefenderRecord> = {}): Probe<DefenderRecord> {
  return ok({ ...defender, runningMode, ...parts });
}

export function deb(name: string, state: InstalledPackage['state'] = 'installed'): InstalledPackage {
  return { format: 'deb', name, version: '1.2.3-1', state };
}

export function service(name: string, parts: Partial<ServiceRecord> = {}): ServiceRecord {
  return { name, state: 'running', enabled: true, system: true, ...parts };
}

/** A trusted process; the name is the file's. */
export function process(path: string, parts: Partial<ProcessRecord> = {}): ProcessRecord {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  return { pid: 812, path, name, trusted: true, blocksFileAccess: false, ...parts };
}

export function driver(name: string, parts: Partial<DriverRecord> = {}): DriverRecord {
  return { name, state: 'loaded', altitude: null, ...parts };
}

export function folder(path: string, trusted = true): PathRecord {
  return { path, trusted };
}

export function securityCenter(displayName: string, parts: Partial<SecurityCenterRecord> = {}): SecurityCenterRecord {
  return {
    displayName,
    instanceGuid: '{5F1C2B7A-0000-4000-8000-000000000001}',
    productState: 266_240,
    productPath: 'C:\\Program Files\\Example\\ui.exe',
    reportingPath: 'C:\\Program Files\\Example\\wsc.exe',
    programExists: true,
    ...parts,
  };
}

export function program(displayName: string): UninstallRecord {
  return { key: '{11111111-0000-4000-8000-000000000001}', displayName, displayVersion: '5.0', publisher: null };
}

export function extension(teamId: string, bundleId: string, state = 'activated enabled'): SystemExtensionRecord {
  return { teamId, bundleId, version: '1.0/1', state };
}

export function daemon(label: string, parts: Partial<LaunchDaemonRecord> = {}): LaunchDaemonRecord {
  return { label, loaded: true, running: true, ...parts };
}
