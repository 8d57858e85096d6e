/** What a device's state is called, and what to do about it. Pure. */
import { shownState } from '#console/api/shown-state.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { moment } from '#console/web/format.ts';
import { conditions, notProtecting, problems, states, steps, unassigned, type Tone } from '#console/web/words.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { attemptSteps } from '#protocol/words.ts';

export interface StateWords {
  /** One line: "Failed, next try 14:32 (2 of 6)". */
  readonly line: string;
  readonly tone: Tone;
}

interface Device {
  readonly state: ProtectionState | null;
  readonly notReportingSince: string | null;
}

/** The line of a device in lists and at the top of its page. A silent device is named as such, whatever it said last. */
export function deviceWords(device: Device, nowMs: number): StateWords {
  if (device.notReportingSince !== null) {
    return { line: `Not reporting since ${moment(device.notReportingSince, nowMs)}`, tone: 'quiet' };
  }
  if (device.state === null) return { line: 'Checking, no report yet', tone: 'busy' };
  return stateWords(device.state, nowMs);
}

export function stateWords(state: ProtectionState, nowMs: number): StateWords {
  return { line: lineOf(state, nowMs), tone: toneOf(state) };
}

function toneOf(state: ProtectionState): Tone {
  if (state.kind === 'unassigned' && state.reason !== 'no-site') return 'attention';
  if (state.kind === 'waiting' && state.alarm === true) return 'attention';
  if (state.kind === 'blocked' && state.alarm === true) return 'bad';
  if (state.kind === 'protected' && state.notes.length > 0) return 'good';
  return states[shownState(state, null)].tone;
}

function lineOf(state: ProtectionState, nowMs: number): string {
  switch (state.kind) {
    case 'protected':
    case 'degraded':
    case 'checking':
      return states[state.kind].name;
    case 'unsupported':
      return unsupportedLine(state.reasons);
    case 'not-protecting':
      return state.reason === 'bare-after-failed-upgrade' ? notProtecting[state.reason] : states[state.kind].name;
    case 'unassigned':
      return unassigned[state.reason];
    case 'paused':
      return state.mode === 'watch' ? 'Watching only' : 'Installing is paused';
    case 'installing':
      return `Installing: ${stepName(state.step)}`;
    case 'blocked':
      return blockedLine(state);
    case 'waiting':
      return `Waiting for ${conditions[state.condition]} since ${moment(state.since, nowMs)}`;
    case 'retrying':
      return `Failed, next try ${moment(state.nextAttemptAt, nowMs)} (${state.attempt} of ${state.attemptsMax})`;
    case 'failed':
      return failedLine(state.fault);
  }
}

/** "Not with version 24.2": the version is the one that the device's first reason begins with. */
function unsupportedLine(reasons: readonly string[]): string {
  const version = /^(?:Version )?(\d{2,3}\.\d{1,2})(?:\.\d+)*\b/.exec(reasons[0] ?? '')?.[1];
  return version === undefined ? states.unsupported.name : `Not with version ${version}`;
}

function blockedLine(state: ProtectionState & { kind: 'blocked' }): string {
  // A product that no entry knows is called "Other antivirus: NAME"; after those words its name is enough.
  const names = state.conflicts.map((conflict) => plain(conflict.name).replace(/^Other antivirus: /, ''));
  const [first, ...others] = names;
  if (first === undefined) return faultWords(state.fault).title;
  if (state.conflicts[0]?.state === 'self') return 'SentinelOne is there in another form';
  return `Other antivirus found: ${first}${others.length > 0 ? ` and ${others.length} more` : ''}`;
}

function failedLine(fault: FaultRecord): string {
  const words = faultWords(fault);
  return words.ours ? 'Our fault, please report' : `Needs you: ${words.title}`;
}

function stepName(step: string): string {
  const known = attemptSteps.find((one) => one === step);
  return known === undefined ? plain(step) : steps[known].toLowerCase().replaceAll('sentinelone', 'SentinelOne');
}

/** The name of a cause in lists: a code, problem, condition or reason (`causeOf`). */
export function causeName(cause: string): string {
  const tables: Readonly<Record<string, string>>[] = [problems, notProtecting, unassigned];
  const named = tables.find((table) => Object.hasOwn(table, cause))?.[cause];
  if (named !== undefined) return named;
  if (Object.hasOwn(conditions, cause)) return `Waiting for ${(conditions as Readonly<Record<string, string>>)[cause]}`;
  if (cause === 'watch') return 'Watching only';
  if (cause === 'paused') return 'Installing is paused';
  return faultWords({ code: cause }).title;
}
