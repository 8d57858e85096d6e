/** The console's own keys and the key set that the owner signed for them. */
import { Fault } from '#protocol/codes.ts';
import { generateSealingKey, generateSigningKey, type KeyPair } from '#protocol/crypto.ts';
import { envelopeSchema, signEnvelope, type Envelope } from '#protocol/envelope.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';
import type { Sealer } from '#console/secrets.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';

export interface ConsoleKeys {
  readonly consoleId: string;
  readonly epoch: number;
  /** Public half of the offline owner key. */
  readonly ownerKey: string;
  readonly keySet: KeySet;
  readonly keySetEnvelope: Envelope;
  readonly signing: KeyPair;
  readonly sealing: KeyPair;
}

const placeOf = (field: 'signing-key' | 'sealing-key') => ({ table: 'meta', row: field, field: 'value' });
const lifetimeMs = 5 * 365 * 86_400_000;

export interface NewKeySet {
  readonly consoleId: string;
  readonly epoch: number;
  readonly addresses: readonly string[];
  readonly vendorHosts: readonly string[];
  readonly tlsPins: readonly string[];
  readonly nowMs: number;
}

async function writeOnlineKeys(db: Db, sealer: Sealer): Promise<Pick<KeySet, 'signingKeys' | 'sealingKey'>> {
  const signing = generateSigningKey();
  const sealing = generateSealingKey();
  await writeMeta(db, 'signing-key', sealer.seal(placeOf('signing-key'), JSON.stringify(signing)));
  await writeMeta(db, 'sealing-key', sealer.seal(placeOf('sealing-key'), JSON.stringify(sealing)));
  return { signingKeys: [signing.publicKey], sealingKey: sealing.publicKey };
}

/** First keys of a new console; the owner's private key is used and forgotten. */
export async function makeKeys(db: Db, sealer: Sealer, owner: KeyPair, wanted: NewKeySet): Promise<void> {
  await writeMeta(db, 'console-id', wanted.consoleId);
  await writeMeta(db, 'epoch', String(wanted.epoch));
  await writeMeta(db, 'owner-key', owner.publicKey);
  const keySet: KeySet = {
    consoleId: wanted.consoleId,
    epoch: wanted.epoch,
    number: 1,
    issuedAt: new Date(wanted.nowMs).toISOString(),
    notAfter: new Date(wanted.nowMs + lifetimeMs).toISOString(),
    ...(await writeOnlineKeys(db, sealer)),
    tlsPins: [...wanted.tlsPins],
    addresses: [...wanted.addresses],
    vendorHosts: [...wanted.vendorHosts],
    trust: 'console-only',
  };
  await storeKeySet(db, owner, keySet);
}

export type KeySetChange = Partial<Pick<KeySet, 'addresses' | 'vendorHosts' | 'tlsPins' | 'trust'>>;

/** Signs the next key set. Fault `auth.refused` when this is not the owner key of the console. */
export async function renewKeySet(
  db: Db,
  keys: ConsoleKeys,
  owner: KeyPair,
  change: KeySetChange & { nowMs: number },
): Promise<KeySet> {
  demandOwner(keys, owner);
  const { nowMs, ...fields } = change;
  const next: KeySet = {
    ...keys.keySet,
    ...fields,
    number: keys.keySet.number + 1,
    issuedAt: new Date(nowMs).toISOString(),
    notAfter: new Date(nowMs + lifetimeMs).toISOString(),
  };
  await storeKeySet(db, owner, next);
  return next;
}

/** An epoch that no earlier restore has used, however old the backup: seconds since 1970. */
function nextEpoch(epoch: number, nowMs: number): number {
  return Math.max(epoch + 1, Math.floor(nowMs / 1000));
}

function firstOfEpoch(keys: ConsoleKeys, change: KeySetChange, nowMs: number): KeySet {
  return {
    ...keys.keySet,
    ...change,
    epoch: nextEpoch(keys.keySet.epoch, nowMs),
    number: 1,
    issuedAt: new Date(nowMs).toISOString(),
    notAfter: new Date(nowMs + lifetimeMs).toISOString(),
  };
}

function demandOwner(keys: ConsoleKeys, owner: KeyPair): void {
  if (owner.publicKey !== keys.ownerKey) throw new Fault('auth.refused', 'this is not the owner key of this console');
}

/**
 * After the database was set back by other means than our own restore: everything signed from now on outranks what was
 * signed in the time that was lost. The keys stay, so that devices need no more than their next check-in.
 */
export async function beginEpoch(db: Db, keys: ConsoleKeys, owner: KeyPair, nowMs: number): Promise<KeySet> {
  demandOwner(keys, owner);
  const next = firstOfEpoch(keys, {}, nowMs);
  await storeKeySet(db, owner, next);
  return next;
}

/** A new epoch with new online keys: those in a backup may have been replaced since, for a reason (G20). */
export async function renewOnlineKeys(
  db: Db,
  sealer: Sealer,
  signed: { readonly keys: ConsoleKeys; readonly owner: KeyPair },
  change: KeySetChange & { nowMs: number },
): Promise<KeySet> {
  demandOwner(signed.keys, signed.owner);
  const { nowMs, ...fields } = change;
  const made = await writeOnlineKeys(db, sealer);
  const next: KeySet = { ...firstOfEpoch(signed.keys, fields, nowMs), ...made };
  await storeKeySet(db, signed.owner, next);
  return next;
}

async function storeKeySet(db: Db, owner: KeyPair, keySet: KeySet): Promise<void> {
  await writeMeta(db, 'key-set', JSON.stringify(signEnvelope('keySet', keySet, [owner])));
}

async function required(db: Db, name: Parameters<typeof readMeta>[1]): Promise<string> {
  const value = await readMeta(db, name);
  if (value === null) throw new Fault('console.bad-configuration', 'this console was not set up yet; run init first');
  return value;
}

function pair(text: string): KeyPair {
  return JSON.parse(text) as KeyPair;
}

/** Reads them and checks that the key set in the database is the one the owner signed. */
export async function loadKeys(db: Db, sealer: Sealer): Promise<ConsoleKeys> {
  const ownerKey = await required(db, 'owner-key');
  const keySetEnvelope = envelopeSchema.parse(JSON.parse(await required(db, 'key-set')));
  const keySet = acceptKeySet(keySetEnvelope, ownerKey, null);
  const signing = pair(sealer.open(placeOf('signing-key'), await required(db, 'signing-key')));
  const sealing = pair(sealer.open(placeOf('sealing-key'), await required(db, 'sealing-key')));
  if (!keySet.signingKeys.includes(signing.publicKey) || keySet.sealingKey !== sealing.publicKey) {
    throw new Fault('keys.untrusted', 'the key set in the database does not name the keys of this console');
  }
  return { consoleId: keySet.consoleId, epoch: keySet.epoch, ownerKey, keySet, keySetEnvelope, signing, sealing };
}
