/** The tested version of every target, as a connection holds it. Sizes and digests are our own. */
import type { Candidate } from '#protocol/assignment.ts';
import { sha256Hex } from '#protocol/crypto.ts';

type Given = Pick<Candidate, 'target' | 'format' | 'version' | 'fileName'> & Partial<Candidate>;

export function candidate(given: Given): Candidate {
  return { sizeBytes: 150_000_000, sha256: sha256Hex(given.fileName), source: 'baseline', release: 'ga', ...given };
}

export const tested: readonly Candidate[] = [
  candidate({
    target: 'windows-x86',
    format: 'exe',
    version: '23.3.3.264',
    fileName: 'SentinelOneInstaller_windows_32bit_v23_3_3_264.exe',
  }),
  candidate({
    target: 'windows-x64',
    format: 'exe',
    version: '24.1.4.257',
    fileName: 'SentinelOneInstaller_windows_64bit_v24_1_4_257.exe',
  }),
  candidate({
    target: 'macos',
    format: 'pkg',
    version: '24.2.2.7632',
    fileName: 'Sentinel-Release-24-2-2-7632_macos_v24_2_2_7632.pkg',
  }),
  candidate({
    target: 'linux-x64-deb',
    format: 'deb',
    version: '24.2.2.20',
    fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
  }),
  candidate({
    target: 'linux-x64-rpm',
    format: 'rpm',
    version: '24.2.2.20',
    fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.rpm',
  }),
  candidate({
    target: 'linux-arm64-deb',
    format: 'deb',
    version: '24.2.2.20',
    fileName: 'SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.deb',
  }),
  candidate({
    target: 'linux-arm64-rpm',
    format: 'rpm',
    version: '24.2.2.20',
    fileName: 'SentinelAgent-aarch64_linux_aarch64_v24_2_2_20.rpm',
  }),
];
