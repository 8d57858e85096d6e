/** The vendor's product on the Mac, and what its control program prints, in the shape of public recordings of it. */
export interface MacProduct {
  /** Its receipt is there. */
  receipt: boolean;
  /** Its programs are there. */
  programs: boolean;
  daemon: 'absent' | 'stopped' | 'running';
  fullDiskAccess: boolean;
  networkExtension: 'absent' | 'waiting for user' | 'enabled';
  enabled: boolean;
  /** World time from which on it is connected; null: never. */
  connectedFromMs: number | null;
  /** Where it registered, read from the token file that lay beside its package; null: nowhere. */
  registration: { readonly url: string; readonly siteKey: string } | null;
}

export const noProduct: MacProduct = {
  receipt: false,
  programs: false,
  daemon: 'absent',
  fullDiskAccess: false,
  networkExtension: 'absent',
  enabled: true,
  connectedFromMs: null,
  registration: null,
};

export const product = {
  receipt: 'com.sentinelone.pkg.sentinel-agent',
  version: '24.2.2.7632',
  teamId: '4AYE5J54KN',
  daemon: 'com.sentinelone.sentineld',
  extension: 'com.sentinelone.network-monitoring',
  bundle: '/Library/Sentinel/sentinel-agent.bundle',
  tool: '/Library/Sentinel/sentinel-agent.bundle/Contents/MacOS/sentinelctl',
  app: '/Applications/SentinelOne/SentinelOne Extensions.app',
} as const;

/** `sentinelctl ARGUMENTS` of the product as it stands at `nowMs`; null for what it does not know. */
export function sentinelctl(state: MacProduct, args: readonly string[], nowMs: number): string | null {
  if (args.join(' ') === 'version') return `SentinelOne ${product.version}\n`;
  return args.join(' ') === 'status' ? status(state, nowMs) : null;
}

function status(state: MacProduct, nowMs: number): string {
  const { registration, connectedFromMs } = state;
  const runs = state.daemon === 'running';
  const connected = runs && registration !== null && connectedFromMs !== null && nowMs >= connectedFromMs;
  const extension = state.networkExtension === 'enabled';
  const works = runs && state.enabled;
  return [
    'Agent',
    row('Version', product.version),
    row('ID', '4f1c1f0a-5b0e-4c0e-9a55-0123456789ab'),
    row('Install Date', '28/11/2026, 16:22:18'),
    row('Missing Authorizations', state.fullDiskAccess ? '' : 'Full Disk Access'),
    row('ES Framework', runs && state.fullDiskAccess ? 'started' : 'stopped'),
    row('Agent Operational State', state.enabled ? 'enabled' : 'disabled'),
    row('Remote Profiler', 'not running'),
    row('Agent Network Monitoring', works ? 'started' : 'stopped'),
    row('Network Extension', extension ? 'running' : 'not running'),
    row('Network Extension Content Filter', extension ? 'active' : 'inactive'),
    row('Ready', works ? 'yes' : 'no'),
    row('Protection', works ? 'enabled' : 'disabled'),
    row('Infected', 'no'),
    row('Network Quarantine', 'no'),
    row('Compatible OS', 'compatible'),
    'Daemons',
    '   Services',
    `      Agent Helper:                   ${runs ? 'ready' : 'not running'}`,
    `      Framework:                      ${runs ? 'ready' : 'not running'}`,
    '   Integrity',
    '      sentineld:                      ok',
    '      sentineld_shell:                not running',
    '      sentineld_updater:              not running',
    'Launchd',
    row('sentineld', 'valid'),
    'Management',
    row('Server', registration?.url ?? ''),
    row('Site Key', registration?.siteKey ?? ''),
    row('Last Seen', connected ? '28/11/2026, 16:09:55' : ''),
    row('Connected', connected ? 'yes' : 'no'),
    '',
  ].join('\n');
}

const column = 38;

function row(name: string, value: string): string {
  return `   ${`${name}:`.padEnd(column - 3)}${value}`;
}
