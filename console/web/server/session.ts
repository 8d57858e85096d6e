/** Who is signed in, for any part of the page. */
import { useQuery } from '@tanstack/react-query';
import type { Access } from '#console/api/route.ts';
import type { Operator } from '#console/api/session.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { globalOnly, refusals } from '#console/web/words.ts';

const ranks: Record<Operator['role'], number> = { viewer: 0, operator: 1, admin: 2 };

export function useOperator(): Operator | null {
  const session = useQuery(sessionQuery).data;
  return session?.kind === 'signed-in' ? session.operator : null;
}

/** Why this operator may not use routes of that access; null: may. The server decides again. */
export function useRightRefusal(access: Exclude<Access, 'public'>): string | null {
  const operator = useOperator();
  if (operator !== null && ranks[operator.role] >= ranks[access]) return null;
  return refusals['no-right'];
}

/** The same for what concerns every organisation. */
export function useGlobalRefusal(access: Exclude<Access, 'public'>): string | null {
  const operator = useOperator();
  const refusal = useRightRefusal(access);
  if (refusal !== null || operator?.organisationIds === null) return refusal;
  return globalOnly;
}
