/** Whether a connection works, step by step, and which rights its API token has; each right is looked at by itself. */
import * as z from 'zod';
import { asFault, Fault, type FaultRecord } from '#protocol/codes.ts';
import { readData } from '#console/sentinelone/answers.ts';
import { idPart, type Call } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import { effectiveRights, type EffectiveRights } from '#console/sentinelone/effective-rights.ts';
import { renewalRight, rights, type Feature, type Right } from '#console/sentinelone/rights.ts';
import type { SentinelOneScope } from '#console/sentinelone/sites.ts';
import { ownerOf, tokenLifetime, type TokenLifetime, type TokenOwner } from '#console/sentinelone/token-owner.ts';

export interface CheckRow {
  /** "Endpoints: View", as SentinelOne's role editor names it. */
  readonly permission: string;
  /** What does not work without it; null: nothing here uses it. */
  readonly neededFor: string | null;
  readonly feature: Feature | null;
  /** Without it nothing can be deployed. */
  readonly required: boolean;
  readonly result: 'ok' | 'missing' | 'could-not-tell';
  /** What was tried, and what came of it. */
  readonly how: string;
}

export interface ConnectionCheck {
  /** Address and API token are good and every required right is there. */
  readonly usable: boolean;
  /** The first thing that stops it altogether; rights are in `rows`. */
  readonly fault: FaultRecord | null;
  readonly consoleVersion: string | null;
  /** null: SentinelOne did not tell. */
  readonly token: TokenLifetime | null;
  /** null: not told; service users may not be allowed to ask. */
  readonly owner: TokenOwner | null;
  readonly rows: readonly CheckRow[];
}

const healthData = z.object({ health: z.string() });
const infoData = z.object({ version: z.string().nullish() });

/** Anything but a console's answer, or a name that does not exist, speaks of the address. */
function wrongAddress(error: unknown): Fault {
  const fault = asFault(error);
  const passing = ['sentinelone.unavailable', 'sentinelone.throttled', 'sentinelone.untrusted', 'sentinelone.address'];
  if (passing.includes(fault.code) && fault.context['connection'] !== 'ENOTFOUND') return fault;
  return new Fault('sentinelone.address', fault.message, { context: fault.context, cause: fault });
}

/** Takes no token and no password, so that a wrong host never sees one. Throws what speaks against the address. */
export async function knock(client: SentinelOneClient): Promise<void> {
  await readData(client, { path: 'system/status', authenticated: false }, healthData).catch((error: unknown) => {
    throw wrongAddress(error);
  });
}

async function reachable(client: SentinelOneClient): Promise<string | null> {
  await knock(client);
  const info = await readData(client, { path: 'system/info' }, infoData);
  return info.version ?? null;
}

interface Looking {
  readonly client: SentinelOneClient;
  readonly scope: SentinelOneScope;
  readonly owner: TokenOwner | null;
  readonly listed: EffectiveRights | null;
}

type Finding = Pick<CheckRow, 'result' | 'how'>;

async function tried({ client, scope, owner }: Looking, call: Call, feature: Feature | null): Promise<Finding> {
  try {
    await client.json(call);
    return { result: 'ok', how: `read ${call.path}` };
  } catch (error) {
    const fault = asFault(error);
    if (fault.code !== 'sentinelone.permission') return { result: 'could-not-tell', how: fault.message };
    const narrow = feature === 'accounts' && (owner?.scope === 'site' || scope.siteIds !== undefined);
    const why = narrow ? 'API tokens of one site may not list accounts' : fault.message;
    return { result: 'missing', how: why };
  }
}

/** What can be read is read: that proves it. The rest is looked up in SentinelOne's own list, where that may be read. */
async function lookAt(looking: Looking, right: Right): Promise<CheckRow> {
  const { listed } = looking;
  const { setting, level, neededFor, feature, required } = right;
  const row = { permission: `${setting}: ${level}`, neededFor, feature, required };
  if (right.look !== null) {
    const found = await tried(looking, right.look(looking.scope), feature);
    if (found.result !== 'could-not-tell') return { ...row, ...found };
  }
  const told = listed?.has(right) ?? null;
  if (listed === null || told === null) {
    const how = listed === null ? 'SentinelOne shows it only when it is used' : `not mentioned in ${listed.source}`;
    return { ...row, result: 'could-not-tell', how };
  }
  return { ...row, result: told ? 'ok' : 'missing', how: `in ${listed.source}` };
}

function renewal({ owner, listed }: Looking): CheckRow {
  const { setting, level, neededFor, feature } = renewalRight;
  const row = { permission: `${setting}: ${level}`, neededFor, feature, required: false };
  if (owner === null || (owner.kind === 'user' && owner.mayGenerate === null))
    return { ...row, result: 'could-not-tell', how: 'it shows when the API token is renewed' };
  if (owner.kind === 'user')
    return { ...row, result: owner.mayGenerate === true ? 'ok' : 'missing', how: 'told with its user' };
  const edit = listed?.has({ setting: 'Service Users', level: 'Edit' }) ?? null;
  const how = 'a service user renews its API token with Service Users: Edit';
  if (edit === true) return { ...row, result: 'ok', how };
  return { ...row, result: 'could-not-tell', how: `${how}; whether it may without shows when it is tried` };
}

function siteTokenRight(siteId: string): Right {
  return {
    setting: 'Sites',
    level: 'View (site token)',
    neededFor: 'reading the site token that enrols devices',
    feature: 'site-token',
    required: true,
    look: () => ({ path: `sites/${idPart(siteId)}/token` }),
  };
}

/** Never throws for what SentinelOne answers. Address, then API token, then each right. */
export async function checkConnection(
  client: SentinelOneClient,
  scope: SentinelOneScope = {},
): Promise<ConnectionCheck> {
  let consoleVersion: string | null;
  try {
    consoleVersion = await reachable(client);
  } catch (error) {
    const fault = asFault(error).toRecord();
    return { usable: false, fault, consoleVersion: null, token: null, owner: null, rows: [] };
  }
  const token = await tokenLifetime(client);
  const owner = await ownerOf(client, token);
  const looking = { client, scope, owner, listed: await effectiveRights(client, owner) };
  const [siteId] = scope.siteIds ?? [];
  const rows: CheckRow[] = [];
  for (const right of siteId === undefined ? rights : [...rights, siteTokenRight(siteId)])
    rows.push(await lookAt(looking, right));
  rows.push(renewal(looking));
  const usable = rows.every((row) => !row.required || row.result === 'ok');
  return { usable, fault: null, consoleVersion, token, owner, rows };
}
