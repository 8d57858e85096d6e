/** `status`: what this device is, why, and what happens next. */
import { codes, isFaultCode } from '#protocol/codes.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { placesOf, requireRoot, type GlobalOptions } from '#agent/cli/environment.ts';
import { oneLine, print, printJson } from '#agent/cli/output.ts';
import { ask } from '#agent/cli/ask.ts';

export interface StatusOptions extends GlobalOptions {
  readonly json?: boolean;
}

interface Status {
  readonly version: string;
  readonly report: DeviceReport | null;
  readonly enrolled: { readonly deviceId: string; readonly organisationName: string } | null;
  readonly console: readonly string[];
}

export async function statusCommand(options: StatusOptions): Promise<void> {
  requireRoot();
  const status = (await ask(placesOf(options), { method: 'GET', path: '/status' })) as Status;
  if (options.json === true) return printJson(status);
  for (const line of statusLines(status)) print(line);
}

/** Plain lines for people, also used in tests. Names in them may be of anybody's making on this machine. */
export function statusLines(status: Status): string[] {
  return linesOf(status).map(oneLine);
}

function linesOf({ version, report, enrolled, console: addresses }: Status): string[] {
  const who = enrolled === null ? 'not enrolled' : `${enrolled.organisationName} (${addresses[0] ?? ''})`;
  const head = [`Garrison agent ${version}`, `Organisation: ${who}`];
  if (report === null) return [...head, 'State:        looking for the first time'];
  return [...head, `State:        ${stateText(report.state)}`, ...details(report)];
}

function details(report: DeviceReport): string[] {
  const lines = report.decision.because.map((reason) => `Because:      ${reason.text}`);
  const { state } = report;
  if ('fault' in state && isFaultCode(state.fault.code)) lines.push(`What to do:   ${codes[state.fault.code].remedy}`);
  if (state.kind === 'blocked') {
    for (const conflict of state.conflicts) {
      lines.push(`Found:        ${conflict.name}${conflict.version === null ? '' : ` ${conflict.version}`}`);
      lines.push(
        ...conflict.evidence.map((evidence) => `              ${evidence}`),
        `Remedy:       ${conflict.remedy}`,
      );
    }
  }
  lines.push(
    `Installs:     ${report.attempts.startsLast24h} of ${report.attempts.startsMax} starts in 24 hours, ${report.attempts.number} attempts in all`,
  );
  return lines;
}

/** "Other antivirus: Acme AV" is how a product is called that nobody knows; after those words its name is enough. */
function bareName(name: string): string {
  return name.replace(/^Other antivirus: /, '');
}

/** One line per state, in the words of the page. */
export function stateText(state: ProtectionState): string {
  switch (state.kind) {
    case 'protected':
      return `Protected (version ${state.version}) since ${state.since}`;
    case 'degraded':
      return `Protected, needs attention: ${state.problems.map((problem) => problem.detail).join('; ')}`;
    case 'not-protecting':
      return `Not protecting: ${state.detail}`;
    case 'checking':
      return 'Checking';
    case 'unsupported':
      return `Not with this version: ${state.reasons[0] ?? ''} ${state.help}`.trim();
    case 'unassigned':
      return state.reason === 'not-enrolled' ? 'Not enrolled' : 'No site chosen';
    case 'paused':
      return state.wouldInstall === null ? 'Watching only' : `Watching only; would install ${state.wouldInstall}`;
    case 'installing':
      return `Installing (attempt ${state.attempt}): ${state.step}`;
    case 'blocked':
      return state.conflicts.length === 0
        ? `Could not check for other antivirus: ${state.fault.detail}`
        : `Other antivirus found: ${state.conflicts.map((conflict) => bareName(conflict.name)).join(', ')}`;
    case 'waiting':
      return `Waiting for ${state.condition}${state.holder === null ? '' : ` (${state.holder})`} since ${state.since}`;
    case 'retrying':
      return `Failed, next try ${state.nextAttemptAt} (${state.attempt}${state.attemptsMax === 0 ? '' : ` of ${state.attemptsMax}`})`;
    case 'failed':
      return `Needs you: ${isFaultCode(state.fault.code) ? codes[state.fault.code].title : state.fault.code}`;
  }
}
