/** Fills free slots from the queue, and takes back those that nobody uses. The rows decide; this only looks often. */
import type { Scope } from '#console/auth/scope.ts';
import { consoleScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { endlessSlotMs, silentSlotMs, unusedSlotMs } from '#console/fleet/deployment/deployment-rule.ts';
import {
  endSlot,
  giveSlot,
  haltIfDue,
  queueOf,
  type SlotEffect,
  type SlotWork,
} from '#console/fleet/deployment/slots.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { findDeployment, openDeployments, type DeploymentRow } from '#console/store/deployments/deployments.ts';
import { overdueSlots, type SlotRow } from '#console/store/deployments/slots.ts';
import type { Db } from '#console/store/store.ts';
import { clientsRemain, nextInQueue } from '#console/store/deployments/turns.ts';

/** One transaction holds the writer no longer than this many slots take. */
const sliceMax = 50;

export interface Turns {
  /** Gives what is free now; calls that come meanwhile are answered by one more round. */
  fill(): Promise<void>;
}

/** Devices that hold a request are told at once, in every process. */
export function tellOutdated(side: Omit<DeviceSide, 'turns'>, deviceIds: readonly string[]): void {
  for (const deviceId of deviceIds) {
    side.memory.outdated(deviceId);
    side.waiters.wake(deviceId, 'command');
    void side.store.announce(`slot:${deviceId}`).catch(() => undefined);
  }
}

export async function auditHalt(
  side: Omit<DeviceSide, 'turns'>,
  db: Db,
  { halted }: SlotEffect,
  nowMs: number,
): Promise<void> {
  if (halted === null) return;
  await appendAudit(db, side.sealer.subkey('audit'), {
    at: nowMs,
    actor: 'console:deployment',
    action: 'deployment.halted',
    subject: halted.organisation_id,
    organisationId: halted.organisation_id,
    detail: { done: halted.done, failed: halted.failed, started: halted.started },
  });
}

async function giveSlice(work: SlotWork, organisationId: string): Promise<string[]> {
  const { db, scope, nowMs } = work;
  const deployment = await findDeployment(db, scope, organisationId);
  if (deployment?.state !== 'running') return [];
  const queue = queueOf(deployment, nowMs);
  const limit = Math.min(sliceMax, roomIn(deployment));
  if (limit <= 0) return [];
  const clientsOnly = deployment.servers_last === 1 && (await clientsRemain(db, scope, queue));
  const devices = await nextInQueue(db, scope, queue, { clientsOnly, limit });
  const given: string[] = [];
  for (const device of devices) if (await giveSlot(work, device, deployment, false)) given.push(device.device_id);
  return given;
}

/** Devices that start again after a failure need no place under the limit, so the limit alone does not close the door. */
function roomIn({ at_once_max, under_way }: DeploymentRow): number {
  return at_once_max - under_way;
}

async function endOverdue(side: Omit<DeviceSide, 'turns'>, scope: Scope): Promise<void> {
  const nowMs = side.clock.now();
  const before = {
    unusedMs: nowMs - unusedSlotMs,
    silentMs: nowMs - silentSlotMs,
    endlessMs: nowMs - endlessSlotMs,
  };
  for (const slot of await overdueSlots(side.store.read, scope, before)) {
    const outdated = await side.store.write((db) => endOne(side, { db, scope, nowMs }, slot));
    tellOutdated(side, outdated);
  }
}

async function endOne(side: Omit<DeviceSide, 'turns'>, work: SlotWork, slot: SlotRow): Promise<string[]> {
  if (slot.token_at === null) {
    await endSlot(work, slot, { state: 'released', cause: null });
    return [slot.device_id];
  }
  const cause = slot.token_at < work.nowMs - endlessSlotMs ? 'install.overdue' : 'silent';
  const effect = await haltIfDue(work, await endSlot(work, slot, { state: 'failed', cause }), cause);
  await auditHalt(side, work.db, effect, work.nowMs);
  return [slot.device_id, ...effect.outdated];
}

async function fillAll(side: Omit<DeviceSide, 'turns'>, scope: Scope): Promise<void> {
  await endOverdue(side, scope);
  for (const { organisation_id: organisationId } of await openDeployments(side.store.read, scope)) {
    for (;;) {
      const nowMs = side.clock.now();
      const given = await side.store.write((db) => giveSlice({ db, scope, nowMs }, organisationId));
      tellOutdated(side, given);
      if (given.length < sliceMax) break;
    }
  }
}

export function createTurns(side: Omit<DeviceSide, 'turns'>): Turns {
  const scope = consoleScope('turns');
  let running: Promise<void> | null = null;
  let again = false;
  async function rounds(): Promise<void> {
    do {
      again = false;
      await fillAll(side, scope);
    } while (again);
  }
  return {
    fill() {
      again = true;
      running ??= rounds().finally(() => {
        running = null;
      });
      return running;
    },
  };
}
