/** A row of the vendor's package list → the packages we can install, or why it is none. Pure. */
import * as z from 'zod';
import { vendorId } from '#console/sentinelone/answers.ts';
import { limits } from '#protocol/limits.ts';
import { versionText, type Target } from '#protocol/words.ts';

export type PackageFileFormat = 'exe' | 'msi' | 'pkg' | 'deb' | 'rpm';
export type Release = 'ga' | 'ea' | 'beta' | 'other';

export interface SentinelOnePackage {
  readonly vendorPackageId: string;
  readonly target: Target;
  readonly format: PackageFileFormat;
  readonly version: string;
  readonly fileName: string;
  readonly sizeBytes: number;
  /** 40 hex digits: all the vendor gives. Enough to notice a broken download, not enough to trust one. */
  readonly sha1: string;
  readonly release: Release;
  /** The vendor's own label: GA, GA-SP1, SP2, EA … For people only. */
  readonly label: string;
}

type DropReason =
  | 'unreadable-row'
  | 'other-product'
  | 'other-platform'
  | 'file-format'
  | 'no-target'
  | 'architecture-unknown'
  | 'architecture-contradictory';

export interface DroppedPackage {
  readonly fileName: string;
  readonly version: string;
  readonly reason: DropReason;
}

type PackageArchitecture = 'x86' | 'x64' | 'arm64';
type Sorted = { readonly packages: readonly SentinelOnePackage[] } | { readonly dropped: DroppedPackage };

const packageRow = z.object({
  id: vendorId,
  fileName: z.string().regex(/^[A-Za-z0-9._+-]{1,200}$/),
  fileSize: z.int().min(1).max(limits.packageBytesMax),
  sha1: z
    .string()
    .regex(/^[0-9a-fA-F]{40}$/)
    .transform((text) => text.toLowerCase()),
  version: versionText,
  status: z.string(),
  minorVersion: z.string().nullish(),
  osType: z.string().nullish(),
  platformType: z.string(),
  osArch: z.string().nullish(),
  packageType: z.string(),
});
type PackageRow = z.infer<typeof packageRow>;

const shownRow = z.object({ fileName: z.string().catch('?'), version: z.string().catch('?') });

const formatsOf: Record<string, readonly PackageFileFormat[]> = {
  windows: ['exe', 'msi'],
  macos: ['pkg'],
  linux: ['deb', 'rpm'],
};

const releases: Record<string, Release> = { ga: 'ga', ea: 'ea', beta: 'beta' };

/** "32 bit", "64 bit", "32/64 bit", "ARM64", "32 bit/64 bit/ARM64" → a set; "N/A" → empty. */
export function architecturesOf(osArch: string): ReadonlySet<PackageArchitecture> {
  const found = new Set<PackageArchitecture>();
  if (/\b32\b/.test(osArch)) found.add('x86');
  if (/\b64\b/.test(osArch)) found.add('x64');
  if (/\barm64\b/i.test(osArch)) found.add('arm64');
  return found;
}

const nameWords: Record<string, PackageArchitecture> = {
  '32bit': 'x86',
  x86: 'x86',
  '64bit': 'x64',
  x64: 'x64',
  arm64: 'arm64',
};

/** Both the listed architecture and the file name may speak; they must not contradict each other. */
function windowsArchitectures(row: PackageRow): ReadonlySet<PackageArchitecture> | DropReason {
  const listed = architecturesOf(row.osArch ?? '');
  const words = row.fileName
    .toLowerCase()
    .replace(/x86[_-]64/, 'x64')
    .split(/[_.-]/);
  const named = new Set(words.flatMap((word) => nameWords[word] ?? []));
  if (named.size === 0) return listed.size === 0 ? 'architecture-unknown' : listed;
  if (listed.size === 0) return named;
  const both = new Set([...listed].filter((one) => named.has(one)));
  return both.size === 0 ? 'architecture-contradictory' : both;
}

/** On Linux the listed architecture means nothing: x86-64 files carry "32/64 bit". The name decides. */
function linuxArchitectures(fileName: string): ReadonlySet<PackageArchitecture> | DropReason {
  const name = fileName.replace(/^Signed-/, '');
  const saysArm = /aarch64|arm64/i.test(name);
  const saysIntel = /x86[_-]64|amd64/i.test(name);
  if (saysArm && saysIntel) return 'architecture-contradictory';
  if (name.startsWith('SentinelAgent-aarch64_linux')) return new Set(['arm64']);
  if (/^SentinelAgent[_-]linux/i.test(name)) return saysArm ? 'architecture-contradictory' : new Set(['x64']);
  return 'architecture-unknown';
}

/** What each system's package is made for; absent where we have no target (Windows on ARM). */
const targetsOf: Record<string, Target> = {
  'windows x86': 'windows-x86',
  'windows x64': 'windows-x64',
  'linux x64 deb': 'linux-x64-deb',
  'linux x64 rpm': 'linux-x64-rpm',
  'linux arm64 deb': 'linux-arm64-deb',
  'linux arm64 rpm': 'linux-arm64-rpm',
};

function targets(row: PackageRow, format: PackageFileFormat): readonly Target[] | DropReason {
  if (row.platformType === 'macos') return ['macos'];
  const linux = row.platformType === 'linux';
  const architectures = linux ? linuxArchitectures(row.fileName) : windowsArchitectures(row);
  if (typeof architectures === 'string') return architectures;
  const suffix = linux ? ` ${format}` : '';
  return [...architectures].flatMap((one) => targetsOf[`${row.platformType} ${one}${suffix}`] ?? []);
}

/** A package for several targets becomes one entry for each. */
export function sortPackage(value: unknown): Sorted {
  const parsed = packageRow.safeParse(value);
  const shown = shownRow.catch({ fileName: '?', version: '?' }).parse(value);
  const drop = (reason: DropReason): Sorted => ({
    dropped: { fileName: shown.fileName.slice(0, 200), version: shown.version.slice(0, 60), reason },
  });
  if (!parsed.success) return drop('unreadable-row');
  const row = parsed.data;
  if (row.packageType !== 'Agent' && row.packageType !== 'AgentAndRanger') return drop('other-product');
  const formats = formatsOf[row.platformType];
  if (formats === undefined || (row.osType && row.osType !== row.platformType)) return drop('other-platform');
  const extension = row.fileName.split('.').at(-1)?.toLowerCase();
  const format = formats.find((candidate) => candidate === extension);
  if (format === undefined) return drop('file-format');
  const found = targets(row, format);
  if (typeof found === 'string') return drop(found);
  if (found.length === 0) return drop('no-target');
  const packages = found.map((target) => ({
    vendorPackageId: row.id,
    target,
    format,
    version: row.version,
    fileName: row.fileName,
    sizeBytes: row.fileSize,
    sha1: row.sha1,
    release: releases[row.status] ?? 'other',
    label: (row.minorVersion ?? '').slice(0, 60),
  }));
  return { packages };
}
