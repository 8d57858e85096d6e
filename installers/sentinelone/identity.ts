/** What a package says it is against what was assigned: "signed by the vendor" is not "the package meant" (G5). Pure. */
import type { PackageMetadata } from '#platform/platform.ts';
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultCode } from '#protocol/codes.ts';
import type { Target } from '#protocol/words.ts';
import { isFormatOf, targetOs } from '#installers/sentinelone/packages.ts';
import type { Trust } from '#installers/sentinelone/trust.ts';
import { compareVersions } from '#installers/versions.ts';

/**
 * Names inside the file, by format: of the package (deb, rpm), the receipt (pkg), the product (msi, exe). The vendor's
 * cleaner, its uninstaller and Ranger carry its signature too. The exact name in the EXE's version resource is in no public
 * record: the agent's own product name and the forms its installer is called by are taken, nothing else.
 */
const productNames: Readonly<Record<Candidate['format'], readonly string[]>> = {
  deb: ['sentinelagent'],
  rpm: ['SentinelAgent'],
  pkg: ['com.sentinelone.pkg.sentinel-agent'],
  msi: ['Sentinel Agent'],
  exe: ['Sentinel Agent', 'SentinelOne Agent', 'SentinelOne Installer', 'Sentinel Installer'],
};

/** Architecture words of the file's own metadata. "all" and "noarch" are not among them: the agent is native code. */
const architectures: Readonly<Record<Target, string>> = {
  'windows-x86': 'x86',
  'windows-x64': 'x64',
  // One package for both; it says so itself.
  macos: 'arm64,x86_64',
  'linux-x64-deb': 'amd64',
  'linux-x64-rpm': 'x86_64',
  'linux-arm64-deb': 'arm64',
  'linux-arm64-rpm': 'aarch64',
};

/** null when product, version, architecture and floor hold; otherwise the first that does not. */
export function judgeIdentity(
  candidate: Candidate,
  metadata: PackageMetadata,
  floor: Trust['versionFloor'],
): { readonly code: FaultCode; readonly detail: string } | null {
  const { target, format, version } = candidate;
  if (!isFormatOf(target, format)) {
    return { code: 'package.wrong-product', detail: `a ${format} file is no package this agent installs on ${target}` };
  }
  const names = productNames[format];
  if (!names.includes(metadata.name)) {
    return { code: 'package.wrong-product', detail: `holds ${shown(metadata.name)}, not ${names[0] ?? ''}` };
  }
  if (!isVersion[format](metadata.version, version)) {
    return { code: 'package.wrong-version', detail: `holds version ${shown(metadata.version)}, not ${version}` };
  }
  if (metadata.architecture !== architectures[target]) {
    return { code: 'package.wrong-architecture', detail: `is for ${shown(metadata.architecture)}, not ${target}` };
  }
  const oldest = floor[targetOs(target)];
  if (compareVersions(version, oldest) < 0) {
    return { code: 'package.below-floor', detail: `${version} is older than ${oldest}` };
  }
  return null;
}

type SameVersion = (held: string, assigned: string) => boolean;

const same: SameVersion = (held, assigned) => held === assigned;

/** Equal, or followed by one packaging release ("24.2.2.20-1"); an epoch would outrank the number shown and is refused. */
const sameOrReleased: SameVersion = (held, assigned) => {
  if (held === assigned) return true;
  return held.startsWith(`${assigned}-`) && /^[A-Za-z0-9.]{1,40}$/.test(held.slice(assigned.length + 1));
};

/** Windows Installer counts three numbers: the vendor leaves out the third of its four ("24.1.257" is 24.1.4.257). */
const sameOrShort: SameVersion = (held, assigned) =>
  held === assigned || held === assigned.replace(/^(\d+\.\d+)\.\d+\.(\d+)$/, '$1.$2');

const isVersion: Readonly<Record<Candidate['format'], SameVersion>> = {
  deb: sameOrReleased,
  rpm: sameOrReleased,
  pkg: same,
  msi: sameOrShort,
  exe: same,
};

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
