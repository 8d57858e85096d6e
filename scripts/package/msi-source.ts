/** The MSI as `wixl` takes it: directories, files, service. The rest of its tables is `msi-tables.ts`. Pure. */
import { createHash } from 'node:crypto';
import type { WindowsTarget } from '../build/service-host.ts';
import { noticesName } from './contents.ts';
import { hostFile, packagedFile, serviceName, serviceTitle } from '#platform/windows/own-service.ts';

export interface MsiFacts {
  readonly target: WindowsTarget;
  /** Three numbers: Windows Installer knows no more. */
  readonly version: string;
  /** The agent's own version, which names its directory. */
  readonly program: string;
  /** Time of everything inside, in seconds since 1970. */
  readonly epochSeconds: number;
}

export const agentName = 'garrison-agent.exe';
export const licenseName = 'license.txt';

export const ids = { host: 'Host', state: 'State', stateFolder: 'StateFolder', versions: 'Versions' } as const;

/** Never changes: by it Windows Installer knows that a package is another version of the same product. */
const upgradeCode = '8D6C1F4A-3B52-4E0F-9C77-2A5E6B1D9F30';

/** A GUID that depends on nothing but its words (the layout of version 8 in RFC 9562). */
export function guidOf(...words: readonly string[]): string {
  const hex = createHash('sha256')
    .update(JSON.stringify(['garrison msi', ...words]))
    .digest('hex');
  const variant = '89ab'[Number.parseInt(hex[16] ?? '0', 16) % 4];
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-').toUpperCase();
}

/**
 * `ENROLMENTFILE` is hidden in logs because somebody will give the string itself for its path. It is not among the secure
 * properties: an administrator's install takes it, never one that a user may trigger.
 */
const properties = {
  ARPNOMODIFY: '1',
  ARPNOREPAIR: '1',
  MsiHiddenProperties: 'ENROLMENTFILE',
  // Closes no program of others and restarts no machine; 3010 says that a restart is due.
  MSIRESTARTMANAGERCONTROL: 'Disable',
  REBOOT: 'ReallySuppress',
  // What stands in our own folder under our names is replaced, also what claims to be newer.
  REINSTALLMODE: 'amus',
} as const;

/** Files stand beside the source: the agent, the host, `packaged`, which names the version, and licences. */
export function msiSource({ target, version, program }: MsiFacts): string {
  const wide = target === 'windows-x64' ? ' Win64="yes"' : '';
  const programFiles = target === 'windows-x64' ? 'ProgramFiles64Folder' : 'ProgramFilesFolder';
  const component = (id: string, content: string, path: string): string =>
    `<Component Id="${id}" Guid="${guidOf('component', target, path)}"${wide}>${content}</Component>`;
  const file = (id: string, name: string): string => `<File Id="${id}" Name="${name}" Source="${name}" KeyPath="yes"/>`;
  const service = `<ServiceInstall Id="Service" Name="${serviceName}" DisplayName="${serviceTitle}" Description="Puts the right endpoint protection on this device and keeps it standing." Type="ownProcess" Start="auto" ErrorControl="normal"/>
      <ServiceControl Id="Service" Name="${serviceName}" Start="install" Stop="both" Remove="uninstall" Wait="yes"/>`;
  return `<?xml version="1.0" encoding="utf-8"?>
<Wix xmlns="http://schemas.microsoft.com/wix/2006/wi">
  <Product Id="${guidOf('product', target, version)}" Name="Garrison agent" Language="1033" Version="${version}" Manufacturer="Garrison" UpgradeCode="${upgradeCode}">
    <Package InstallerVersion="500" Compressed="yes" InstallScope="perMachine"/>
    <Media Id="1" Cabinet="agent.cab" EmbedCab="yes"/>
    <MajorUpgrade DowngradeErrorMessage="older"/>
    ${Object.entries(properties)
      .map(([id, value]) => `<Property Id="${id}" Value="${value}"/>`)
      .join('\n    ')}
    <Directory Id="TARGETDIR" Name="SourceDir"><Directory Id="${programFiles}"><Directory Id="Root" Name="Garrison">
      ${component(ids.host, file('Host', hostFile) + service, hostFile)}
      ${component('Packaged', file('Packaged', packagedFile), packagedFile)}
      ${component('License', file('License', licenseName), licenseName)}
      ${component('Notices', file('Notices', noticesName), noticesName)}
      <Directory Id="${ids.state}" Name="State">${component(ids.stateFolder, '<CreateFolder/>', 'State')}</Directory>
      <Directory Id="${ids.versions}" Name="versions"><Directory Id="Version" Name="${program}">
        ${component('Agent', file('Agent', agentName), `versions/${program}`)}
      </Directory></Directory>
    </Directory></Directory></Directory>
    <Feature Id="Whole" Level="1">
      ${[ids.host, 'Packaged', 'License', 'Notices', ids.stateFolder, 'Agent'].map((id) => `<ComponentRef Id="${id}"/>`).join('')}
    </Feature>
  </Product>
</Wix>
`;
}
