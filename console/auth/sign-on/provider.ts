/** The one single sign-on provider of the console; its client secret is sealed (G20). */
import * as z from 'zod';
import { providerSchema, type SignOnProvider } from '#console/api/sign-on.ts';
import type { Sealer } from '#console/secrets.ts';
import { readMeta, writeMeta } from '#console/store/meta.ts';
import type { Db } from '#console/store/store.ts';
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';

const stored = providerSchema.omit({ hasSecret: true }).extend({ secretSealed: z.string() });
export type StoredProvider = z.infer<typeof stored>;

const place = { table: 'meta', row: 'sign-on-provider', field: 'client-secret' };

export async function readProvider(db: Db): Promise<StoredProvider | null> {
  const text = await readMeta(db, 'sign-on-provider');
  return text === null ? null : stored.parse(JSON.parse(text));
}

export function shownProvider({ secretSealed: _sealed, ...provider }: StoredProvider): SignOnProvider {
  return { ...provider, hasSecret: true };
}

export function clientSecretOf(sealer: Sealer, provider: StoredProvider): string {
  return sealer.open(place, provider.secretSealed);
}

/** Changes with whatever a sign-in that is under way rests on. */
export function digestOf(provider: StoredProvider): string {
  return sha256Hex(JSON.stringify(provider));
}

export interface WantedProvider extends Omit<SignOnProvider, 'hasSecret'> {
  /** null: the one known stays. */
  readonly clientSecret: string | null;
}

/** Who says who somebody is: with another one every link of (issuer, subject) says nothing any more. */
export function isSameProvider(one: Pick<StoredProvider, 'issuer' | 'clientId'>, other: typeof one): boolean {
  return one.issuer === other.issuer && one.clientId === other.clientId;
}

/** A known secret goes to the provider and client it was entered for, never to another (G16). */
export function sealedProvider(sealer: Sealer, before: StoredProvider | null, wanted: WantedProvider): StoredProvider {
  const { clientSecret, ...provider } = wanted;
  const same = before !== null && isSameProvider(before, wanted) && before.caPem === wanted.caPem;
  if (clientSecret === null && !same)
    throw new Fault(
      'request.invalid',
      'enter the client secret again: the provider, its client id or its certificate is another one',
    );
  const secretSealed = clientSecret === null ? (before?.secretSealed ?? '') : sealer.seal(place, clientSecret);
  return stored.parse({ ...provider, secretSealed });
}

export async function writeProvider(db: Db, row: StoredProvider): Promise<void> {
  await writeMeta(db, 'sign-on-provider', JSON.stringify(row));
}
