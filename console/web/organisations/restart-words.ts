import { clock } from '#console/web/format.ts';
import type { RebootPolicy } from '#protocol/assignment.ts';

/** What an organisation allows about restarts, in full and in short. */
export function restartWords(restarts: RebootPolicy): { readonly choice: string; readonly short: string } {
  if (restarts.kind === 'never') return { choice: 'Never restart devices', short: 'never' };
  const [from, to] = [clock(restarts.startMinute), clock(restarts.endMinute)];
  return {
    choice:
      `Restart when SentinelOne's installer asks for it, between ${from} and ${to} (device's time), ` +
      "with 10 minutes' notice; servers only where their own configuration allows it",
    short: `between ${from} and ${to} (device's time)`,
  };
}
