/** What Windows says of itself, as the facts the agent decides on. */
import type { Architecture } from '#platform/platform.ts';

const firstEleven = 22_000;

/**
 * For people. Windows 11 still calls itself "Windows 10" in the registry; its build number does not lie.
 * `displayVersion`: "23H2".
 */
export function productName(named: string | null, build: number | null, displayVersion: string | null): string {
  const isEleven = build !== null && build >= firstEleven;
  const name = (named ?? 'Windows').replace(/^Windows 10\b/, isEleven ? 'Windows 11' : 'Windows 10');
  return displayVersion === null || displayVersion === '' ? name : `${name} ${displayVersion}`;
}

/** `ProductType` of the registry: WinNT is a client; ServerNT and LanmanNT (domain controller) are servers. */
export function productKind(productType: string | null): 'client' | 'server' {
  return /^winnt$/i.test(productType ?? '') ? 'client' : 'server';
}

const architectures: Readonly<Record<string, Architecture>> = {
  amd64: 'x64',
  x64: 'x64',
  x86_64: 'x64',
  x86: 'x86',
  i386: 'x86',
  i686: 'x86',
  arm64: 'arm64',
  aarch64: 'arm64',
};

/** First word that names an architecture, the machine's own words first; `other` when none does. */
export function architectureOf(words: readonly (string | null | undefined)[]): Architecture {
  for (const word of words) {
    const known = architectures[(word ?? '').toLowerCase()];
    if (known !== undefined) return known;
  }
  return 'other';
}

/** Maker and model as firmware tells them; a virtual machine's are its hypervisor's. */
const hypervisors: readonly (readonly [RegExp, string])[] = [
  [/vmware/i, 'vmware'],
  [/virtualbox|innotek/i, 'oracle'],
  [/microsoft corporation.*virtual machine/i, 'microsoft'],
  [/qemu|kvm|red hat|proxmox|nutanix/i, 'kvm'],
  [/\bxen\b/i, 'xen'],
  [/amazon ec2/i, 'amazon'],
  [/google compute engine/i, 'google'],
  [/parallels/i, 'parallels'],
  [/bochs/i, 'bochs'],
];

/** systemd-detect-virt's words; null for hardware, as far as firmware tells. */
export function hypervisorOf(manufacturer: string | null, model: string | null): string | null {
  const words = `${manufacturer ?? ''} ${model ?? ''}`;
  return hypervisors.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}

/**
 * Whether the processor has SSE4.2, from the kernel's name for it ("Intel64 Family 6 Model 158 Stepping 10"): Intel since
 * Nehalem (model 26) but for the first Atoms, AMD since family 21. null when the name says neither.
 */
export function sse42Of(identifier: string | null): boolean | null {
  const found = /^(Intel64|AMD64|x86) Family (\d+) Model (\d+)/.exec(identifier ?? '');
  if (found === null) return null;
  const [family, model] = [Number(found[2]), Number(found[3])];
  if (found[1] === 'AMD64') return family >= 21;
  if (found[1] !== 'Intel64' || family !== 6) return null;
  const firstAtoms = [28, 38, 39, 53, 54];
  return model >= 26 && !firstAtoms.includes(model);
}
