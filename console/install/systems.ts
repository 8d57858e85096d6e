/** What an install line can be made for: one row a system. A new system is a row here and a branch in its script. */
import type { ArtifactKind, ReleaseTarget } from '#protocol/release.ts';

export type PackageKind = Exclude<ArtifactKind, 'binary'>;
export type InstallScript = 'sh' | 'powershell';

export interface InstallSystem {
  readonly os: 'linux' | 'macos' | 'windows';
  readonly label: string;
  readonly script: InstallScript;
  /** `target kind` of every package that the script may choose there. */
  readonly packages: readonly (readonly [target: ReleaseTarget, kind: PackageKind])[];
}

export const installSystems: readonly InstallSystem[] = [
  {
    os: 'linux',
    label: 'Linux, in a shell',
    script: 'sh',
    packages: [
      ['linux-x64', 'deb'],
      ['linux-x64', 'rpm'],
      ['linux-arm64', 'deb'],
      ['linux-arm64', 'rpm'],
    ],
  },
  {
    os: 'macos',
    label: 'macOS, in Terminal',
    script: 'sh',
    packages: [
      ['macos-x64', 'archive'],
      ['macos-arm64', 'archive'],
    ],
  },
  {
    os: 'windows',
    label: 'Windows, in PowerShell as administrator',
    script: 'powershell',
    packages: [
      ['windows-x64', 'msi'],
      ['windows-x86', 'msi'],
    ],
  },
];
