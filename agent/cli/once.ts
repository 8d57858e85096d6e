/** `once`: for tools that bring their own schedule. One pass, an exit code, no service. */
import { vendorOf } from '#installers/index.ts';
import { currentSystem } from '#platform/current.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { build } from '#agent/build.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { thisMachine } from '#agent/cli/machine.ts';
import { oneLine, print, printJson, printProgress } from '#agent/cli/output.ts';
import { stateText } from '#agent/cli/status.ts';
import { readConfig } from '#agent/config.ts';
import { exitOfOutcome } from '#agent/exit-codes.ts';
import { createLog } from '#agent/log.ts';
import { runOnce, type OnceResult } from '#agent/once.ts';
import { createRedactor } from '#agent/redact.ts';
import type { StartOptions } from '#agent/start.ts';

export interface OnceCommandOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly assignment?: string;
  /** Minutes. */
  readonly timeLimit: number;
}

export async function onceCommand(options: OnceCommandOptions): Promise<void> {
  requireRoot();
  const start = await startOptions(options);
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  const progress = (state: ProtectionState): void => {
    if (options.quiet !== true) printProgress(stateText(state));
  };
  const limitMs = options.timeLimit * 60_000;
  const result = await runOnce({ start, limitMs, signal: stopping.signal, progress });
  process.exitCode = exitOfOutcome(result.outcome, currentSystem());
  if (options.json === true) printJson({ ...result, exitCode: process.exitCode, version: build.version });
  else print(onceLine(result));
}

/** The agent's own parts, as in `run`, without its control. */
async function startOptions(options: OnceCommandOptions): Promise<StartOptions> {
  const places = placesOf(options);
  const { proxy, logLevel } = await readConfig((await thisMachine(places, null)).files, places.configFile);
  const redactor = createRedactor();
  const level = logLevel === 'info' ? 'warn' : logLevel;
  return {
    platform: await thisMachine(places, proxy),
    vendor: vendorOf('sentinelone'),
    places,
    version: build.version,
    log: createLog({ level, style: 'readable', redactor }),
    redactor,
    proxy,
    assignmentFile: options.assignment ?? null,
    hardware: () => null,
  };
}

export function onceLine({ state, told, ended }: OnceResult): string {
  const text = state === null ? 'The first look has not ended' : stateText(state);
  const early = { settled: '', 'time-over': ' The time is over.', stopped: ' Stopped.' }[ended];
  return oneLine(`${text}.${early}${told === false ? ' The console does not know of it yet.' : ''}`);
}
