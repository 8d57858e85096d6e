/** `check`: a detection rule. Reads, changes nothing; one line on standard output only when the device is protected. */
import { vendorOf } from '#installers/index.ts';
import { leavingNothing } from '#platform/files/leave-nothing.ts';
import { currentSystem } from '#platform/current.ts';
import { asFault } from '#protocol/codes.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { ask } from '#agent/cli/ask.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { scratchDirectory, thisMachine } from '#agent/cli/machine.ts';
import { oneLine, print, printError, printJson } from '#agent/cli/output.ts';
import { stateText } from '#agent/cli/status.ts';
import { exitOfFault, exitOfOutcome, strictExit } from '#agent/exit-codes.ts';
import { lookOnce } from '#agent/observe/look-once.ts';
import { outcomeOf, type Outcome } from '#agent/explain/outcome.ts';
import type { OperatingSystem } from '#platform/platform.ts';
import type { Places } from '#agent/places.ts';

export interface CheckOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly strict?: boolean;
}

/** What is known of this device, and by whom. `state` null: a daemon that has not looked yet. */
export interface Known {
  readonly agent: 'running' | 'stopped';
  readonly state: ProtectionState | null;
}

export interface Verdict {
  readonly isProtected: boolean;
  readonly outcome: Outcome | 'stopped';
  readonly exitCode: number;
  readonly text: string;
}

export async function checkCommand(options: CheckOptions): Promise<void> {
  requireRoot();
  const verdict = judge(await known(placesOf(options)), options.strict === true, currentSystem());
  process.exitCode = verdict.exitCode;
  if (options.json === true) printJson(verdict);
  else if (verdict.isProtected) print(verdict.text);
  else printError(verdict.text);
}

/** The daemon's word; while it is stopped, a look of our own. */
async function known(places: Places): Promise<Known> {
  try {
    const { report } = (await ask(places, { method: 'GET', path: '/status' })) as { report: DeviceReport | null };
    return { agent: 'running', state: report?.state ?? null };
  } catch (error) {
    if (asFault(error).code !== 'agent.not-running') throw error;
  }
  const look = async (): Promise<Known> => {
    const { state } = await lookOnce(await thisMachine(places, null), vendorOf('sentinelone'), null);
    return { agent: 'stopped', state };
  };
  return leavingNothing(scratchDirectory(places), look);
}

export function judge({ agent, state }: Known, strict: boolean, system: OperatingSystem): Verdict {
  const outcome = state === null ? 'unclear' : outcomeOf(state);
  // Without a daemon nobody knows what is assigned: what is missing is told by that, not by a guess.
  if (agent === 'stopped' && outcome === 'not-assigned') {
    const exitCode = exitOfFault('agent.not-running');
    const text = 'SentinelOne is not installed, and the Garrison agent does not run.';
    return { isProtected: false, outcome: 'stopped', exitCode, text };
  }
  const tooStrict = strict && outcome === 'needs-attention';
  const exitCode = tooStrict ? strictExit : exitOfOutcome(outcome, system);
  const said = state === null ? 'The Garrison agent has not looked yet' : stateText(state);
  const text = oneLine(`${said}.${agent === 'stopped' ? ' The Garrison agent does not run.' : ''}`);
  return { isProtected: exitCode === 0, outcome, exitCode, text };
}
