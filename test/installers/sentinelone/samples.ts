/** Machines and candidates to vary in tests. */
import type { Machine } from '#platform/platform.ts';
import type { Candidate } from '#protocol/assignment.ts';
import type { Trust } from '#installers/sentinelone/trust.ts';

export const releaseFloor: Trust['versionFloor'] = { windows: '23.3.3.264', macos: '24.2.2.7632', linux: '24.2.2.20' };

export function machine(changes: Partial<Machine> = {}): Machine {
  return {
    os: 'linux',
    name: 'Debian GNU/Linux 12 (bookworm)',
    version: '12',
    architecture: 'x64',
    product: 'server',
    formats: ['deb'],
    distribution: { id: 'debian', like: [] },
    imageBased: false,
    sse42: true,
    memoryBytes: 4 * 1024 ** 3,
    hostname: 'web-1',
    virtualisation: null,
    fingerprint: '0'.repeat(64),
    bootId: 'boot-1',
    ...changes,
  };
}

export function candidate(changes: Partial<Candidate> = {}): Candidate {
  return {
    target: 'linux-x64-deb',
    format: 'deb',
    version: '24.2.2.20',
    fileName: 'SentinelAgent_linux_x86_64_v24_2_2_20.deb',
    sizeBytes: 46_000_000,
    sha256: 'a'.repeat(64),
    source: 'baseline',
    release: 'ga',
    ...changes,
  };
}

export function tokenOf(content: unknown): string {
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)).toString('base64');
}
