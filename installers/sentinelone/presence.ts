/** How SentinelOne's agent is recognised and asked on each system. Data only. */
import type { Presence } from '#installers/vendor.ts';
import { networkExtension, notifying, programs, teamId } from '#installers/sentinelone/macos-profile/identifiers.ts';
import type { OperatingSystem, PinnedPublishers } from '#platform/platform.ts';
import type { ReadingName } from '#installers/sentinelone/health/facts.ts';

type Readings = readonly { readonly name: ReadingName; readonly tool: string; readonly args: readonly string[] }[];

const linuxPackages = ['sentinelagent', 'SentinelAgent'];
const linuxReadings: Readings = [
  { name: 'version', tool: 'sentinelctl', args: ['version'] },
  { name: 'control-status', tool: 'sentinelctl', args: ['control', 'status'] },
  { name: 'management-status', tool: 'sentinelctl', args: ['management', 'status'] },
  { name: 'engines-status', tool: 'sentinelctl', args: ['engines', 'status'] },
];

const linux: Presence = {
  packageNames: linuxPackages,
  // The second is the name of very old agents.
  services: ['sentinelone.service', 'sentineld.service'],
  tools: [
    {
      name: 'sentinelctl',
      kind: 'file',
      path: '/opt/sentinelone/bin/sentinelctl',
      packageNames: linuxPackages,
      productUser: 'sentinelone',
    },
  ],
  readings: linuxReadings,
  /**
   * Only a start. `management token set` takes the token as an argument, which every local user can read while it runs,
   * so an agent that came up unregistered is reported (`not-registered`) instead of being registered this way.
   */
  start: [{ kind: 'tool', tool: 'sentinelctl', args: ['control', 'start'] }],
  installerPrograms: [],
};

/** Product codes change with each version and an upgrade code is not public: the name in the uninstall list stays. */
const windowsPackages = ['Sentinel Agent'];
const windowsReadings: Readings = [
  { name: 'status', tool: 'SentinelCtl', args: ['status'] },
  { name: 'agent-status', tool: 'SentinelHelper', args: [] },
];

/** `organisations`: who must have signed what is asked. */
const windows = (organisations: readonly string[]): Presence => ({
  packageNames: windowsPackages,
  // Three services and the kernel driver; a driver is a service of the service manager as well.
  services: [
    'SentinelAgent',
    'SentinelHelperService',
    'SentinelStaticEngine',
    'LogProcessorService',
    'SentinelMonitor',
  ],
  tools: [
    {
      name: 'SentinelCtl',
      kind: 'beside-service',
      service: 'SentinelAgent',
      file: 'SentinelCtl.exe',
      organisations,
      packageNames: windowsPackages,
      productUser: null,
    },
    {
      name: 'SentinelHelper',
      kind: 'com',
      progId: 'SentinelHelper.1',
      method: 'GetAgentStatusJSON',
      organisations,
      packageNames: windowsPackages,
      productUser: null,
    },
  ],
  readings: windowsReadings,
  start: [{ kind: 'service', service: 'SentinelAgent' }],
  installerPrograms: ['sentinelinstaller', 'sentineloneinstaller', 'sentinelcleaner', 'sentinelonecleaner'],
});

const macosPackages = ['com.sentinelone.pkg.sentinel-agent'];
const macosReadings: Readings = [
  { name: 'version', tool: 'sentinelctl', args: ['version'] },
  { name: 'status', tool: 'sentinelctl', args: ['status'] },
];

const macos = (appleTeamIds: readonly string[]): Presence => ({
  packageNames: macosPackages,
  services: ['com.sentinelone.sentineld'],
  tools: [
    {
      name: 'sentinelctl',
      kind: 'file',
      // Not the link in /usr/local/bin, a folder that on many Macs belongs to a user.
      path: '/Library/Sentinel/sentinel-agent.bundle/Contents/MacOS/sentinelctl',
      appleTeamIds,
      packageNames: macosPackages,
      productUser: null,
    },
  ],
  readings: macosReadings,
  // launchd keeps the daemon alive; what it cannot start, an administrator must approve first.
  start: [],
  approvals: {
    teamId,
    fullDiskAccess: Object.values(programs),
    systemExtension: networkExtension,
    notifications: notifying,
  },
  installerPrograms: [],
});

/** `believed`: who must have signed what is asked; without it nothing may be asked on Windows and macOS. */
export function presenceOn(os: OperatingSystem, believed: PinnedPublishers | null = null): Presence {
  switch (os) {
    case 'linux':
      return linux;
    case 'windows':
      return windows(believed?.authenticodeOrganisations ?? []);
    case 'macos':
      return macos(believed?.appleTeamIds ?? []);
  }
}
