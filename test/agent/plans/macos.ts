/** Inventories as systemextensionsctl, launchctl and the property lists give them. */
import type { Machine } from '#platform/platform.ts';
import { candidate } from '#test/agent/plans/candidates.ts';
import { ok, recorded, type Profile } from '#test/agent/plans/profile.ts';
import { daemon, extension, folder, process } from '#test/installers/antivirus/inventories.ts';

const macos15 = {
  os: 'macos',
  name: 'macOS 15.3.1',
  version: '15.3.1',
  architecture: 'arm64',
  product: 'client',
  formats: ['pkg'],
  distribution: null,
  sse42: null,
  hostname: 'mac-1',
  virtualisation: null,
} satisfies Partial<Machine>;

const newer = candidate({
  target: 'macos',
  format: 'pkg',
  version: '25.1.2.7952',
  fileName: 'Sentinel-Release-25-1-2-7952_macos_v25_1_2_7952.pkg',
  source: 'vendor',
});

const answers = (status: string) => ({
  'sentinelctl version': recorded('macos/version.txt'),
  'sentinelctl status': recorded(`macos/${status}.txt`),
});
const installed = {
  packageState: { state: 'present', version: '24.2.2.7632', detail: 'receipt com.sentinelone.pkg.sentinel-agent' },
  services: [{ name: 'com.sentinelone.sentineld', state: 'running' }],
  inventory: {
    systemExtensions: ok([extension('4AYE5J54KN', 'com.sentinelone.network-monitoring')]),
    launchDaemons: ok([daemon('com.sentinelone.sentineld')]),
  },
  wanted: { consoleHost: 'server-101.sentinelone.net' },
} satisfies Partial<Profile>;

export const macosProfiles: readonly Profile[] = [
  {
    name: 'macos-15-protected',
    right: 'SentinelOne is installed, approved and connected: protected, nothing to do.',
    machine: macos15,
    ...installed,
    tools: answers('status'),
  },
  {
    name: 'macos-15-without-full-disk-access',
    right: 'Installed, but Full Disk Access is missing: not protecting, by that name.',
    machine: macos15,
    ...installed,
    tools: answers('status-no-disk-access'),
  },
  {
    name: 'macos-15-arm64-clean',
    right: '24.2.2.7632 runs on macOS 12 to 15.3: it is installed.',
    machine: macos15,
  },
  {
    name: 'macos-26-arm64',
    right: 'Not with 24.2; the 25.1 that this connection holds runs there and has to be chosen.',
    machine: { ...macos15, name: 'macOS 26.1', version: '26.1' },
    wanted: { alsoHeld: [newer] },
  },
  {
    name: 'macos-26-arm64-latest',
    right: 'With the policy "newest generally available" 25.1 is installed.',
    machine: { ...macos15, name: 'macOS 26.1', version: '26.1' },
    wanted: { alsoHeld: [newer], versionPolicy: { kind: 'latest-ga' } },
  },
  {
    name: 'macos-14-intel-falcon',
    right: 'Falcon is enabled (its old extension goes with the restart): one conflict, active.',
    machine: { ...macos15, name: 'macOS 14.7', version: '14.7', architecture: 'x64' },
    inventory: {
      systemExtensions: ok([
        extension('X9E956P446', 'com.crowdstrike.falcon.Agent'),
        extension('X9E956P446', 'com.crowdstrike.falcon.Agent', 'terminated waiting to uninstall on reboot'),
      ]),
      launchDaemons: ok([daemon('com.crowdstrike.falcond')]),
      processes: ok([process('/Applications/Falcon.app/Contents/Resources/falcond')]),
      bundleIds: ok(['com.crowdstrike.falcon.App']),
      paths: ok([folder('/Applications/Falcon.app'), folder('/Library/CS')]),
    },
  },
];
