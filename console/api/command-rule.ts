/** Whether *Retry install*, *Check again* and *Call off the restart* may be pressed. One rule for button and server, so that both always agree. */
import * as z from 'zod';
import type { Access } from '#console/api/route.ts';
import type { ProtectionKind } from '#protocol/state.ts';
import type { DeploymentMode } from '#protocol/words.ts';

export const operatorVerbs = ['retry', 'check', 'cancel'] as const;
export type OperatorVerb = (typeof operatorVerbs)[number];

export const refusalReasons = [
  /** The operator's role only looks. */
  'no-right',
  /** Two machines use this identity: nothing is sent until somebody decides. */
  'duplicate-identity',
  /** Its install key asks for approval, and nobody has approved it. */
  'not-approved',
  /** The device has not sent its first report. */
  'never-reported',
  /** Works already; there is nothing to install again. */
  'already-protected',
  /** The organisation only watches. */
  'watching',
  'paused',
  /** No SentinelOne site was chosen for the organisation. */
  'no-site',
  /** SentinelOne has removed its agent: somebody decides first whether it is put back. */
  'removed-there',
  /** The device has told of no restart that is still to come. */
  'no-restart',
] as const;
export const refusalReasonSchema = z.enum(refusalReasons);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

export interface CommandSituation {
  readonly role: Exclude<Access, 'public'>;
  readonly duplicateIdentity: boolean;
  readonly waitsForApproval: boolean;
  /** Of the last report; null before the first. */
  readonly kind: ProtectionKind | null;
  readonly mode: DeploymentMode;
  readonly mapped: boolean;
  /** SentinelOne has removed its agent, and nobody has decided to put it back. */
  readonly removedThere: boolean;
  /** The agent has told of a restart that is still to come. */
  readonly restartScheduled: boolean;
}

/** null: may be pressed. A silent device is no refusal: the command waits for it until it expires. */
export function refusalOf(verb: OperatorVerb, situation: CommandSituation): RefusalReason | null {
  if (situation.role === 'viewer') return 'no-right';
  if (situation.duplicateIdentity) return 'duplicate-identity';
  if (situation.waitsForApproval) return 'not-approved';
  if (situation.kind === null) return 'never-reported';
  if (verb === 'check') return null;
  if (verb === 'cancel') return situation.restartScheduled ? null : 'no-restart';
  if (situation.kind === 'protected') return 'already-protected';
  if (situation.mode === 'watch') return 'watching';
  if (situation.mode === 'paused') return 'paused';
  if (!situation.mapped) return 'no-site';
  return situation.removedThere ? 'removed-there' : null;
}

export function refusalsOf(situation: CommandSituation): Record<OperatorVerb, RefusalReason | null> {
  return {
    retry: refusalOf('retry', situation),
    check: refusalOf('check', situation),
    cancel: refusalOf('cancel', situation),
  };
}
