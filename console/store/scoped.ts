/** The one way a query is narrowed to the rows of a scope. */
import { sql, type Expression, type SqlBool } from 'kysely';
import { Fault } from '#protocol/codes.ts';
import type { Scope } from '#console/auth/scope.ts';

/** For `where`: `query.where(within(scope, 'devices.organisation_id'))`. */
export function within(scope: Scope, column: string): Expression<SqlBool> {
  if (scope.organisations === 'all') return sql<SqlBool>`1 = 1`;
  if (scope.organisations.length === 0) return sql<SqlBool>`1 = 0`;
  return sql<SqlBool>`${sql.ref(column)} in (${sql.join(scope.organisations)})`;
}

/** For writes that name their organisation. A foreign one is answered like a missing one. */
export function demand(scope: Scope, organisationId: string): void {
  if (!scope.covers(organisationId)) throw new Fault('not-found', 'there is no such organisation');
}
