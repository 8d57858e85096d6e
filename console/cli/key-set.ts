/** `key-set`: changes what devices trust, signed with the owner key. */
import { Fault } from '#protocol/codes.ts';
import { say } from '#console/cli/output.ts';
import { readOwnerKey } from '#console/cli/secret-input.ts';
import type { ConsoleConfig } from '#console/config.ts';
import type { KeyPair } from '#console/owner-key.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { beginEpoch, loadKeys, renewKeySet, type ConsoleKeys, type KeySetChange } from '#console/keys.ts';
import { createSealer, readKeyFile, type Sealer } from '#console/secrets.ts';
import { openStore } from '#console/start.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { removeAllSessions } from '#console/store/operators/operator-sessions.ts';
import type { Db } from '#console/store/store.ts';
import { prepareTlsKey } from '#console/tls/own-key.ts';

type Work = (db: Db, keys: ConsoleKeys, owner: KeyPair, sealer: Sealer) => Promise<KeySet>;

/** A running console notices within seconds; devices with their next check-in. */
async function signed(config: ConsoleConfig, ownerKeyFile: string, action: string, work: Work): Promise<void> {
  const owner = readOwnerKey(ownerKeyFile);
  const sealer = createSealer(readKeyFile(config.keyFile));
  const store = await openStore(config, { alone: false });
  try {
    const keySet = await store.write(async (db) => {
      const next = await work(db, await loadKeys(db, sealer), owner, sealer);
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

/**
 * Another TLS key of our own: its pin goes out at once beside the present one, and it is taken when devices have had `days` to
 * hear of it. One that was away for longer asks for the key set by itself.
 */
export function newTlsKey(config: ConsoleConfig, ownerKeyFile: string, days: number): Promise<void> {
  if (!(days >= 0 && days <= 365)) throw new Fault('console.bad-configuration', '--days is a number from 0 to 365');
  return signed(config, ownerKeyFile, 'key-set.tls-key', async (db, keys, owner, sealer) => {
    const nowMs = Date.now();
    const prepared = await prepareTlsKey(db, sealer, nowMs + days * 86_400_000);
    if (prepared === null) throw new Fault('console.bad-configuration', 'this console has no TLS key of its own');
    const { currentPin, nextPin } = prepared;
    return renewKeySet(db, keys, owner, { tlsPins: [currentPin, nextPin], nowMs });
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
