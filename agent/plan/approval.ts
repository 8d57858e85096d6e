import { isApproved } from '#protocol/approval.ts';
import type { FaultRecord } from '#protocol/codes.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { record, rest, type Obstacle } from '#agent/plan/obstacle.ts';

/** Where the owner asked for it, a deb and a site run only while the owner key names them (G1, G2). */
export function notApproved(input: PlanInput): Obstacle | null {
  const approved = input.assignment?.approved ?? null;
  const chosen = input.facts.selection?.value.chosen ?? null;
  const site = input.assignment?.assignment.site ?? null;
  if (approved === null || chosen === null || site === null) return null;
  const { wallMs } = input.now;
  if (!isApproved(approved.siteKeys, site.siteKeySha256, wallMs)) {
    return refused(input, record('token.not-approved', `site ${site.siteName}`));
  }
  if (chosen.format !== 'deb' || isApproved(approved.packages, chosen.sha256, wallMs)) return null;
  return refused(input, record('package.not-approved', chosen.fileName));
}

function refused(input: PlanInput, fault: FaultRecord): Obstacle {
  return rest(input, { kind: 'failed', fault }, fault.code, fault.detail);
}
