/** Spreads a version of the agent through an organisation: tells devices, counts what came of it, halts, goes on. */
import { Fault } from '#protocol/codes.ts';
import {
  firstShownMax,
  rolloutPlanSchema,
  type RolloutPlan,
  type RolloutPreview,
} from '#console/api/agent-versions.ts';
import { consoleScope, type Scope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { giveUpdate } from '#console/fleet/link/commands.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { concerns, planRing, reach, type RingDevice, type RingState } from '#console/releases/ring-rule.ts';
import {
  changeRollout,
  findRollout,
  lastOrderAt,
  listRollouts,
  versionedDevices,
  writeRollout,
  type RolloutRow,
  type VersionedDevice,
} from '#console/store/deployments/agent-rollouts.ts';
import { holdOrganisation } from '#console/store/organisations.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import type { Db } from '#console/store/store.ts';

/** A device that was not heard of for longer is told when it comes back. */
const reachableMs = 15 * 60_000;
/** One sweep tells so many; downloads of 100 MB each are spread by the devices' own coming. */
const atOnceMax = 50;

export interface StartRollout {
  readonly organisationId: string;
  readonly version: string;
  readonly plan: RolloutPlan;
  readonly devices: number;
  readonly downgrade: boolean;
  readonly by: string;
}

/** How many devices would get the version. */
async function countConcerned(
  db: Db,
  scope: Scope,
  { organisationId, version, downgrade }: Pick<StartRollout, 'organisationId' | 'version' | 'downgrade'>,
): Promise<number> {
  const devices = await versionedDevices(db, scope, organisationId, '');
  return devices.filter((row) => concerns({ version, downgrade }, ringDevice(row))).length;
}

/** As it would be told now: those that are there before those that are away. */
export async function previewRollout(
  db: Db,
  scope: Scope,
  wanted: Pick<StartRollout, 'organisationId' | 'version' | 'downgrade'> & { readonly firstPercent: number },
  nowMs: number,
): Promise<RolloutPreview> {
  const { organisationId, version, downgrade, firstPercent } = wanted;
  const rows = await versionedDevices(db, scope, organisationId, '');
  const concerned = rows.filter((row) => concerns({ version, downgrade }, ringDevice(row)));
  const isThere = (row: VersionedDevice): boolean => nowMs - row.last_seen_at < reachableMs;
  const inOrder = [...concerned.filter(isThere), ...concerned.filter((row) => !isThere(row))];
  const plan = rolloutPlanSchema.parse({ steps: [firstPercent] });
  const devices = reach(
    { plan, step: 0 },
    concerned.map((row) => ringDevice(row)),
  );
  const named = inOrder.slice(0, Math.min(devices, firstShownMax));
  return {
    devices: concerned.length,
    first: {
      devices,
      away: concerned.length - concerned.filter(isThere).length,
      named: named.map((row) => ({ deviceId: row.device_id, hostname: row.hostname })),
    },
  };
}

/** Faults `not-found` for a version that is not imported, `release.expired`, `request.conflict` when the count has changed. */
export async function startRollout(side: DeviceSide, db: Db, scope: Scope, wanted: StartRollout): Promise<void> {
  const { organisationId, version, plan, downgrade, by } = wanted;
  const held = await side.releases.find(version);
  if (held === null) throw new Fault('not-found', `release ${version} was not imported`);
  const nowMs = side.clock.now();
  if (Date.parse(held.release.expiresAt) <= nowMs)
    throw new Fault('release.expired', `it was to be used until ${held.release.expiresAt}`);
  await holdOrganisation(db, scope, organisationId);
  const last = await findRollout(db, scope, organisationId);
  if (last !== null && isOpen(last))
    throw new Fault('request.conflict', `version ${last.version} is ${last.state} there; stop it first`);
  const devices = await countConcerned(db, scope, wanted);
  if (devices !== wanted.devices) throw new Fault('request.conflict', `now ${devices} devices would get it`);
  await writeRollout(db, scope, {
    organisation_id: organisationId,
    rollout_id: newId('rol'),
    version,
    manifest: held.manifest.sha256,
    downgrade: downgrade ? 1 : 0,
    state: 'running',
    plan: JSON.stringify(plan),
    step: 0,
    started_at: nowMs,
    started_by: by,
    done_before: 0,
    failed_before: 0,
    halt_cause: null,
  });
}

/** What was seen does not halt it again. */
export async function resumeRollout(db: Db, scope: Scope, organisationId: string, failedSeen: number): Promise<void> {
  const row = await findRollout(db, scope, organisationId);
  if (row === null) throw new Fault('not-found', 'no version is being spread there');
  const devices = await versionedDevices(db, scope, organisationId, row.rollout_id);
  const [done, failed] = ['done', 'failed'].map((state) => devices.filter((one) => one.update_state === state).length);
  const change = { state: 'running', halt_cause: null, done_before: done ?? 0, failed_before: failed ?? 0 };
  const isSeen = row.state === 'halted' && failed === failedSeen;
  if (!isSeen || !(await changeRollout(db, scope, row, change)))
    throw new Fault('request.conflict', `it is ${row.state}, and ${failed} have failed`);
}

export async function stopRollout(db: Db, scope: Scope, organisationId: string): Promise<void> {
  const row = await findRollout(db, scope, organisationId);
  if (row === null) throw new Fault('not-found', 'no version is being spread there');
  if (!isOpen(row)) throw new Fault('request.conflict', `it is ${row.state} already`);
  if (await changeRollout(db, scope, row, { state: 'stopped' })) return;
  // It took a step, halted or ended in between: it is looked at once more, and no answer says "stopped" of what goes on.
  return stopRollout(db, scope, organisationId);
}

/** Spreads, or would on approval. */
function isOpen({ state }: Pick<RolloutRow, 'state'>): boolean {
  return state === 'running' || state === 'halted';
}

/** One that runs the version has it, whether or not its word on that has come. */
export function ringDevice(row: VersionedDevice, version?: string): RingDevice {
  const arrived = row.update_state === 'ordered' && row.agent_version === version;
  return { deviceId: row.device_id, version: row.agent_version, update: arrived ? 'done' : row.update_state };
}

export function ringState(row: RolloutRow, lastOrderedAtMs: number | null = null): RingState {
  return {
    plan: rolloutPlanSchema.parse(JSON.parse(row.plan)),
    step: row.step,
    version: row.version,
    downgrade: row.downgrade === 1,
    before: { done: row.done_before, failed: row.failed_before },
    lastOrderedAtMs,
  };
}

/** One look at every rollout that runs; called by the sweep of each console process. */
export async function turnRings(side: DeviceSide): Promise<void> {
  const scope = consoleScope('rings');
  for (const row of await listRollouts(side.store.read, scope))
    if (row.state === 'running') await turn(side, scope, row);
}

async function turn(side: DeviceSide, scope: Scope, row: RolloutRow): Promise<void> {
  const nowMs = side.clock.now();
  const devices = await versionedDevices(side.store.read, scope, row.organisation_id, row.rollout_id);
  const seen = new Map(devices.map((one) => [one.device_id, one.last_seen_at]));
  const step = planRing(
    ringState(row, await lastOrderAt(side.store.read, scope, row.rollout_id)),
    devices.map((one) => ringDevice(one, row.version)),
    {
      nowMs,
      reachable: (deviceId) => nowMs - (seen.get(deviceId) ?? 0) < reachableMs,
      atOnceMax,
    },
  );
  const log = (db: Db, action: string, detail: object): Promise<void> =>
    appendAudit(db, side.sealer.subkey('audit'), {
      at: nowMs,
      actor: scope.actor,
      action,
      subject: row.organisation_id,
      organisationId: row.organisation_id,
      detail: { version: row.version, ...detail },
    });
  const change = (to: Parameters<typeof changeRollout>[3], action: string, detail: object): Promise<void> =>
    side.store.write(async (db) => {
      if (await changeRollout(db, scope, row, to)) await log(db, action, detail);
    });
  switch (step.kind) {
    case 'wait':
      return;
    case 'halt':
      return change({ state: 'halted', halt_cause: `${step.failed} failed` }, 'agent.rollout-halted', step);
    case 'next-step':
      return change({ step: row.step + 1 }, 'agent.rollout-step', { step: row.step + 1 });
    case 'done':
      return change({ state: 'done' }, 'agent.rollout-done', {});
    case 'order':
      for (const deviceId of step.deviceIds) await giveUpdate(side, scope, row, deviceId);
  }
}
