/** Which version new installs get: the same everywhere, unless an organisation has its own. */
import { versionPolicySchema, type VersionPolicy } from '#protocol/assignment.ts';
import type { Scope } from '#console/auth/scope.ts';
import { readMeta } from '#console/store/meta.ts';
import { ownVersionPolicies, type OrganisationRow } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';

export async function readVersionPolicy(db: Db): Promise<VersionPolicy> {
  const stored = await readMeta(db, 'version-policy');
  return stored === null ? { kind: 'baseline' } : versionPolicySchema.parse(JSON.parse(stored));
}

/** null: what holds everywhere. */
export function ownPolicyOf(row: Pick<OrganisationRow, 'version_policy'>): VersionPolicy | null {
  return row.version_policy === null ? null : versionPolicySchema.parse(JSON.parse(row.version_policy));
}

export async function versionPolicyFor(db: Db, organisation: OrganisationRow | null): Promise<VersionPolicy> {
  const own = organisation === null ? null : ownPolicyOf(organisation);
  return own ?? readVersionPolicy(db);
}

export interface OwnPolicy {
  readonly policy: VersionPolicy;
  readonly organisations: number;
}

/** The different ones that organisations of the scope have of their own. */
export async function readOwnPolicies(db: Db, scope: Scope): Promise<readonly OwnPolicy[]> {
  const rows = await ownVersionPolicies(db, scope);
  return rows.map((row) => ({
    policy: versionPolicySchema.parse(JSON.parse(row.version_policy)),
    organisations: row.organisations,
  }));
}
