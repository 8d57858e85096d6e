/**
 * Restarts: who owes one, whether the agent may do it, and when. Pure.
 *
 * A restart is asked for once per attempt, and only of a machine that has run for a day without one. That rests on the
 * time since boot alone, which no lost journal, no jumping clock and no restored disk can shorten: however often an
 * installer asks, a device never restarts in circles because of us.
 */
import type { Memory, RebootNote } from '#agent/memory/memory.ts';
import type { BarePlan, Decision, PlanInput } from '#agent/plan/decision.ts';
import { record, waiting, type Obstacle } from '#agent/plan/obstacle.ts';

/** For whoever is logged in (G17). */
const rebootNoticeMs = 10 * 60_000;
/** Between two restarts of ours; also how long the machine must have run. */
const betweenRebootsMs = 86_400_000;
/** A machine that still runs this long after it should have gone down is not going down. */
const lateMs = 10 * 60_000;
const lookAgainMs = 60_000;

/** A restart that an installer of this boot has asked for. */
export interface OwedReboot {
  readonly attempt: number;
  /** For people: "ended with 3010: a restart finishes the installation". */
  readonly asked: string;
}

/** Measured by the boot: in another one nothing is owed any more. */
export function owedReboot({ memory, facts }: PlanInput): OwedReboot | null {
  const { bootId } = facts.machine.value;
  const { attempt, pause } = memory;
  if (attempt !== null) {
    const { run } = attempt;
    const meaning = run?.exit?.meaning ?? null;
    if (run?.phase !== 'ended' || meaning?.outcome !== 'done-reboot') return null;
    if ((run.saidInBoot ?? run.bootId) !== bootId) return null;
    return { attempt: attempt.attempt, asked: meaning.text };
  }
  const rung = pause?.rung ?? null;
  if (pause === null || rung?.kind !== 'after-reboot' || rung.bootId !== bootId) return null;
  if (facts.product.value.state === 'present') return null;
  return { attempt: rung.attempt, asked: pause.fault.detail };
}

/** Who restarts the machine, for people, and what the agent does about it now. */
export interface RebootOutlook {
  readonly who: string;
  readonly mayAsk: boolean;
}

function rebootOutlook(input: PlanInput, owed: OwedReboot): RebootOutlook {
  const note = pendingNote(input);
  if (note !== null) {
    const who = `the Garrison agent, at ${clockOf(note.dueLocalMinute)} (time of the device)`;
    return { who, mayAsk: false };
  }
  const forbidden = forbiddenBecause(input) ?? askedBefore(input, owed);
  if (forbidden !== null) return { who: `somebody else: ${forbidden}`, mayAsk: false };
  const later = notYetBecause(input);
  return later === null
    ? { who: 'the Garrison agent, in 10 minutes', mayAsk: true }
    : { who: `the Garrison agent, ${later}`, mayAsk: false };
}

/** For `plan`: what the agent may do about restarts here, and who does the one that is owed. */
export function rebootWords(input: PlanInput): string[] {
  const owed = owedReboot(input);
  if (owed !== null)
    return [`A restart is owed (${owed.asked}). It is restarted by ${rebootOutlook(input, owed).who}.`];
  const policy = input.assignment?.assignment.reboot ?? null;
  if (policy === null) return [];
  const forbidden = forbiddenBecause(input);
  if (forbidden !== null) return [`Restarts by the agent: never; ${forbidden}.`];
  if (policy.kind === 'never') return [];
  const hours = `between ${clockOf(policy.startMinute)} and ${clockOf(policy.endMinute)} (time of the device)`;
  return [`Restarts by the agent: only if an installer asks for one, ${hours}, once in 24 hours.`];
}

/** A restart that is still to come, as far as the memory tells: `cancel` can take it back. */
export function mayBeCalledOff({ reboot, bootId }: Memory): boolean {
  return reboot !== null && reboot.bootId === bootId && (reboot.phase === 'asked' || reboot.phase === 'scheduled');
}

/** What no waiting changes. The console's word, the device's own, and whether anything may be installed at all. */
function forbiddenBecause({ assignment, localReboot, facts, now }: PlanInput): string | null {
  if (assignment === null || assignment.assignment.reboot.kind === 'never') {
    return 'the organisation does not let the agent restart devices';
  }
  if (localReboot === 'never') return 'the configuration of this device forbids it to the agent';
  if (facts.machine.value.product === 'server' && localReboot !== 'allowed') {
    return 'this is a server, and its configuration does not allow it to the agent';
  }
  const { mode, site, expiresAt } = assignment.assignment;
  if (mode !== 'deploy' || site === null || Date.parse(expiresAt) <= now.wallMs) {
    return 'nothing may be installed here at the moment';
  }
  return null;
}

function askedBefore({ memory }: PlanInput, owed: OwedReboot): string | null {
  if (memory.reboot?.attempt !== owed.attempt) return null;
  switch (memory.reboot.phase) {
    case 'cancelled':
      return 'the restart by the agent was called off';
    case 'failed':
      return 'the system did not do as the agent asked';
    case 'asked':
    case 'scheduled':
      return 'the restart by the agent did not come';
  }
}

/** What passes by itself. */
function notYetBecause(input: PlanInput): string | null {
  const { facts, memory, now, journal } = input;
  const { uptimeMs } = facts;
  const policy = input.assignment?.assignment.reboot;
  if (policy?.kind !== 'window') return null;
  const hours = `${clockOf(policy.startMinute)} and ${clockOf(policy.endMinute)} (time of the device)`;
  const asked = memory.reboot?.bootId === facts.machine.value.bootId ? memory.reboot.dueUptimeMs : 0;
  if (uptimeMs - asked < betweenRebootsMs) return `between ${hours}, once it has run for 24 hours`;
  if (minutesLeft(policy, now.localMinute) < rebootNoticeMs / 60_000) return `between ${hours}`;
  if (!facts.settled.settled) return `once ${facts.settled.holder ?? 'the running installation'} has ended`;
  const locks = facts.locks?.value;
  const [held] = locks?.status === 'ok' ? locks.value : [];
  if (held !== undefined) return `once ${held.holder?.command ?? held.lock} has ended`;
  if (journal.broken !== null || journal.tight) return 'once there is disk space';
  return null;
}

/** Minutes until the hours end; 0 outside of them. Hours that begin when they end are none. */
export function minutesLeft(hours: { startMinute: number; endMinute: number }, localMinute: number): number {
  const lasts = (hours.endMinute - hours.startMinute + 1440) % 1440;
  const gone = (localMinute - hours.startMinute + 1440) % 1440;
  return gone < lasts ? lasts - gone : 0;
}

/** The restart of this boot that is still to come; null when there is none, or when it did not come. */
function pendingNote({ memory, facts }: PlanInput): RebootNote | null {
  const note = memory.reboot;
  if (note === null || note.bootId !== facts.machine.value.bootId) return null;
  if (note.phase !== 'asked' && note.phase !== 'scheduled') return null;
  return facts.uptimeMs < note.dueUptimeMs + lateMs ? note : null;
}

/** Waits for the restart, and asks for it when that is the agent's business now. */
export function awaitReboot(input: PlanInput, owed: OwedReboot): Obstacle {
  const outlook = rebootOutlook(input, owed);
  const fault = record('install.reboot-needed', owed.asked.slice(0, 500));
  const obstacle = waiting(input, { condition: 'reboot', fault, holder: outlook.who, everyMs: lookAgainMs });
  const because = [...obstacle.because, { code: 'reboot', text: `restarts it: ${outlook.who}`.slice(0, 200) }];
  return { ...obstacle, because, ...(outlook.mayAsk ? { action: requestAction(owed) } : {}) };
}

/** The same for a product that is there: its state is its own, the waiting is beside it. */
export function rebootDecision(obstacle: Obstacle): Decision {
  const { action, because, lookAgainAtMs } = obstacle;
  if (action !== undefined) return { kind: 'do', action, because };
  return { kind: 'wait', condition: 'reboot', lookAgainAtMs, escalatesAtMs: null, because };
}

function requestAction(owed: OwedReboot) {
  return { kind: 'request-reboot', attempt: owed.attempt, noticeMs: rebootNoticeMs } as const;
}

/** A scheduled restart that is not wanted or not needed any more is taken back while there is time. */
export function callOff(input: PlanInput): BarePlan['decision'] | null {
  const note = pendingNote(input);
  if (note === null || input.facts.uptimeMs >= note.dueUptimeMs || input.journal.broken !== null) return null;
  const why = note.unwanted ? 'somebody called it off' : (forbiddenBecause(input) ?? noLongerNeeded(input, note));
  if (why === null) return null;
  return { kind: 'do', action: { kind: 'cancel-reboot', why }, because: [{ code: 'cancel-reboot', text: why }] };
}

function noLongerNeeded(input: PlanInput, note: RebootNote): string | null {
  return owedReboot(input)?.attempt === note.attempt ? null : 'the restart is not needed any more';
}

/** "02:05" of a minute of the day. */
function clockOf(minute: number): string {
  const two = (number: number): string => String(number).padStart(2, '0');
  return `${two(Math.floor(minute / 60) % 24)}:${two(minute % 60)}`;
}
