/** Somebody whom the console knows, for the length of one request. */
import { operatorSchema, type Operator } from '#console/api/session.ts';
import { operatorScope, type Scope } from '#console/auth/scope.ts';
import type { OperatorRow, OperatorSessionRow } from '#console/store/operators/operators.ts';

/** After the password (and code); then what needs it asks again. */
const freshForMs = 10 * 60_000;

export interface SignedInOperator {
  readonly operator: Operator;
  readonly csrfToken: string;
  readonly tokenSha256: string;
  readonly sessionId: string;
  readonly scope: Scope;
  /** The person has proved to be that person within the last ten minutes. */
  readonly fresh: boolean;
  readonly via: 'password' | 'sign-on';
  /** A program with an API key; then nobody is at a page. */
  readonly apiKey: boolean;
}

/** Fault-free reading of a row; null for somebody who has no role yet. */
export function operatorOf(row: OperatorRow): Operator | null {
  const organisationIds: unknown = row.organisations === null ? null : JSON.parse(row.organisations);
  const { operator_id: operatorId, name, role } = row;
  return operatorSchema.safeParse({ operatorId, name, role, organisationIds }).data ?? null;
}

export function signedInOf(row: OperatorRow, session: OperatorSessionRow, nowMs: number): SignedInOperator | null {
  const operator = operatorOf(row);
  if (operator === null) return null;
  return {
    operator,
    csrfToken: session.csrf,
    tokenSha256: session.token_sha256,
    sessionId: session.session_id,
    scope: operatorScope(operator),
    fresh: nowMs < session.fresh_at + freshForMs,
    via: session.via === 'sign-on' ? 'sign-on' : 'password',
    apiKey: false,
  };
}
