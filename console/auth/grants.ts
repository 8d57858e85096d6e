/** What one operator may give to another: never more than they have. Pure. */
import type { Operator } from '#console/api/session.ts';

type Role = Operator['role'];

export interface Grant {
  readonly role: Role;
  /** null: all. */
  readonly organisationIds: readonly string[] | null;
}

const ranks: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, admin: 3 };

export function coversOrganisations(mine: readonly string[] | null, theirs: readonly string[] | null): boolean {
  if (mine === null) return true;
  return theirs !== null && theirs.every((id) => mine.includes(id));
}

export function coversRole(mine: Role, theirs: Role): boolean {
  return ranks[mine] >= ranks[theirs];
}

/** What of `wanted` is left when nobody may have more than `most`. */
export function lesser(wanted: Grant, most: Grant): Grant {
  const role = coversRole(most.role, wanted.role) ? wanted.role : most.role;
  if (most.organisationIds === null) return { role, organisationIds: wanted.organisationIds };
  if (wanted.organisationIds === null) return { role, organisationIds: most.organisationIds };
  const mine = new Set(most.organisationIds);
  return { role, organisationIds: wanted.organisationIds.filter((id) => mine.has(id)) };
}
