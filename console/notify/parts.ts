/** What telling somebody outside the page works with. */
import type { Clock } from '#console/context.ts';
import type { DestinationRules } from '#console/notify/destination.ts';
import type { OperatorSettings } from '#console/operator-side.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Store } from '#console/store/store.ts';

export interface NotificationParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly random: () => number;
  /** Where the page is, its version, and whether notifications may go to this machine. */
  readonly settings: Pick<OperatorSettings, 'origins' | 'version' | 'notifyOnLoopback'>;
  /** Of one try. */
  readonly timeoutMs?: number;
}

export const rulesOf = ({ settings }: NotificationParts): DestinationRules => ({
  loopbackAllowed: settings.notifyOnLoopback ?? false,
});

export const originOf = ({ settings }: NotificationParts): string => settings.origins[0] ?? 'http://localhost';

export const timeoutOf = ({ timeoutMs = 15_000 }: NotificationParts): number => timeoutMs;
