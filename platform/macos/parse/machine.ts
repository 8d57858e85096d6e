import type { Architecture } from '#platform/platform.ts';

/** `sysctl NAME …`: "name: value" lines; a name that this kernel does not have is told on standard error and left out. */
export function parseSysctl(output: string): ReadonlyMap<string, string> {
  return new Map(
    output.split('\n').flatMap((line) => {
      const found = /^([a-z][\w.]*): (.*)$/.exec(line);
      return found === null ? [] : [[found[1] ?? '', (found[2] ?? '').trim()] as const];
    }),
  );
}

/**
 * The machine's, not this process's: under Rosetta `uname -m` says x86_64, while `hw.optional.arm64` stays 1. Intel Macs
 * have neither of the two names.
 */
export function architectureOf(values: ReadonlyMap<string, string>, unameMachine: string): Architecture {
  if (values.get('hw.optional.arm64') === '1' || values.get('sysctl.proc_translated') === '1') return 'arm64';
  if (unameMachine === 'arm64') return 'arm64';
  return unameMachine === 'x86_64' ? 'x64' : 'other';
}

/** Of the processor's features; null on a machine that is not Intel's. */
export function sse42Of(values: ReadonlyMap<string, string>, architecture: Architecture): boolean | null {
  const features = values.get('machdep.cpu.features');
  return architecture !== 'x64' || features === undefined ? null : features.split(' ').includes('SSE4.2');
}

const hypervisors: readonly (readonly [RegExp, string])[] = [
  [/^VMware/, 'vmware'],
  [/^Parallels/, 'parallels'],
  [/^VirtualMac/, 'apple'],
];

/** Which one, when the model's name tells it; null on real hardware. */
export function hypervisorOf(values: ReadonlyMap<string, string>): string | null {
  const model = values.get('hw.model') ?? '';
  const named = hypervisors.find(([pattern]) => pattern.test(model))?.[1] ?? null;
  return named ?? (values.get('kern.hv_vmm_present') === '1' ? 'unknown' : null);
}

export interface SystemVersion {
  /** "macOS". */
  readonly name: string;
  /** "15.3". */
  readonly version: string;
  readonly build: string;
}

/** `sw_vers`: three or four "Key:<tabs>Value" lines. */
export function parseSystemVersion(output: string): SystemVersion | null {
  const valueOf = (key: string): string | undefined =>
    new RegExp(`^${key}:\\s*(\\S.*)$`, 'm').exec(output)?.[1]?.trimEnd();
  const version = valueOf('ProductVersion');
  if (version === undefined || !/^\d+(?:\.\d+){0,3}$/.test(version)) return null;
  return { name: valueOf('ProductName') ?? 'macOS', version, build: valueOf('BuildVersion') ?? '' };
}

/** Made by this Mac's own firmware; a virtual machine's is drawn when it is made, and a copy of it may keep it. */
export interface PlatformIds {
  readonly uuid: string | null;
  readonly serial: string | null;
}

/** `ioreg -rd1 -c IOPlatformExpertDevice`: `"key" = "value"` lines. */
export function parsePlatformIds(output: string): PlatformIds {
  const valueOf = (key: string): string | null =>
    new RegExp(`^\\s*"${key}" = "([^"]+)"\\s*$`, 'm').exec(output)?.[1] ?? null;
  return { uuid: valueOf('IOPlatformUUID'), serial: valueOf('IOPlatformSerialNumber') };
}
