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
      return [...(state.alarm === true ? [unseenForADay] : []), { ...faultLine(state.fault), cause: null }];
    case 'failed':
      return [failedLine(state.fault)];
    case 'retrying':
      return [faultLine(state.fault)];
    case 'waiting':
      return [
        ...(state.alarm === true ? [alarmLine(state.holder)] : []),
        { ...faultLine(state.fault), remedy: conditionRemedies[state.condition] },
      ];
    case 'checking':
    case 'installing':
      return [];
  }
}

function faultLine(fault: FaultRecord): HealthLine {
  const words = faultWords(fault);
  return { cause: words.title, detail: text(fault.detail), remedy: words.remedy };
}

/** Nothing that is waited for should take that long. */
function alarmLine(holder: string | null): HealthLine {
  return {
    cause: 'Waiting for more than a day',
    detail: holder === null ? null : text(holder),
    remedy: 'Find out what holds it up; it does not end by itself any more.',
  };
}

/** A look that fails once passes; one that fails for a day keeps protection away until somebody acts. */
const unseenForADay: HealthLine = {
  cause: 'Not checked for other antivirus for more than a day',
  detail: null,
  remedy: 'Put right what the look fails at, or waive this one look below. Nothing is installed until then.',
};

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
  'mode' | 'state' | 'lastSeenAt' | 'notReportingSince' | 'report' | 'mapping' | 'restartAt'
>;

export interface Offer {
  readonly verbs: readonly OperatorVerb[];
  readonly urge: boolean;
}

/** Which buttons a device has, the fitting one first, and whether that one is what to press now. */
export function actionsFor({ state, restartAt }: Pick<ActionDevice, 'state' | 'restartAt'>, nowMs: number): Offer {
  const offer = actionsIn(state);
  const restarts = restartAt !== null && Date.parse(restartAt) > nowMs;
  return restarts ? { ...offer, verbs: [...offer.verbs, 'cancel'] } : offer;
}

function actionsIn(state: ProtectionState | null): Offer {
  switch (state?.kind) {
    case 'protected':
      return { verbs: ['check'], urge: false };
    case 'failed':
    case 'retrying':
    case 'waiting':
      return { verbs: ['retry', 'check'], urge: true };
    case 'not-protecting':
      return { verbs: state.version === null ? ['retry', 'check'] : ['check', 'retry'], urge: true };
    case 'blocked':
    case 'unsupported':
      return { verbs: ['check', 'retry'], urge: true };
    case undefined:
    case 'degraded':
    case 'installing':
    case 'checking':
    case 'unassigned':
    case 'paused':
      return { verbs: ['check', 'retry'], urge: false };
  }
}

/** What pressing the button will do, before it is pressed. */
export function actionSays(verb: OperatorVerb, device: ActionDevice, nowMs: number): string {
  const waits = device.notReportingSince === null ? '' : ` ${waitsForDevice(device.lastSeenAt, nowMs)}`;
  return says[verb](device, nowMs) + waits;
}

const says: Record<OperatorVerb, (device: ActionDevice, nowMs: number) => string> = {
  retry: retrySays,
  check: checkSays,
  cancel: cancelSays,
};

function cancelSays({ restartAt }: ActionDevice, nowMs: number): string {
  const at = restartAt === null ? '' : ` at ${moment(restartAt, nowMs)}`;
  return `The Garrison agent does not restart the device${at}, nor later for this installation. It still needs a restart; somebody else has to do it.`;
}

function retrySays(device: ActionDevice): string {
  if (isInstalled(device)) {
    return 'Ends all waiting and looks at everything again. SentinelOne is there already and is never installed over.';
  }
  return `Ends all waiting, looks at everything again and installs ${productName(device)} now. A running attempt is joined, not doubled.`;
}

function checkSays(device: ActionDevice): string {
  const looks = 'Looks again at other antivirus and SentinelOne now.';
  const mayInstall = device.mode === 'deploy' && device.mapping.status !== 'unmapped' && !isInstalled(device);
  return mayInstall
    ? `${looks} If nothing is in the way, it installs ${productName(device)}.`
    : `${looks} Installs nothing.`;
}

/** Of a device that does not answer. */
export function waitsForDevice(lastSeenAt: string, nowMs: number): string {
  return `Waits for the device (last contact ${age(lastSeenAt, nowMs)}).`;
}

function productName(device: ActionDevice): string {
  const selection = device.report?.selection?.value;
  if (selection === undefined) return 'SentinelOne';
  return selection.chosen === null ? 'SentinelOne, if a package fits' : `SentinelOne ${selection.chosen.version}`;
}

/** Whatever is there is verified, never installed over. */
function isInstalled({ state }: ActionDevice): boolean {
  return state !== null && 'version' in state && state.version !== null;
}

/** How long the state has lasted. */
export function sinceWords(state: ProtectionState, nowMs: number): string {
  return `since ${moment(state.since, nowMs)}`;
}
