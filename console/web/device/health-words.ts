/** The lines of the health section below the state itself. Pure. */
import type { OperatorVerb } from '#console/api/command-rule.ts';
import type { DeviceDetail } from '#console/api/devices.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { age, moment } from '#console/web/format.ts';
import { conditionRemedies, notProtectingRemedies, problemRemedies } from '#console/web/remedies.ts';
import { notProtecting, problems } from '#console/web/words.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { ProtectionState } from '#protocol/state.ts';

export interface HealthLine {
  /** Why it is so; null: the state says all. */
  readonly cause: string | null;
  /** The device's own words. */
  readonly detail: string | null;
  /** What to do. */
  readonly remedy: string | null;
}

export function healthLines(state: ProtectionState): HealthLine[] {
  switch (state.kind) {
    case 'protected':
      return state.notes.map((note) => ({ cause: problems[note], detail: null, remedy: problemRemedies[note] }));
    case 'degraded':
      return state.problems.map((problem) => ({
        cause: problems[problem.kind],
        detail: text(problem.detail),
        remedy: problemRemedies[problem.kind],
      }));
    case 'not-protecting':
      return [
        {
          cause: notProtecting[state.reason],
          detail: text(state.detail),
          remedy: notProtectingRemedies[state.reason],
        },
      ];
    case 'unsupported':
      return [
        ...state.reasons.map((reason) => ({ cause: null, detail: text(reason), remedy: null })),
        { cause: null, detail: null, remedy: text(state.help) },
      ];
    case 'unassigned':
      return [{ cause: null, detail: null, remedy: unassignedRemedies[state.reason] }];
    case 'paused':
      return [{ cause: null, detail: pausedDetail(state), remedy: null }];
    case 'blocked':
      return [{ ...faultLine(state.fault), cause: null }];
    case 'failed':
      return [failedLine(state.fault)];
    case 'retrying':
      return [faultLine(state.fault)];
    case 'waiting':
      return [{ ...faultLine(state.fault), remedy: conditionRemedies[state.condition] }];
    case 'checking':
    case 'installing':
      return [];
  }
}

function faultLine(fault: FaultRecord): HealthLine {
  const words = faultWords(fault);
  return { cause: words.title, detail: text(fault.detail), remedy: words.remedy };
}

/** The line above names the cause already, except of a fault of ours. */
function failedLine(fault: FaultRecord): HealthLine {
  return faultWords(fault).ours ? faultLine(fault) : { ...faultLine(fault), cause: null };
}

function pausedDetail(state: ProtectionState & { kind: 'paused' }): string {
  if (state.wouldInstall === null) return 'Nothing would be installed now.';
  return `If installing were allowed, ${plain(state.wouldInstall)} would be installed.`;
}

const unassignedRemedies: Record<(ProtectionState & { kind: 'unassigned' })['reason'], string> = {
  'not-enrolled': 'Enrol the device with an install key.',
  'no-assignment': 'Nothing to do: the console sends them at its next contact.',
  'no-site': 'Choose a SentinelOne site for the organisation under Administration, Apps, SentinelOne, Mappings.',
  expired: 'The device must reach this console once before it may install.',
};

function text(value: string): string | null {
  const line = plain(value);
  return line === '' ? null : line;
}

export type ActionDevice = Pick<
  DeviceDetail,
  'mode' | 'state' | 'lastSeenAt' | 'notReportingSince' | 'report' | 'mapping'
>;

/** What pressing the button will do, before it is pressed. */
export function actionSays(verb: OperatorVerb, device: ActionDevice, nowMs: number): string {
  const waits = device.notReportingSince === null ? '' : ` ${waitsForDevice(device.lastSeenAt, nowMs)}`;
  if (verb === 'retry') {
    return `Ends all waiting, looks at everything again and installs ${productName(device)} now. A running attempt is joined, not doubled.${waits}`;
  }
  if (mayInstall(device)) {
    return `Looks again at other antivirus and SentinelOne now. If nothing is in the way, it installs ${productName(device)}.${waits}`;
  }
  return `Looks again at other antivirus and SentinelOne now. Installs nothing.${waits}`;
}

/** Of a device that does not answer. */
export function waitsForDevice(lastSeenAt: string, nowMs: number): string {
  return `Waits for the device (last contact ${age(lastSeenAt, nowMs)}).`;
}

function productName(device: ActionDevice): string {
  const version = device.report?.selection?.value.chosen?.version;
  return version === undefined ? 'SentinelOne' : `SentinelOne ${version}`;
}

const present = ['protected', 'degraded'];

function mayInstall(device: ActionDevice): boolean {
  const isPresent = device.state !== null && present.includes(device.state.kind);
  return device.mode === 'deploy' && device.mapping.status !== 'unmapped' && !isPresent;
}

/** How long the state has lasted. */
export function sinceWords(state: ProtectionState, nowMs: number): string {
  return `since ${moment(state.since, nowMs)}`;
}
