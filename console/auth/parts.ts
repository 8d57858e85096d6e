/** What everything about operators works with. */
import type { Clock } from '#console/context.ts';
import type { Sealer } from '#console/secrets.ts';
import type { Store } from '#console/store/store.ts';

export interface OperatorParts {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
}
