/** How far a version of the agent may spread, as decisions over counts. Pure. */
import type { RolloutPlan } from '#console/api/agent-versions.ts';
import { shouldHalt } from '#console/fleet/deployment/deployment-rule.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';

/** A step that waits for devices which have gone away goes on after so long, when the most of it has ended. */
const stepPatienceMs = 24 * 3_600_000;
const mostPercent = 80;

export interface RingDevice {
  readonly deviceId: string;
  readonly version: string;
  /** null: it was not told yet. */
  readonly update: string | null;
}

export interface RingState {
  readonly plan: RolloutPlan;
  readonly step: number;
  readonly version: string;
  readonly downgrade: boolean;
  readonly before: { readonly done: number; readonly failed: number };
  /** When the newest device was told; null: none was. */
  readonly lastOrderedAtMs: number | null;
}

/** Named devices are a step of their own. */
export function stepsInAll({ canaries, steps }: RolloutPlan): number {
  return steps.length + (canaries.length > 0 ? 1 : 0);
}

/** Runs another version than it shall, or was told already. */
export function concerns(
  { version, downgrade }: Pick<RingState, 'version' | 'downgrade'>,
  device: RingDevice,
): boolean {
  if (device.update !== null) return true;
  const order = compareAgentVersions(device.version, version);
  return order < 0 || (order > 0 && downgrade);
}

/** How many devices of all that are concerned the step reaches. */
export function reach({ plan, step }: Pick<RingState, 'plan' | 'step'>, concerned: readonly RingDevice[]): number {
  const named = new Set(plan.canaries);
  const there = concerned.filter(({ deviceId }) => named.has(deviceId)).length;
  if (named.size > 0 && step === 0) return there;
  const percent = plan.steps[named.size > 0 ? step - 1 : step] ?? 100;
  return Math.max(there, Math.ceil((concerned.length * percent) / 100));
}

export type RingStep =
  | { readonly kind: 'halt'; readonly failed: number }
  /** Told now; nothing when the devices it could tell are away. */
  | { readonly kind: 'order'; readonly deviceIds: readonly string[] }
  | { readonly kind: 'next-step' }
  | { readonly kind: 'done' }
  | { readonly kind: 'wait' };

export function planRing(
  state: RingState,
  devices: readonly RingDevice[],
  now: { readonly nowMs: number; readonly reachable: (deviceId: string) => boolean; readonly atOnceMax: number },
): RingStep {
  const concerned = devices.filter((device) => concerns(state, device));
  const told = concerned.filter(({ update }) => update !== null);
  const count = (...states: string[]): number => told.filter(({ update }) => states.includes(update ?? '')).length;
  const [done, failed] = [count('done'), count('failed')];
  const { haltPercent, haltFailuresMin } = state.plan;
  if (shouldHalt({ done, failed }, { haltPercent, haltFailuresMin, before: state.before }))
    return { kind: 'halt', failed };
  const reached = reach(state, concerned);
  if (told.length < reached) {
    const open = inOrder(state.plan, concerned).filter(
      ({ update, deviceId }) => update === null && now.reachable(deviceId),
    );
    const named = state.plan.canaries.length > 0 && state.step === 0 ? new Set(state.plan.canaries) : null;
    const may = named === null ? open : open.filter(({ deviceId }) => named.has(deviceId));
    const next = may.slice(0, Math.min(reached - told.length, now.atOnceMax)).map(({ deviceId }) => deviceId);
    return next.length > 0
      ? { kind: 'order', deviceIds: next }
      : waitOrGoOn(state, { told: told.length, reached }, now.nowMs);
  }
  const ended = told.length - count('ordered');
  const isLast = state.step + 1 >= stepsInAll(state.plan);
  if (ended === told.length) return { kind: isLast ? 'done' : 'next-step' };
  if (isLast) return { kind: 'wait' };
  return waitOrGoOn(state, { told: ended, reached }, now.nowMs);
}

/** Somebody's notebook in a drawer keeps no fleet from a fix; what it missed it gets when it comes. */
function waitOrGoOn(
  state: RingState,
  so: { readonly told: number; readonly reached: number },
  nowMs: number,
): RingStep {
  if (state.lastOrderedAtMs === null || nowMs - state.lastOrderedAtMs < stepPatienceMs) return { kind: 'wait' };
  const most = so.told * 100 >= so.reached * mostPercent;
  return most && state.step + 1 < stepsInAll(state.plan) ? { kind: 'next-step' } : { kind: 'wait' };
}

/** Named ones first. */
function inOrder({ canaries }: RolloutPlan, devices: readonly RingDevice[]): readonly RingDevice[] {
  const named = new Set(canaries);
  return [...devices.filter((one) => named.has(one.deviceId)), ...devices.filter((one) => !named.has(one.deviceId))];
}
