import type { Architecture } from '#platform/platform.ts';

/** The kernel's word (`uname -m`): `uname -p` says "unknown" on many distributions. */
export function architectureOf(machine: string): Architecture {
  if (machine === 'x86_64' || machine === 'amd64') return 'x64';
  if (machine === 'aarch64' || machine === 'arm64') return 'arm64';
  return /^i[3-6]86$/.test(machine) ? 'x86' : 'other';
}

export interface HardwareIds {
  readonly productUuid: string | null;
  readonly deviceTreeSerial: string | null;
  readonly macs: readonly string[];
}

/** Boards whose maker left the field empty or alike on every piece. */
const placeholder = /^(?:0+|f+|03000200-?0400-?0500-?0006-?000700080009)$/;

/** The first that tells one machine from another; empty when nothing does. */
export function hardwareId(ids: HardwareIds): string {
  const candidates = [
    ['uuid', ids.productUuid],
    ['serial', ids.deviceTreeSerial],
    ['mac', ids.macs[0] ?? null],
  ] as const;
  for (const [kind, raw] of candidates) {
    const id = (raw ?? '').replaceAll('\0', '').trim().toLowerCase();
    if (id !== '' && !placeholder.test(id) && !placeholder.test(id.replaceAll(/[-:]/g, ''))) return `${kind}:${id}`;
  }
  return '';
}

/** The processor's own mark of running under a hypervisor; which one it does not say. */
export function hypervisorOf(cpuinfo: string): string | null {
  return /^flags\s*:.*\bhypervisor\b/m.test(cpuinfo) ? 'unknown' : null;
}
