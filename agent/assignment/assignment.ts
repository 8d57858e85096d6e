/** The assignment this device follows: checked, kept and never exchanged for an older one. */
import * as z from 'zod';
import { abilities, assignmentSchema, type Assignment } from '#protocol/assignment.ts';
import { Fault } from '#protocol/codes.ts';
import { openEnvelope, type Envelope } from '#protocol/envelope.ts';
import { refuseExpiredKeys, type KeySet } from '#protocol/key-set.ts';
import { limits } from '#protocol/limits.ts';

export interface Audience {
  readonly consoleId: string;
  readonly deviceId: string;
  readonly keySet: KeySet;
}

export interface Floor {
  readonly epoch: number;
  readonly number: number;
}

/**
 * Opens an envelope as an assignment for this device. Faults: `assignment.untrusted` (signature, shape), `.foreign` (other
 * device or console), `.older` (below the floor), `.expired`, `.implausible` (number, epoch or expiry far ahead),
 * `.unsupported` (asks for an ability we lack), `keys.expired`.
 */
export function acceptAssignment(
  envelope: Envelope,
  audience: Audience,
  floor: Floor | null,
  nowMs: number,
): Assignment {
  refuseExpiredKeys(audience.keySet, nowMs);
  const opened = openEnvelope('assignment', envelope, audience.keySet.signingKeys);
  if (!opened.ok) throw new Fault('assignment.untrusted', opened.why);
  const parsed = assignmentSchema.safeParse(opened.value);
  if (!parsed.success) throw new Fault('assignment.untrusted', z.prettifyError(parsed.error).slice(0, 500));
  const assignment = parsed.data;
  if (assignment.consoleId !== audience.consoleId || assignment.deviceId !== audience.deviceId) {
    throw new Fault('assignment.foreign', `made for device ${assignment.deviceId} of console ${assignment.consoleId}`);
  }
  refuseOlder(assignment, floor);
  // Epochs are the owner's: whoever has an online key alone must not reach one that no honest assignment comes after.
  if (assignment.epoch > audience.keySet.epoch) {
    throw new Fault('assignment.implausible', `epoch ${assignment.epoch}, the key set is of ${audience.keySet.epoch}`);
  }
  refuseImplausible(assignment, nowMs);
  const missing = assignment.requires.filter((ability) => !abilities.includes(ability));
  if (missing.length > 0) throw new Fault('assignment.unsupported', `needs ${missing.join(', ')}`);
  return assignment;
}

/** In the order of (epoch, number). */
export function isOlder(one: Floor, than: Floor): boolean {
  return one.epoch < than.epoch || (one.epoch === than.epoch && one.number < than.number);
}

/** Order is (epoch, number); the same pair again is the same assignment, re-signed for a later expiry. */
function refuseOlder(assignment: Assignment, floor: Floor | null): void {
  if (floor === null || !isOlder(assignment, floor)) return;
  const detail = `has ${assignment.epoch}/${assignment.number}, we follow ${floor.epoch}/${floor.number}`;
  throw new Fault('assignment.older', detail);
}

function refuseImplausible(assignment: Assignment, nowMs: number): void {
  if (Date.parse(assignment.expiresAt) <= nowMs)
    throw new Fault('assignment.expired', `valid until ${assignment.expiresAt}`);
  if (assignment.number > nowMs + limits.numberJumpMaxMs) {
    throw new Fault('assignment.implausible', `number ${assignment.number} lies more than a year ahead`);
  }
  if (Date.parse(assignment.expiresAt) > nowMs + limits.assignmentLifetimeMaxMs + 86_400_000) {
    throw new Fault('assignment.implausible', `valid until ${assignment.expiresAt}, longer than 30 days`);
  }
}
