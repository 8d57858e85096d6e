/** What macOS lets a product do only when a person, or a configuration profile, has approved it. Pure. */
import type { Approvals } from '#platform/platform.ts';

export interface WantedApprovals {
  readonly teamId: string;
  readonly fullDiskAccess: readonly string[];
  readonly systemExtension: string;
  /** Under one of these names. */
  readonly notifications: readonly string[];
}

/** For the administrator, one line for each that no profile gives: whoever sits at the Mac will be asked for it. */
export function missingApprovals(wanted: WantedApprovals, given: Approvals): readonly string[] {
  const { teamId, systemExtension } = wanted;
  const without = wanted.fullDiskAccess.filter((id) => !given.fullDiskAccess.includes(id));
  const extension = given.systemExtensions.some(
    (each) => each.teamId === teamId && (each.bundleId === null || each.bundleId === systemExtension),
  );
  return [
    ...(without.length > 0 ? [`No profile gives Full Disk Access to ${without.join(', ')}.`] : []),
    ...(extension ? [] : [`No profile allows the system extension ${systemExtension}.`]),
    ...(given.contentFilters.includes(systemExtension) ? [] : ['No profile sets up its network filter.']),
    ...(wanted.notifications.some((id) => given.notifications.includes(id))
      ? []
      : ['No profile allows its notifications.']),
    ...(given.backgroundItems.includes(teamId) ? [] : ['No profile keeps its background items switched on.']),
  ];
}
