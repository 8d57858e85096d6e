/** `plan`: detection, selection, preflight and the commands that would run. Changes nothing. */
import { vendorOf } from '#installers/index.ts';
import { probeTitles, type ProbeName } from '#installers/antivirus/probes.ts';
import { asFault } from '#protocol/codes.ts';
import type { Conflict } from '#protocol/state.ts';
import type { Condition } from '#protocol/words.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { leavingNothing } from '#platform/files/leave-nothing.ts';
import { scratchDirectory, thisMachine } from '#agent/cli/machine.ts';
import { oneLine, print, printJson } from '#agent/cli/output.ts';
import { stateText } from '#agent/cli/status.ts';
import { lookOnce } from '#agent/observe/look-once.ts';
import { ask } from '#agent/cli/ask.ts';
import type { Explanation } from '#agent/explain/explain.ts';

export interface PlanOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly assignment?: string;
}

export async function planCommand(options: PlanOptions): Promise<void> {
  requireRoot();
  const places = placesOf(options);
  const local = (): Promise<Explanation> =>
    leavingNothing(scratchDirectory(places), async () =>
      lookOnce(await thisMachine(places, null), vendorOf('sentinelone'), options.assignment ?? null),
    );
  let stopped = false;
  const explanation =
    options.assignment === undefined
      ? await ask(places, { method: 'GET', path: '/plan' }).catch((error: unknown) => {
          if (asFault(error).code !== 'agent.not-running') throw error;
          stopped = true;
          return local();
        })
      : await local();
  if (options.json === true) return printJson(explanation);
  if (stopped) print('The agent is not running: this shows the machine without an assignment.\n');
  for (const line of planLines(explanation as Explanation)) print(line);
}

/** Names in them may be of anybody's making on this machine. */
export function planLines(plan: Explanation): string[] {
  return linesOf(plan).map(oneLine);
}

function linesOf(plan: Explanation): string[] {
  const { machine, product, antivirus, selection, assignment } = plan;
  return [
    `Machine       ${machine.hostname}: ${machine.name}, ${machine.architecture}${machine.target === null ? '' : ` (${machine.target})`}`,
    `SentinelOne   ${product.state}${product.version === null ? '' : ` ${product.version}`}`,
    `Assignment    ${assignment === null ? 'none' : `${assignment.mode}, site ${assignment.site ?? 'none'}, from ${assignment.source}, valid until ${assignment.expiresAt}`}`,
    `State         ${stateText(plan.state)}`,
    `Next          ${nextText(plan)}`,
    ...plan.decision.because.map((reason) => `  because     ${reason.text}`),
    ...plan.ahead.map((line) => `  ahead       ${line}`),
    '',
    `Other antivirus: ${antivirus.blocking.length === 0 ? 'none in the way' : 'in the way'}`,
    ...antivirus.blocking.flatMap((found) => foundLines(found, 'in the way')),
    ...antivirus.unknown.map(
      ({ probe, detail, waived }) => `  could not look at ${lookTitle(probe)}: ${detail}${waived ? ' (waived)' : ''}`,
    ),
    ...antivirus.reported.flatMap((found) => foundLines(found, 'not in the way')),
    '',
    `Package: ${selection?.chosen ?? 'none'}`,
    ...(selection?.rejected ?? []).map((entry) => `  not ${entry.fileName}: ${entry.reason}`),
    ...(selection?.help == null ? [] : [`  ${selection.help}`]),
    '',
    'Preflight:',
    ...plan.preflight.map(
      (row) =>
        `  ${row.ok === null ? 'open' : row.ok ? 'ok  ' : 'NO  '}  ${row.check}${row.detail === '' ? '' : `: ${row.detail}`}`,
    ),
    '',
    plan.commands.length === 0 ? 'Would run nothing.' : 'Would run, the first that the machine has:',
    ...plan.commands.map((command) => `  ${command.join(' ')}`),
  ];
}

function foundLines({ name, state, evidence, remedy }: Conflict, where: string): string[] {
  return [
    `  ${name}: ${findingWords[state]}, ${where}`,
    ...evidence.map((line) => `    ${line}`),
    ...(remedy === '' ? [] : [`    What to do: ${remedy}`]),
  ];
}

function lookTitle(probe: string): string {
  return Object.hasOwn(probeTitles, probe) ? probeTitles[probe as ProbeName] : probe;
}

const findingWords: { readonly [state in Conflict['state']]: string } = {
  active: 'active',
  'installed-inactive': 'installed, not active',
  'pending-reboot': 'gone after a restart',
  remnant: 'leftovers',
  coexists: 'may stay',
  self: 'SentinelOne itself',
  unknown: 'could not be checked',
};

const waitsFor: { readonly [condition in Condition | 'time']: string } = {
  'package-manager-free': 'the package manager',
  'installer-settled': 'the installer to come to rest',
  'disk-space': 'disk space',
  network: 'the network',
  reboot: 'a restart',
  window: 'the hours in which installing is allowed',
  console: 'the console',
  'antivirus-gone': 'the other antivirus to go, or the failed look to work',
  clock: 'the clock to be right',
  turn: 'its turn among the installs of the organisation',
  time: 'the next try',
};

function nextText({ decision }: Explanation): string {
  switch (decision.kind) {
    case 'do':
      return decision.action.kind;
    case 'wait':
      return `wait for ${waitsFor[decision.condition]}`;
    case 'rest':
      return 'nothing to do';
  }
}
