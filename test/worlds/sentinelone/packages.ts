/** The tenant's package list: real stand-in files, and the decoys that a real console is full of. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nextId, vendorTime, type Tenant, type VendorPackage } from '#test/worlds/sentinelone/tenant.ts';

const kubernetesDecoy = 's1-agent-24.2.2-kubernetes.tar';

/**
 * fileName | version | label | status | osType | platformType | osArch | packageType.
 * Names follow the vendor's public patterns; the trap each row sets is in the tests that use it.
 */
const decoyRows = `
SentinelInstaller_windows_32bit_v23_3_3_264.msi|23.3.3.264|SP3|ga|windows|windows|32 bit|Agent
SentinelOneInstaller_windows_32bit_v23_3_3_264.exe|23.3.3.264|SP3|ga|windows|windows|32 bit|AgentAndRanger
SentinelInstaller_windows_64bit_v24_1_4_257.msi|24.1.4.257|SP1|ga|windows|windows|64 bit|AgentAndRanger
SentinelOneInstaller_windows_64bit_v24_1_4_257.exe|24.1.4.257|SP1|ga|windows|windows|64 bit|AgentAndRanger
SentinelOneInstaller_windows_ARM64_v24_1_4_257.exe|24.1.4.257|SP1|ga|windows|windows|ARM64|Agent
SentinelOneInstaller_windows_64bit_v24_1_10_1.exe|24.1.10.1|GA-SP2|ga|windows|windows|64 bit|AgentAndRanger
SentinelOneInstaller_windows_64bit_v25_1_1_190.exe|25.1.1.190|EA|ea|windows|windows|64 bit|AgentAndRanger
SentinelOneInstaller_windows_64bit_v9_1_1_3.exe|9.1.1.3|GA|ga|windows|windows|64 bit|Agent
SentinelOneInstaller_v24_2_1_100.exe|24.2.1.100|GA|ga|windows|windows|32/64 bit|AgentAndRanger
SentinelOneInstaller_v24_2_3_471.exe|24.2.3.471|SP2|ga|windows|windows|32 bit/64 bit/ARM64|AgentAndRanger
SentinelOneInstaller_windows_64bit_v24_2_2_9.exe|24.2.2.9|GA|ga|windows|windows|32 bit|Agent
SentinelOneInstaller_v24_2_2_8.exe|24.2.2.8|GA|ga|windows|windows|N/A|Agent
SentinelInstaller_windows_legacy_v2_6_9_4.exe|2.6.9.4|GA|ga|windows_legacy|windows_legacy|32/64 bit|Agent
SentinelInstaller_windows_64bit_v22_3_3_264.msi|22.3.3.264|GA|ga|windows|windows|64 bit|Agent
RangerInstaller_windows_64bit_v23_4_1_6.exe|23.4.1.6|GA|ga|windows|windows|64 bit|Ranger
Sentinel-Release-24-2-2-7632_macos_v24_2_2_7632.pkg|24.2.2.7632|SP1|ga|macos|macos|N/A|Agent
Sentinel-Release-25-1-2-7952_macos_v25_1_2_7952.pkg|25.1.2.7952|GA|ga|macos|macos|N/A|Agent
Sentinel-Release-25-2-1-8005_macos_v25_2_1_8005.pkg|25.2.1.8005|EA|ea|macos|macos|N/A|Agent
SentinelAgent_macos_v21_12_2_6003.pkg|21.12.2.6003|GA|ga|macos|macos|N/A|Agent
SentinelAgent_linux_x86_64_v24_2_2_20.deb|24.2.2.20|SP1|ga|linux|linux|32/64 bit|Agent
SentinelAgent_linux_x86_64_v24_2_2_20.rpm|24.2.2.20|SP1|ga|linux|linux|32/64 bit|Agent
SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.deb|24.2.2.20|SP1|ga|linux|linux|32/64 bit|Agent
SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.rpm|24.2.2.20|SP1|ga|linux|linux|64 bit|Agent
SentinelAgent-aarch64_linux_v22_4_2_4.deb|22.4.2.4|GA|ga|linux|linux|32/64 bit|Agent
Signed-SentinelAgent_linux_x86_64_v23_2_2_4.rpm|23.2.2.4|GA|ga|linux|linux|32/64 bit|Agent
Signed-SentinelAgent-aarch64_linux_aarch64_v23_2_2_4.rpm|23.2.2.4|GA|ga|linux|linux|32/64 bit|Agent
SentinelAgent-Linux-22-1-2-7-x86-64-release-22-1-2_linux_v22_1_2_7.deb|22.1.2.7|GA|ga|linux|linux|64 bit|Agent
SentinelAgent_linux_x86_64_v25_1_1_5.deb|25.1.1.5|EA|ea|linux|linux|32/64 bit|Agent
SentinelAgent_linux_x86_64_v25_2_0_1.deb|25.2.0.1|BETA|beta|linux|linux|32/64 bit|Agent
SentinelAgent_linux_x86_64_v24_2_2_20.bsx|24.2.2.20|SP1|ga|linux|linux|32/64 bit|Agent
agent-24.2.2.20.deb|24.2.2.20|SP1|ga|linux|linux|64 bit|Agent
${kubernetesDecoy}|24.2.2.20|GA|ga|linux|linux_k8s|64 bit|Agent
SentinelSDK-24.2.tar|24.2.1.1|GA|ga|sdk|sdk|N/A|Agent
ThreatDetection-S3-3.1.tar|3.1.0.12|GA|ga|threat_detection_s3|threat_detection_s3|N/A|Agent
`
  .trim()
  .split('\n')
  .map((line) => line.split('|'));

const firstBytes: Record<string, Buffer> = {
  deb: Buffer.from('!<arch>\ndebian-binary   '),
  rpm: Buffer.from([0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0]),
  exe: Buffer.from('MZ'),
  msi: Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
  pkg: Buffer.from('xar!'),
};

/** A decoy's bytes: the right beginning for its kind, then filler; a few KB. */
function decoyBytes(fileName: string, extension: string): Buffer {
  const filler = createHash('sha256').update(fileName).digest();
  return Buffer.concat([firstBytes[extension] ?? Buffer.alloc(0), ...Array.from({ length: 128 }, () => filler)]);
}

export function packageBytes(item: VendorPackage): Buffer {
  return item.file === null ? decoyBytes(item.fileName, item.fileExtension.slice(1)) : readFileSync(item.file);
}

type Described = Pick<
  VendorPackage,
  'fileName' | 'version' | 'minorVersion' | 'status' | 'osType' | 'platformType' | 'osArch' | 'packageType'
>;

/** Adds a package; without `file` its bytes are made up. Same name: the newer one replaces. */
function addPackage(tenant: Tenant, described: Described & Partial<VendorPackage>, now: number): VendorPackage {
  const extension = described.fileName.split('.').at(-1) ?? 'unknown';
  const file = described.file ?? null;
  const bytes = file === null ? decoyBytes(described.fileName, extension) : readFileSync(file);
  const added: VendorPackage = {
    id: nextId(tenant),
    fileExtension: `.${extension}`,
    majorVersion: described.version.split('.').slice(0, 2).join('.'),
    fileSize: bytes.length,
    sha1: createHash('sha1').update(bytes).digest('hex'),
    link: null,
    createdAt: vendorTime(now),
    ...described,
    file,
  };
  tenant.packages = tenant.packages.filter((other) => other.fileName !== added.fileName);
  tenant.packages.push(added);
  return added;
}

export function addDecoys(tenant: Tenant, now: number): void {
  for (const row of decoyRows) {
    const [fileName = '', version = '', minorVersion = '', status = '', ...rest] = row;
    const [osType = '', platformType = '', osArch = '', packageType = ''] = rest;
    addPackage(tenant, { fileName, version, minorVersion, status, osType, platformType, osArch, packageType }, now);
  }
}

const systemOfExtension: Record<string, string> = {
  deb: 'linux',
  rpm: 'linux',
  exe: 'windows',
  msi: 'windows',
  pkg: 'macos',
};

/** A real stand-in package file; system and version are read from its name. */
export function addPackageFile(tenant: Tenant, file: string, now: number): VendorPackage {
  const fileName = basename(file);
  const system = systemOfExtension[fileName.split('.').at(-1) ?? ''];
  const version = /(\d+[._]\d+[._]\d+[._]\d+)/.exec(fileName)?.[1]?.replaceAll('_', '.');
  if (system === undefined || version === undefined)
    throw new Error(`${fileName}: not a stand-in package name (…_v1_2_3_4.deb, .rpm, .exe, .msi, .pkg)`);
  const windowsArch = /32bit/.test(fileName) ? '32 bit' : '64 bit';
  return addPackage(
    tenant,
    {
      fileName,
      version,
      minorVersion: 'GA',
      status: 'ga',
      osType: system,
      platformType: system,
      osArch: system === 'windows' ? windowsArch : system === 'linux' ? '32/64 bit' : 'N/A',
      packageType: 'Agent',
      file,
    },
    now,
  );
}

/** Every package file directly in a folder. */
export function packageFilesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => Object.hasOwn(systemOfExtension, name.split('.').at(-1) ?? ''))
    .toSorted()
    .map((name) => join(directory, name));
}
