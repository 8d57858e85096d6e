import { releaseTrust } from '#protocol/release/trust.ts';
import type { ConsoleConfig } from '#console/config.ts';

/** Compiled in, unless the configuration names others: who builds agents of his own has his own keys. */
export function releaseKeys(config: ConsoleConfig): readonly string[] {
  return config.releaseKeys.length > 0 ? config.releaseKeys : releaseTrust.keys;
}
