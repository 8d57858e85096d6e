/** Sites and their site tokens. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { readData, readList, vendorId, type Listing } from '#console/sentinelone/answers.ts';
import { idPart } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';

/** Where to look. Tokens of several accounts are asked for one: always narrow when it is known. */
export interface SentinelOneScope {
  readonly accountIds?: readonly string[];
  readonly siteIds?: readonly string[];
}

export interface SentinelOneSite {
  readonly id: string;
  readonly name: string;
  readonly accountId: string;
  readonly accountName: string;
  /** active, expired, deleted, or a word we do not know yet. */
  readonly state: string;
  readonly isDefault: boolean;
  /** null: not said. */
  readonly activeLicenses: number | null;
  /** null: unlimited, or not said. */
  readonly totalLicenses: number | null;
  /** ISO time; null: never, or not said. */
  readonly expiresAt: string | null;
}

export type SiteProblem = 'expired' | 'deleted' | 'not-active' | 'no-licence';

const siteRow = z
  .object({
    id: vendorId,
    name: z.string().min(1),
    accountId: vendorId,
    accountName: z.string().nullish(),
    state: z.string(),
    isDefault: z.boolean().nullish(),
    activeLicenses: z.number().nullish(),
    totalLicenses: z.number().nullish(),
    unlimitedLicenses: z.boolean().nullish(),
    expiration: z.string().nullish(),
    unlimitedExpiration: z.boolean().nullish(),
  })
  .transform((row): SentinelOneSite => ({
    id: row.id,
    name: row.name,
    accountId: row.accountId,
    accountName: row.accountName ?? '',
    state: row.state,
    isDefault: row.isDefault ?? false,
    activeLicenses: row.activeLicenses ?? null,
    totalLicenses: row.unlimitedLicenses === true ? null : (row.totalLicenses ?? null),
    expiresAt: row.unlimitedExpiration === true ? null : (row.expiration ?? null),
  }));

/** Sites are one level deeper than every other list. */
const siteRows = z.object({ sites: z.array(z.unknown()) }).transform(({ sites }) => sites);

/** All sites the API token sees, in every state; `siteProblem` says which cannot take a device. */
export function listSites(
  client: SentinelOneClient,
  scope: SentinelOneScope = {},
  signal?: AbortSignal,
): Promise<Listing<SentinelOneSite>> {
  return readList(client, { path: 'sites', query: { ...scope }, item: siteRow, rows: siteRows, signal });
}

/** Why no endpoint can enrol in this site now; null when one can. */
export function siteProblem(site: SentinelOneSite, now: number): SiteProblem | null {
  if (site.state === 'expired' || site.state === 'deleted') return site.state;
  if (site.state !== 'active') return 'not-active';
  if (site.expiresAt !== null && Date.parse(site.expiresAt) <= now) return 'expired';
  if (site.totalLicenses !== null && (site.activeLicenses ?? 0) >= site.totalLicenses) return 'no-licence';
  return null;
}

export interface NewSite {
  readonly name: string;
  readonly accountId: string;
  /** null: without limit. */
  readonly licences: number | null;
  /** ISO time; null: never. */
  readonly expiresAt: string | null;
}

/** Makes a site that inherits the account's policy. Needs Sites: Create, and more than a token of one site. */
export async function createSite(client: SentinelOneClient, wanted: NewSite): Promise<SentinelOneSite> {
  const { name, accountId, licences, expiresAt } = wanted;
  const data = {
    name,
    accountId: idPart(accountId),
    siteType: 'Paid',
    inherits: true,
    ...(licences === null ? { unlimitedLicenses: true } : { unlimitedLicenses: false, totalLicenses: licences }),
    ...(expiresAt === null ? { unlimitedExpiration: true } : { unlimitedExpiration: false, expiration: expiresAt }),
  };
  return readData(client, { method: 'POST', path: 'sites', body: { data }, repeatable: false }, siteRow);
}

const tokenData = z.object({ token: z.string().regex(/^[A-Za-z0-9+/]{8,2000}={0,2}$/) });

/** The registration token at `path`: a secret of its own; keep it only as long as it is needed. */
export async function registrationTokenAt(
  client: SentinelOneClient,
  path: string,
  signal?: AbortSignal,
): Promise<string> {
  const { token } = await readData(client, { path, signal }, tokenData);
  return token;
}

/** The site token of a site. It changes when somebody regenerates it: read it anew for each use. */
export async function siteToken(client: SentinelOneClient, siteId: string, signal?: AbortSignal): Promise<string> {
  return registrationTokenAt(client, `sites/${idPart(siteId)}/token`, signal);
}

/** Which site SentinelOne itself says a site token belongs to; `sentinelone.not-found` when not exactly one. */
export async function siteOfToken(
  client: SentinelOneClient,
  token: string,
  signal?: AbortSignal,
): Promise<SentinelOneSite> {
  const query = { registrationToken: token };
  const { items } = await readList(client, { path: 'sites', query, item: siteRow, rows: siteRows, signal });
  const [site] = items;
  if (site === undefined || items.length > 1)
    throw new Fault('sentinelone.not-found', `The site token fits ${items.length} sites`);
  return site;
}
