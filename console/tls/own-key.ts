/**
 * The console's own TLS key. It is sealed in the database, so that every process serves the same one and a backup holds it.
 * Devices pin the key: its certificate is renewed at will, another key only after the owner has signed a key set that names
 * both.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as z from 'zod';
import type { Sealer } from '#console/secrets.ts';
import { readMeta, removeMeta, writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';
import { makeCertificate, newTlsKey, pinOf } from '#console/tls/certificate.ts';

const day = 86_400_000;
/** Browsers refuse certificates that are valid for longer than this. */
const lifetimeMs = 397 * day;
const renewBeforeMs = 60 * day;
/** Clocks of devices may be behind. */
const earlierMs = day;

const place = (field: 'tls-key' | 'tls-key-next') => ({ table: 'meta', row: field, field: 'value' });

const nextSchema = z.object({ key: z.string(), switchAtMs: z.int() });

export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

export async function readTlsKey(db: Db, sealer: Sealer): Promise<string | null> {
  const sealed = await readMeta(db, 'tls-key');
  return sealed === null ? null : sealer.open(place('tls-key'), sealed);
}

/** Takes a new key at once; answers its pin. For a console that no device knows yet, and for a restored one. */
export async function replaceTlsKey(db: Db, sealer: Sealer): Promise<string> {
  const key = newTlsKey();
  await writeMeta(db, 'tls-key', sealer.seal(place('tls-key'), key));
  await removeMeta(db, 'tls-key-next');
  await removeMeta(db, 'tls-certificate');
  return pinOf(key);
}

export interface Prepared {
  readonly currentPin: string;
  readonly nextPin: string;
}

/** The key that is taken at `switchAtMs`; until then only its pin goes out. null: there is no key of our own. */
export async function prepareTlsKey(db: Db, sealer: Sealer, switchAtMs: number): Promise<Prepared | null> {
  const current = await readTlsKey(db, sealer);
  if (current === null) return null;
  const next: z.input<typeof nextSchema> = { key: newTlsKey(), switchAtMs };
  await writeMeta(db, 'tls-key-next', sealer.seal(place('tls-key-next'), JSON.stringify(next)));
  return { currentPin: pinOf(current), nextPin: pinOf(next.key) };
}

/** The prepared key takes its place when its time has come. */
async function switchWhenDue(db: Db, sealer: Sealer, nowMs: number): Promise<void> {
  const sealed = await readMeta(db, 'tls-key-next');
  if (sealed === null) return;
  const next = nextSchema.parse(JSON.parse(sealer.open(place('tls-key-next'), sealed)));
  if (next.switchAtMs > nowMs) return;
  await writeMeta(db, 'tls-key', sealer.seal(place('tls-key'), next.key));
  await removeMeta(db, 'tls-key-next');
  await removeMeta(db, 'tls-certificate');
}

/** Whether a certificate serves for these names and that key, and for a good while yet. */
export function stillGood(pem: string, key: string, names: readonly string[], nowMs: number): boolean {
  const certificate = new X509Certificate(pem);
  const serves = names.every(
    (name) =>
      certificate.checkHost(name) !== undefined || (isIP(name) !== 0 && certificate.checkIP(name) !== undefined),
  );
  return serves && pinOf(pem) === pinOf(key) && Date.parse(certificate.validTo) - renewBeforeMs > nowMs;
}

/** Key and certificate for these names as of now, renewed when that is due. null: this console has no key of its own. */
export async function ownCertificate(
  db: Db,
  sealer: Sealer,
  names: readonly string[],
  nowMs: number,
): Promise<KeyAndCertificate | null> {
  await switchWhenDue(db, sealer, nowMs);
  const key = await readTlsKey(db, sealer);
  if (key === null) return null;
  const held = await readMeta(db, 'tls-certificate');
  if (held !== null && stillGood(held, key, names, nowMs)) return { key, cert: held };
  const cert = makeCertificate({ key, names, fromMs: nowMs - earlierMs, toMs: nowMs + lifetimeMs });
  await writeMeta(db, 'tls-certificate', cert);
  return { key, cert };
}
