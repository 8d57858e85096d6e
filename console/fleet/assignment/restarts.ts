/** Restarts by the agent: what an organisation allows, and the one that a device has told of. Pure. */
import type { RebootPolicy } from '#protocol/assignment.ts';
import { eventDataSchemas } from '#protocol/events.ts';
import type { EventRow } from '#console/store/devices/events.ts';
import type { OrganisationRow } from '#console/store/organisations.ts';

/** Never, unless both ends of the hours are set. null: there is no such organisation. */
export function restartsOf(row: OrganisationRow | null): RebootPolicy {
  const startMinute = row?.restart_start_minute ?? null;
  const endMinute = row?.restart_end_minute ?? null;
  return startMinute === null || endMinute === null ? { kind: 'never' } : { kind: 'window', startMinute, endMinute };
}

/** What tells of a scheduled restart, and of its end. */
export const restartEventKinds = ['reboot', 'agent-started'] as const;

/**
 * When the device goes down (ms, console time); null: no restart is to come. It is no more once it was called off or
 * failed, once the machine has started again, and when its time is over. `events`: of the kinds above, newest first.
 */
export function scheduledRestart(events: readonly Pick<EventRow, 'kind' | 'data'>[], nowMs: number): number | null {
  for (const { kind, data } of events) {
    const value: unknown = JSON.parse(data);
    if (kind === 'agent-started') {
      if (eventDataSchemas['agent-started'].safeParse(value).data?.reason === 'reboot') return null;
      continue;
    }
    const restart = eventDataSchemas.reboot.safeParse(value).data;
    const dueMs = restart?.result === 'scheduled' ? Date.parse(restart.at) : 0;
    return dueMs > nowMs ? dueMs : null;
  }
  return null;
}
