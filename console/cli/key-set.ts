/** `key-set`: changes what devices trust, signed with the owner key. */
import { Fault } from '#protocol/codes.ts';
import { say } from '#console/cli/output.ts';
import { readOwnerKey } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import type { KeyPair } from '#console/owner-key.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { beginEpoch, loadKeys, renewKeySet, type ConsoleKeys, type KeySetChange } from '#console/keys.ts';
import { createSealer, readKeyFile } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { appendAudit } from '#console/store/audit.ts';
import { removeAllSessions } from '#console/store/operator-sessions.ts';
import type { Db } from '#console/store/store.ts';

type Work = (db: Db, keys: ConsoleKeys, owner: KeyPair) => Promise<KeySet>;

/** A running console notices within seconds; devices with their next check-in. */
async function signed(config: ConsoleConfig, ownerKeyFile: string, action: string, work: Work): Promise<void> {
  const owner = readOwnerKey(ownerKeyFile);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const keySet = await store.write(async (db) => {
      const next = await work(db, await loadKeys(db, sealer), owner);
      const { consoleId, epoch, number, addresses, vendorHosts } = next;
      const detail = { epoch, number, addresses, vendorHosts };
      const entry = { at: Date.now(), actor: 'console:command-line', action, subject: consoleId, organisationId: null };
      await appendAudit(db, sealer.subkey('audit'), { ...entry, detail });
      return next;
    });
    say(`Key set ${keySet.epoch}/${keySet.number}: addresses ${keySet.addresses.join(', ')}`);
    say(`SentinelOne consoles allowed: ${keySet.vendorHosts.join(', ') || 'none'}`);
  } finally {
    await store.close();
  }
}

export function changeKeySet(
  config: ConsoleConfig,
  ownerKeyFile: string,
  change: (keys: ConsoleKeys) => KeySetChange,
): Promise<void> {
  return signed(config, ownerKeyFile, 'key-set.renewed', (db, keys, owner) =>
    renewKeySet(db, keys, owner, { ...change(keys), nowMs: Date.now() }),
  );
}

/** After a restore: a new epoch, and everybody signs in again. */
export function newEpoch(config: ConsoleConfig, ownerKeyFile: string): Promise<void> {
  return signed(config, ownerKeyFile, 'key-set.new-epoch', async (db, keys, owner) => {
    await removeAllSessions(db);
    return beginEpoch(db, keys, owner, Date.now());
  });
}

export function withTrust(mode: string): KeySetChange {
  if (mode === 'owner' || mode === 'console-only') return { trust: mode };
  throw new Fault('console.bad-configuration', `trust is owner or console-only, not ${mode}`);
}

export function withVendorHost(keys: ConsoleKeys, host: string): KeySetChange {
  const hosts = new Set([...keys.keySet.vendorHosts, host.toLowerCase().replace(/:443$/, '')]);
  return { vendorHosts: [...hosts] };
}
