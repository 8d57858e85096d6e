/** The vendors this agent can install. A new one is one folder and one line here. */
import { sentinelOne } from '#installers/sentinelone/index.ts';
import type { Vendor } from '#installers/vendor.ts';

const vendors: Readonly<Record<Vendor['id'], Vendor>> = {
  sentinelone: sentinelOne,
};

/** The vendor an assignment names. */
export function vendorOf(id: Vendor['id']): Vendor {
  return vendors[id];
}
