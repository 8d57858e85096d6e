/** Giving slots and taking them back. Runs inside the transaction of whoever calls. */
import type { ProtectionState } from '#protocol/state.ts';
import type { Scope } from '#console/auth/scope.ts';
import {
  answerWithinMs,
  asksForTurn,
  failureCause,
  shouldHalt,
  slotOutcome,
  type SlotOutcome,
} from '#console/fleet/deployment/deployment-rule.ts';
import { overdueAfterMs } from '#console/fleet/lists/shown.ts';
import {
  claimSlot,
  countSlots,
  findDeployment,
  haltDeployment,
  type Count,
  type DeploymentRow,
} from '#console/store/deployments/deployments.ts';
import type { DeviceRecord } from '#console/store/devices/devices.ts';
import {
  findSlot,
  moveSlot,
  openSlot,
  openSlots,
  outdateAssignments,
  type SlotRow,
  type SlotState,
} from '#console/store/deployments/slots.ts';
import type { Db } from '#console/store/store.ts';
import { clientsRemain, type Queue } from '#console/store/deployments/turns.ts';

export interface SlotWork {
  readonly db: Db;
  readonly scope: Scope;
  readonly nowMs: number;
}

/** What changed besides the row itself: devices that must be told, and whether a slot is free for somebody else. */
export interface SlotEffect {
  readonly outdated: readonly string[];
  readonly freed: boolean;
  /** Set by the change that halted it. */
  readonly halted: DeploymentRow | null;
}

export const noEffect: SlotEffect = { outdated: [], freed: false, halted: null };

function counterOf(state: string): Partial<Record<Count, number>> {
  if (state === 'done') return { done: 1 };
  return state === 'failed' ? { failed: 1 } : {};
}

function minus(change: Partial<Record<Count, number>>): Partial<Record<Count, number>> {
  return Object.fromEntries(Object.entries(change).map(([name, value]) => [name, -value]));
}

/** True when the device has a slot now. */
export async function giveSlot(
  { db, scope, nowMs }: SlotWork,
  device: DeviceRecord,
  deployment: DeploymentRow,
  outOfTurn: boolean,
): Promise<boolean> {
  const { organisation_id: organisationId, deployment_id: deploymentId } = deployment;
  const known = await findSlot(db, scope, device.device_id);
  if (known?.state === 'open') return true;
  const again = known?.deployment_id === deploymentId ? known : null;
  const counted = again !== null && (again.state !== 'released' || again.token_at !== null);
  const row: SlotRow = {
    device_id: device.device_id,
    organisation_id: organisationId,
    deployment_id: deploymentId,
    kind: device.kind,
    state: 'open',
    given_at: nowMs,
    token_at: null,
    changed_at: nowMs,
    cause: again?.state === 'failed' ? again.cause : null,
  };
  // Slot before counter, here and wherever a slot ends: two processes then never wait for each other.
  if (!(await openSlot(db, scope, row))) return true;
  if (!(await claimSlot(db, scope, { organisationId, deploymentId, first: !counted, outOfTurn }))) {
    await takeBack(db, device.device_id, known);
    return false;
  }
  if (again !== null && again.state !== 'released')
    await countSlots(db, scope, { organisationId, deploymentId }, minus(counterOf(again.state)));
  await outdateAssignments(db, scope, [device.device_id]);
  return true;
}

async function takeBack(db: Db, deviceId: string, known: SlotRow | null): Promise<void> {
  if (known === null) await db.deleteFrom('install_slots').where('device_id', '=', deviceId).execute();
  else await db.updateTable('install_slots').set(known).where('device_id', '=', deviceId).execute();
}

interface SlotEnd {
  readonly state: Exclude<SlotState, 'open'>;
  readonly cause: string | null;
}

/** A second turn that was not used leaves the first one's failure as it was: it still counts. */
function endOf(slot: SlotRow, wanted: SlotEnd): SlotEnd {
  const unused = slot.state === 'open' && slot.token_at === null;
  const failedBefore = unused && wanted.state === 'released' && slot.cause !== null;
  return failedBefore ? { state: 'failed', cause: slot.cause } : wanted;
}

/** null: somebody else ended it first, or it belongs to an earlier deployment. */
export async function endSlot(
  { db, scope, nowMs }: SlotWork,
  slot: SlotRow,
  wanted: SlotEnd,
): Promise<DeploymentRow | null> {
  const to = endOf(slot, wanted);
  if (!(await moveSlot(db, scope, slot, { ...to, nowMs }))) return null;
  await outdateAssignments(db, scope, [slot.device_id]);
  const wasOpen = slot.state === 'open' ? { under_way: -1 } : minus(counterOf(slot.state));
  // Without a site token nothing can have started: it does not count towards the limit.
  const unused = to.state === 'released' && slot.token_at === null ? { started: -1 } : {};
  const key = { organisationId: slot.organisation_id, deploymentId: slot.deployment_id };
  return countSlots(db, scope, key, { ...wasOpen, ...counterOf(to.state), ...unused });
}

/** Slots from which nothing can have started; answers whose they were. */
export async function releaseUnused(work: SlotWork, organisationId: string): Promise<string[]> {
  const slots = await openSlots(work.db, work.scope, organisationId, true);
  for (const slot of slots) await endSlot(work, slot, { state: 'released', cause: null });
  return slots.map((slot) => slot.device_id);
}

/** Halts a deployment whose counts ask for it; what has not started gives its slot back. */
export async function haltIfDue(work: SlotWork, deployment: DeploymentRow | null, cause: string): Promise<SlotEffect> {
  const freed = { ...noEffect, freed: true };
  if (deployment === null) return freed;
  const rule = {
    haltPercent: deployment.halt_percent,
    haltFailuresMin: deployment.halt_failures_min,
    before: { done: deployment.done_before, failed: deployment.failed_before },
  };
  if (!shouldHalt(deployment, rule)) return freed;
  const { organisation_id: organisationId } = deployment;
  const outdated = await releaseUnused(work, organisationId);
  const halted = await haltDeployment(work.db, work.scope, organisationId, { atMs: work.nowMs, cause });
  return { outdated, freed: false, halted: halted ? deployment : null };
}

async function slotEnded(
  work: SlotWork,
  slot: SlotRow,
  outcome: SlotOutcome,
  state: ProtectionState,
): Promise<SlotEffect> {
  if (slot.state !== 'open') {
    if (outcome !== 'done') return noEffect;
    await endSlot(work, slot, { state: 'done', cause: null });
    return noEffect;
  }
  const own = [slot.device_id];
  if (outcome === 'done') {
    await endSlot(work, slot, { state: 'done', cause: null });
    return { ...noEffect, outdated: own, freed: true };
  }
  if (outcome === 'not-now') {
    await endSlot(work, slot, { state: 'released', cause: failureCause(state) });
    return { ...noEffect, outdated: own, freed: true };
  }
  if (outcome === 'going') return noEffect;
  const cause = failureCause(state);
  const effect = await haltIfDue(work, await endSlot(work, slot, { state: 'failed', cause }), cause);
  return { ...effect, outdated: [...own, ...effect.outdated] };
}

/** Open, or with an installer that may still turn out to have worked, a restart later for example. */
function mayEndYet({ state, token_at }: SlotRow): boolean {
  return state === 'open' || state === 'failed' || (state === 'released' && token_at !== null);
}

/** What a new state of a device means for its slot; a device that asks for its turn gets one if there is one. */
export async function noteState(work: SlotWork, device: DeviceRecord, state: ProtectionState): Promise<SlotEffect> {
  const { db, scope } = work;
  const slot = await findSlot(db, scope, device.device_id);
  if (asksForTurn(state)) {
    if (slot?.state === 'open') return noEffect;
    const given = await giveTurn(work, device);
    return given ? { ...noEffect, outdated: [device.device_id] } : noEffect;
  }
  if (slot === null || !mayEndYet(slot)) return noEffect;
  return slotEnded(
    work,
    slot,
    slotOutcome(state, { givenAtMs: slot.given_at, tokenGiven: slot.token_at !== null }),
    state,
  );
}

export function queueOf(deployment: DeploymentRow, nowMs: number): Queue {
  return {
    organisationId: deployment.organisation_id,
    overdueBeforeMs: nowMs - overdueAfterMs,
    unansweredSinceMs: deployment.started_at > nowMs - answerWithinMs ? 0 : nowMs - answerWithinMs,
  };
}

async function giveTurn(work: SlotWork, device: DeviceRecord): Promise<boolean> {
  const { db, scope, nowMs } = work;
  const deployment = await findDeployment(db, scope, device.organisation_id);
  if (deployment?.state !== 'running' || deployment.under_way >= deployment.at_once_max) return false;
  if (device.duplicate === 1) return false;
  if (deployment.servers_last === 1 && device.kind === 'server') {
    if (await clientsRemain(db, scope, queueOf(deployment, nowMs))) return false;
  }
  return giveSlot(work, device, deployment, false);
}
