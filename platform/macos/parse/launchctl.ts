import type { ServiceState } from '#platform/platform.ts';

export interface LoadedJob {
  readonly label: string;
  /** null: loaded and not running. */
  readonly pid: number | null;
}

/** `launchctl list` of root: columns PID (or "-"), last status, label. Null when it is not such a list. */
export function parseJobs(output: string): readonly LoadedJob[] | null {
  const [heading = '', ...lines] = output.split('\n');
  if (!/^PID\s+Status\s+Label\s*$/.test(heading)) return null;
  return lines.flatMap((line) => {
    const found = /^(-|\d+)\t(-?\d+|-)\t(.+)$/.exec(line);
    return found === null ? [] : [{ label: found[3] ?? '', pid: found[1] === '-' ? null : Number(found[1]) }];
  });
}

/** `launchctl print` and `kickstart` of a service that is not loaded. */
export const notLoadedCode = 113;

/**
 * `launchctl print system/LABEL`: the lines of the job itself have one tab; its endpoints, sockets and environment have
 * more, and some of them hold a "state = …" of their own. Null when no line tells the state.
 */
export function parsePrintedState(output: string): ServiceState['state'] | null {
  const state = /^\tstate = (.+)$/m.exec(output)?.[1]?.trimEnd();
  if (state === undefined) return null;
  if (state === 'running') return 'running';
  const exit = /^\tlast exit code = (-?\d+)/m.exec(output)?.[1];
  return exit === undefined || exit === '0' ? 'stopped' : 'failed';
}

/** How often launchd has started the job since it was loaded, and how it ended last; 0 where that is not told. */
export function parsePrintedRuns(output: string): { readonly runs: number; readonly exitCode: number } {
  const numberOf = (line: RegExp): number => Number(line.exec(output)?.[1] ?? 0);
  return { runs: numberOf(/^\truns = (\d+)/m), exitCode: numberOf(/^\tlast exit code = (-?\d+)/m) };
}

/** `launchctl print-disabled system`: `"LABEL" => disabled`, on older systems `=> true`. A label that is not named is enabled. */
export function isDisabled(output: string, label: string): boolean {
  const rows = output.matchAll(/^\s*"([^"\n]+)" => (\w+)$/gm);
  return [...rows].some(([, name, state]) => name === label && (state === 'disabled' || state === 'true'));
}
