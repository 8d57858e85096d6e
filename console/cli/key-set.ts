/** `key-set`: changes what devices trust, signed with the owner key. */
import { Fault } from '#protocol/codes.ts';
import { say } from '#console/cli/output.ts';
import { readOwnerKey } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import { loadKeys, renewKeySet, type ConsoleKeys, type KeySetChange } from '#console/keys.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';

/** A running console notices within seconds; devices with their next check-in. */
export async function changeKeySet(
  config: ConsoleConfig,
  ownerKeyFile: string,
  change: (keys: ConsoleKeys) => KeySetChange,
): Promise<void> {
  const owner = readOwnerKey(ownerKeyFile);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const keySet = await store.write(async (db) => {
      const keys = await loadKeys(db, sealer);
      return renewKeySet(db, keys, owner, { ...change(keys), nowMs: Date.now() });
    });
    say(`Key set ${keySet.epoch}/${keySet.number}: addresses ${keySet.addresses.join(', ')}`);
    say(`SentinelOne consoles allowed: ${keySet.vendorHosts.join(', ') || 'none'}`);
  } finally {
    await store.close();
  }
}

export function withTrust(mode: string): KeySetChange {
  if (mode === 'owner' || mode === 'console-only') return { trust: mode };
  throw new Fault('console.bad-configuration', `trust is owner or console-only, not ${mode}`);
}

export function withVendorHost(keys: ConsoleKeys, host: string): KeySetChange {
  const hosts = new Set([...keys.keySet.vendorHosts, host.toLowerCase().replace(/:443$/, '')]);
  return { vendorHosts: [...hosts] };
}
