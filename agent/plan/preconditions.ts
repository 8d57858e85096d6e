/** What stands between an assignment and an install, in the order in which people want to hear it. Pure. */
import { Fault } from '#protocol/codes.ts';
import { notApproved } from '#agent/plan/approval.ts';
import type { BareState, PlanInput } from '#agent/plan/decision.ts';
import { lookAgainMs, record, rest, waiting, type Obstacle } from '#agent/plan/obstacle.ts';
import { pausedByFault } from '#agent/plan/pause.ts';
import { startBudget } from '#agent/schedule.ts';

const lockLookAgainMs = 2_000;
/** The turn comes with a new assignment, which wakes the planner by itself. */
const turnLookAgainMs = 15 * 60_000;
const clockOffsetMaxMs = 10 * 60_000;

type Check = (input: PlanInput) => Obstacle | null;

const checks: readonly Check[] = [
  unsupported,
  unassigned,
  paused,
  otherAntivirus,
  unknownAntivirus,
  journalUnfit,
  pausedByFault,
  loop,
  noPackage,
  notApproved,
  expired,
  outsideWindow,
  budgetSpent,
  notItsTurn,
  unsettled,
  lockHeld,
  diskFull,
  vendorUnreachable,
];

export function obstacle(input: PlanInput): Obstacle | null {
  for (const check of checks) {
    const found = check(input);
    if (found !== null) return found;
  }
  return null;
}

function unsupported(input: PlanInput): Obstacle | null {
  const selection = input.facts.selection?.value;
  if (selection?.failure?.code !== 'selection.unsupported') return null;
  const reasons = [selection.failure.detail, ...selection.rejected.map((entry) => entry.reason)];
  const state: BareState = {
    kind: 'unsupported',
    reasons: reasons.slice(0, 20).map((reason) => reason.slice(0, 200)),
    help: (selection.help ?? '').slice(0, 2000),
  };
  return rest(input, state, 'selection.unsupported', selection.failure.detail);
}

function unassigned(input: PlanInput): Obstacle | null {
  const { assignment, enrolled } = input;
  if (assignment === null) {
    const reason = enrolled ? 'no-assignment' : 'not-enrolled';
    return rest(
      input,
      { kind: 'unassigned', reason },
      reason,
      enrolled ? 'the console has sent nothing yet' : 'not enrolled',
    );
  }
  if (assignment.assignment.site !== null) return null;
  return rest(input, { kind: 'unassigned', reason: 'no-site' }, 'no-site', 'the organisation is not mapped to a site');
}

function paused(input: PlanInput): Obstacle | null {
  const mode = input.assignment?.assignment.mode ?? 'watch';
  if (mode === 'deploy') return null;
  const chosen = input.facts.selection?.value.chosen ?? null;
  const wouldInstall = chosen === null ? null : `${chosen.fileName} (${chosen.version})`.slice(0, 200);
  return rest(input, { kind: 'paused', mode, wouldInstall }, mode, 'the organisation is not being deployed');
}

function otherAntivirus(input: PlanInput): Obstacle | null {
  const { blocking } = input.facts.antivirus.value;
  const [first] = blocking;
  if (first === undefined) return null;
  const names = blocking.map((conflict) => conflict.name).join(', ');
  const fault = new Fault('antivirus.present', `found ${names}`, {
    context: { products: names.slice(0, 200) },
  }).toRecord();
  const state: BareState = { kind: 'blocked', fault, conflicts: blocking.slice(0, 20) };
  const because = blocking.map((conflict) => ({
    code: 'antivirus.present',
    text: `${conflict.name}: ${conflict.evidence[0] ?? ''}`,
  }));
  return { state, condition: 'antivirus-gone', lookAgainAtMs: input.now.monotonicMs + 60_000, because };
}

/** A look that failed is never "nothing there"; an administrator may waive it. */
function unknownAntivirus(input: PlanInput): Obstacle | null {
  const open = input.facts.antivirus.value.unknown.filter((entry) => !entry.waived);
  const [first] = open;
  if (first === undefined) return null;
  const detail = open.map((entry) => `${entry.probe}: ${entry.detail}`).join('; ');
  const fault = new Fault('antivirus.unknown', detail, { context: { probe: first.probe } }).toRecord();
  return {
    state: { kind: 'blocked', fault, conflicts: [] },
    condition: 'antivirus-gone',
    lookAgainAtMs: input.now.monotonicMs + lookAgainMs,
    because: [{ code: 'antivirus.unknown', text: detail.slice(0, 200) }],
  };
}

function journalUnfit(input: PlanInput): Obstacle | null {
  const { broken, tight } = input.journal;
  if (broken !== null) return waiting(input, { condition: 'disk-space', fault: broken });
  if (!tight) return null;
  const fault = record('state.no-space', 'no space is left for the memory of the agent');
  return waiting(input, { condition: 'disk-space', fault });
}

/** The same package three times without ever working: a fourth time would not help either. */
function loop(input: PlanInput): Obstacle | null {
  const chosen = input.facts.selection?.value.chosen ?? null;
  if (chosen === null || (input.memory.unverified[chosen.sha256] ?? 0) < 3) return null;
  const fault = record('install.loop', `${chosen.fileName} was installed 3 times without working`);
  return rest(input, { kind: 'failed', fault }, fault.code, fault.detail);
}

function noPackage(input: PlanInput): Obstacle | null {
  const selection = input.facts.selection?.value;
  if (selection === undefined || selection.chosen !== null) return null;
  const fault = record(selection.failure?.code ?? 'selection.none', selection.failure?.detail ?? 'no package fits');
  return rest(input, { kind: 'failed', fault }, fault.code, fault.detail);
}

function expired(input: PlanInput): Obstacle | null {
  const expiresAt = input.assignment?.assignment.expiresAt;
  if (expiresAt === undefined || Date.parse(expiresAt) > input.now.wallMs) return null;
  const fault = record('assignment.expired', `valid until ${expiresAt}`);
  return waiting(input, { condition: 'console', fault, holder: 'the console' });
}

function outsideWindow(input: PlanInput): Obstacle | null {
  const window = input.assignment?.assignment.window ?? null;
  if (window === null) return null;
  const { localMinute } = input.now;
  const { startMinute, endMinute } = window;
  if (startMinute === endMinute) return null;
  const inside =
    startMinute <= endMinute
      ? localMinute >= startMinute && localMinute < endMinute
      : localMinute >= startMinute || localMinute < endMinute;
  if (inside) return null;
  const minutes = (startMinute - localMinute + 1440) % 1440;
  const fault = record('install.outside-hours', `the hours begin in ${minutes} minutes`);
  return waiting(input, { condition: 'window', fault, everyMs: minutes * 60_000 });
}

function budgetSpent(input: PlanInput): Obstacle | null {
  const budget = startBudget(input.memory, input.now.wallMs);
  if (budget.nextAtMs === null) return null;
  const cause = input.memory.lastFault ?? record('install.budget-spent', `${budget.used} starts in 24 hours`);
  const state: BareState = {
    kind: 'retrying',
    attempt: budget.used,
    attemptsMax: budget.max,
    fault: cause,
    nextAttemptAt: new Date(budget.nextAtMs).toISOString(),
  };
  const because = [
    { code: 'install.budget-spent', text: `${budget.used} of ${budget.max} starts in 24 hours are used` },
  ];
  const lookAgainAtMs = input.now.monotonicMs + (budget.nextAtMs - input.now.wallMs);
  return { state, condition: 'time', lookAgainAtMs, because };
}

/** Said only when nothing but the turn is missing: this is how the console knows who stands in the queue. */
function notItsTurn(input: PlanInput): Obstacle | null {
  if (input.assignment?.assignment.slot !== 'none') return null;
  const fault = record('install.not-its-turn', 'ready; the console lets a few devices install at a time');
  return waiting(input, { condition: 'turn', fault, holder: 'the console', everyMs: turnLookAgainMs });
}

function unsettled(input: PlanInput): Obstacle | null {
  const { settled } = input.facts;
  if (settled.settled) return null;
  const { holder } = settled;
  const fault = record('install.busy', `${holder ?? 'another installation'} is running`);
  return waiting(input, { condition: 'package-manager-free', fault, holder, everyMs: lockLookAgainMs });
}

function lockHeld(input: PlanInput): Obstacle | null {
  const locks = input.facts.locks?.value;
  if (locks === undefined || locks.status === 'unsupported') return null;
  if (locks.status === 'failed') {
    return waiting(input, { condition: 'package-manager-free', fault: record('install.busy', locks.detail) });
  }
  const [held] = locks.value;
  if (held === undefined) return null;
  const holder = held.holder === null ? 'an unknown program' : `${held.holder.command} (${held.holder.pid})`;
  const fault = record('install.busy', `${holder} holds the ${held.lock} lock`);
  return waiting(input, { condition: 'package-manager-free', fault, holder, everyMs: lockLookAgainMs });
}

function diskFull(input: PlanInput): Obstacle | null {
  const free = input.facts.freeBytes.value;
  const needed = neededBytes(input);
  if (free.status !== 'ok' || free.value >= needed) return null;
  const missing = Math.ceil((needed - free.value) / 1_048_576);
  return waiting(input, {
    condition: 'disk-space',
    fault: record('install.no-space', `${missing} MiB more are needed`),
  });
}

/** Free space of the recipe plus twice the package (the file itself and its unpacking). */
function neededBytes(input: PlanInput): number {
  const chosen = input.facts.selection?.value.chosen ?? null;
  return input.freeBytesMin + 2 * (chosen?.sizeBytes ?? 0);
}

/** Installed where its console cannot be reached, the agent would never register; better to say so before. */
function vendorUnreachable(input: PlanInput): Obstacle | null {
  const check = input.facts.vendorHost?.value;
  if (check === undefined) return null;
  if (check.clockOffsetMs !== null && Math.abs(check.clockOffsetMs) > clockOffsetMaxMs) {
    const minutes = Math.round(check.clockOffsetMs / 60_000);
    return waiting(input, { condition: 'clock', fault: record('clock.skewed', `the clock is ${minutes} minutes off`) });
  }
  if (check.dns === 'ok' && check.tls === 'ok') return null;
  const fault = record('network.vendor-unreachable', check.detail || check.host);
  return waiting(input, { condition: 'network', fault, holder: check.host });
}
