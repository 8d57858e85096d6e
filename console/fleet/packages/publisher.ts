/** Whose signature devices demand of a package file. They judge it themselves; the console tells whom they believe. Pure. */
import type { Publisher } from '#console/api/packages.ts';
import type { Candidate } from '#protocol/assignment.ts';
import { trust } from '#installers/sentinelone/trust.ts';

export function publisherOf(format: Candidate['format']): Publisher {
  const { authenticodeOrganisations, appleTeamIds, rpmKeys } = trust.publishers;
  switch (format) {
    case 'exe':
    case 'msi':
      return { checkedBy: 'authenticode', names: [...authenticodeOrganisations] };
    case 'pkg':
      return { checkedBy: 'apple-team', names: [...appleTeamIds] };
    case 'rpm':
      return { checkedBy: 'rpm-key', names: rpmKeys.map(({ fingerprint }) => fingerprint) };
    case 'deb':
      return { checkedBy: 'digest-only', names: [] };
  }
}
