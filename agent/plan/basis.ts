/** The circumstances that a permanent verdict rests on. Another digest lifts the verdict. Pure but for the hash given. */
import type { AcceptedAssignment } from '#agent/plan/decision.ts';
import type { Facts } from '#agent/observe/facts.ts';

export function basisOf(assignment: AcceptedAssignment | null, facts: Facts, sha256: (text: string) => string): string {
  const chosen = facts.selection?.value.chosen ?? null;
  const site = assignment?.assignment.site ?? null;
  const { machine, product } = facts;
  return sha256(
    JSON.stringify([
      chosen?.sha256 ?? null,
      site?.siteId ?? null,
      site?.groupId ?? null,
      site?.siteKeySha256 ?? null,
      machine.value.version,
      machine.value.architecture,
      product.value.state,
      product.value.version,
    ]),
  ).slice(0, 32);
}
