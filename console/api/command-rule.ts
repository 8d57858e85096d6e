/** Whether *Retry install* and *Check again* may be pressed. One rule for button and server, so that both always agree. */
import * as z from 'zod';
import type { Access } from '#console/api/route.ts';
import type { ProtectionKind } from '#protocol/state.ts';
import type { DeploymentMode } from '#protocol/words.ts';

export const operatorVerbs = ['retry', 'check'] as const;
export type OperatorVerb = (typeof operatorVerbs)[number];

export const refusalReasons = [
  /** The operator's role only looks. */
  'no-right',
  /** Two machines use this identity: nothing is sent until somebody decides. */
  'duplicate-identity',
  /** The device has not sent its first report. */
  'never-reported',
  /** Works already; there is nothing to install again. */
  'already-protected',
  /** The organisation only watches. */
  'watching',
  'paused',
  /** No SentinelOne site was chosen for the organisation. */
  'no-site',
] as const;
export const refusalReasonSchema = z.enum(refusalReasons);
export type RefusalReason = z.infer<typeof refusalReasonSchema>;

export interface CommandSituation {
  readonly role: Exclude<Access, 'public'>;
  readonly duplicateIdentity: boolean;
  /** Of the last report; null before the first. */
  readonly kind: ProtectionKind | null;
  readonly mode: DeploymentMode;
  readonly mapped: boolean;
}

/** null: may be pressed. A silent device is no refusal: the command waits for it until it expires. */
export function refusalOf(verb: OperatorVerb, situation: CommandSituation): RefusalReason | null {
  if (situation.role === 'viewer') return 'no-right';
  if (situation.duplicateIdentity) return 'duplicate-identity';
  if (situation.kind === null) return 'never-reported';
  if (verb === 'check') return null;
  if (situation.kind === 'protected') return 'already-protected';
  if (situation.mode === 'watch') return 'watching';
  if (situation.mode === 'paused') return 'paused';
  return situation.mapped ? null : 'no-site';
}
