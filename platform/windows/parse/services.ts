/** Services, from their keys in the registry and the numbers of `sc query`; labels and words differ by language. */
import type { ServiceState } from '#platform/platform.ts';

/** Of `ServiceRecord` and `ServiceState`: what a service is doing. */
export type Running = Exclude<ServiceState['state'], 'absent'>;

export const stopped = 1;
export const running = 4;
/** ERROR_SERVICE_NEVER_STARTED: what a service says that was not started since the last boot. */
const neverStarted = 1077;

/**
 * Second and third numbers of the block: step (1 stopped, 2 starting, 3 stopping, 4 running, 5 to 7 around a pause) and the
 * code it ended with. null when the output is no such block.
 */
export function parseScBlock(output: string): { readonly step: number; readonly code: number } | null {
  const numbers = output.split(/\r?\n/).flatMap((line) => {
    const found = /^\s+[^:]+:\s*([0-9a-f]+)\s/i.exec(`${line} `);
    return found === null ? [] : [found[1] ?? ''];
  });
  const step = Number(numbers[1]);
  if (!Number.isInteger(step) || step < stopped || step > 7) return null;
  return { step, code: Number(numbers[2] ?? 0) };
}

export function parseScState(output: string): Running | null {
  const block = parseScBlock(output);
  if (block === null) return null;
  if (block.step === running) return 'running';
  return block.step === stopped && block.code !== 0 && block.code !== neverStarted ? 'failed' : 'stopped';
}

const processTypes = 0x30;
const autoStartMax = 2;

/** Whether the key's `Type` is a program's and not a driver's. */
export function isProgram(type: number | null): boolean {
  return type !== null && (type & processTypes) !== 0;
}

/** Boot, system and automatic start; by demand (3) and disabled (4) do not start by themselves. */
export function startsAtBoot(start: number | null): boolean {
  return start !== null && start <= autoStartMax;
}

export const disabledStart = 4;

/** Key names that one of the patterns means: equal, or a prefix where it ends in `*`; case does not count. */
export function matching(names: readonly string[], patterns: readonly string[]): readonly string[] {
  const exact = new Set(patterns.filter((pattern) => !pattern.endsWith('*')).map((pattern) => pattern.toLowerCase()));
  const prefixes = patterns
    .filter((pattern) => pattern.endsWith('*'))
    .map((pattern) => pattern.slice(0, -1).toLowerCase());
  return names.filter((name) => {
    const key = name.toLowerCase();
    return exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
  });
}
