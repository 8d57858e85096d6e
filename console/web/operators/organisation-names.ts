import { useQuery } from '@tanstack/react-query';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

const namedMax = 3;

/** "all organisations", "Bakery, Foundry", "12 organisations". */
export function useOrganisationNames(organisationIds: readonly string[] | null): string {
  const known = useQuery(organisationsQuery).data?.items ?? [];
  if (organisationIds === null) return 'all organisations';
  const names = known.filter((one) => organisationIds.includes(one.organisationId)).map((one) => plain(one.name));
  if (organisationIds.length === 0) return 'no organisation';
  if (names.length === organisationIds.length && names.length <= namedMax) return names.join(', ');
  return counted(organisationIds.length, 'organisation');
}
