/** What a package says it is against what was assigned: "signed by the vendor" is not "the package meant". Pure. */
import type { PackageMetadata } from '#platform/platform.ts';
import type { Candidate } from '#protocol/assignment.ts';
import type { FaultCode } from '#protocol/codes.ts';
import type { Target } from '#protocol/words.ts';
import { isFormatOf, targetOs } from '#installers/sentinelone/packages.ts';
import type { Trust } from '#installers/sentinelone/trust.ts';
import { compareVersions } from '#installers/versions.ts';

/** Name inside the file, by format. A format that is not listed is refused. */
const productNames: Readonly<Partial<Record<Candidate['format'], string>>> = {
  deb: 'sentinelagent',
  rpm: 'SentinelAgent',
};

/** Architecture words of the file's own metadata. "all" and "noarch" are not among them: the agent is native code. */
const architectures: Readonly<Partial<Record<Target, string>>> = {
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
  const name = productNames[format];
  if (name === undefined || !isFormatOf(target, format)) {
    return { code: 'package.wrong-product', detail: `a ${format} file is no package this agent installs on ${target}` };
  }
  if (metadata.name !== name) {
    return { code: 'package.wrong-product', detail: `holds ${shown(metadata.name)}, not ${name}` };
  }
  if (!isVersion(metadata.version, version)) {
    return { code: 'package.wrong-version', detail: `holds version ${shown(metadata.version)}, not ${version}` };
  }
  const architecture = architectures[target];
  if (architecture === undefined || metadata.architecture !== architecture) {
    return { code: 'package.wrong-architecture', detail: `is for ${shown(metadata.architecture)}, not ${target}` };
  }
  const oldest = floor[targetOs(target)];
  if (compareVersions(version, oldest) < 0) {
    return { code: 'package.below-floor', detail: `${version} is older than ${oldest}` };
  }
  return null;
}

/** Equal, or followed by one packaging release ("24.2.2.20-1"); an epoch would outrank the number shown and is refused. */
function isVersion(held: string, assigned: string): boolean {
  if (held === assigned) return true;
  return held.startsWith(`${assigned}-`) && /^[A-Za-z0-9.]{1,40}$/.test(held.slice(assigned.length + 1));
}

function shown(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
