/** Whether a connection works, step by step, and which rights its API token has; each right is looked at by itself. */
import * as z from 'zod';
import { asFault, Fault, type FaultRecord } from '#protocol/codes.ts';
import { readData } from '#console/sentinelone/answers.ts';
import { idPart, type Call } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import type { SentinelOneScope } from '#console/sentinelone/sites.ts';

export interface CheckRow {
  /** What for, in the administrator's words. */
  readonly feature: string;
  /** The right as SentinelOne's role editor names it. */
  readonly permission: string;
  /** Without it nothing can be deployed. */
  readonly needed: boolean;
  readonly result: 'ok' | 'missing' | 'could-not-tell';
  /** What was tried, and what came of it. */
  readonly how: string;
}

export interface ConnectionCheck {
  /** Address and API token are good and every needed right is there. */
  readonly usable: boolean;
  /** The first thing that stops it altogether; rights are in `rows`. */
  readonly fault: FaultRecord | null;
  readonly consoleVersion: string | null;
  /** null: SentinelOne did not tell. */
  readonly token: { readonly createdAt: string | null; readonly expiresAt: string } | null;
  /** null: not told; service users may not be allowed to ask. */
  readonly owner: {
    readonly email: string | null;
    readonly scope: string;
    readonly scopeIds: readonly string[];
  } | null;
  readonly rows: readonly CheckRow[];
}

interface Look {
  readonly feature: string;
  readonly permission: string;
  readonly needed: boolean;
  /** null: SentinelOne shows it only when it is used. */
  readonly call: ((scope: SentinelOneScope) => Call) | null;
}

function firstOf(path: string): (scope: SentinelOneScope) => Call {
  return (scope) => ({ path, query: { ...scope, limit: 1 } });
}

/** The least a role needs, and what each right is for. */
const looks: readonly Look[] = [
  { feature: 'Sites', permission: 'Sites: View', needed: true, call: firstOf('sites') },
  {
    feature: 'Agent packages',
    permission: 'Agent Packages: View',
    needed: true,
    call: firstOf('update/agent/packages'),
  },
  { feature: 'SentinelOne agents', permission: 'Endpoints: View', needed: true, call: firstOf('agents') },
  { feature: 'Groups', permission: 'Groups: View', needed: false, call: firstOf('groups') },
  {
    feature: 'Accounts',
    permission: 'Accounts: View',
    needed: false,
    call: () => ({ path: 'accounts', query: { limit: 1 } }),
  },
  { feature: 'Start a scan', permission: 'Endpoints: Initiate Scan', needed: false, call: null },
  { feature: 'Abort a scan', permission: 'Endpoints: Abort Scan', needed: false, call: null },
  { feature: 'Move to another site', permission: 'Endpoints: Move to Another Site', needed: false, call: null },
];

async function lookAt(client: SentinelOneClient, look: Look, scope: SentinelOneScope): Promise<CheckRow> {
  const { feature, permission, needed } = look;
  const row = (result: CheckRow['result'], how: string): CheckRow => ({ feature, permission, needed, result, how });
  if (look.call === null) return row('could-not-tell', 'SentinelOne shows this right only when it is used');
  const call = look.call(scope);
  try {
    await client.json(call);
    return row('ok', `read ${call.path}`);
  } catch (error) {
    const fault = asFault(error);
    return row(fault.code === 'sentinelone.permission' ? 'missing' : 'could-not-tell', fault.message);
  }
}

const healthData = z.object({ health: z.string() });
const infoData = z.object({ version: z.string().nullish() });
const lifetimeData = z.object({ createdAt: z.string().nullish(), expiresAt: z.string() });
const userData = z.object({
  email: z.string().nullish(),
  scope: z.string(),
  scopeRoles: z.array(z.object({ id: z.string().nullish() })).nullish(),
});

/** Anything but a console's answer, or a name that does not exist, speaks of the address. */
function wrongAddress(error: unknown): Fault {
  const fault = asFault(error);
  const passing = ['sentinelone.unavailable', 'sentinelone.throttled', 'sentinelone.untrusted', 'sentinelone.address'];
  if (passing.includes(fault.code) && fault.context['connection'] !== 'ENOTFOUND') return fault;
  return new Fault('sentinelone.address', fault.message, { context: fault.context, cause: fault });
}

/** `system/status` first: it takes no token, so that a wrong host never sees one. */
async function reachable(client: SentinelOneClient): Promise<string | null> {
  await readData(client, { path: 'system/status', authenticated: false }, healthData).catch((error: unknown) => {
    throw wrongAddress(error);
  });
  const info = await readData(client, { path: 'system/info' }, infoData);
  return info.version ?? null;
}

async function tokenLifetime(client: SentinelOneClient): Promise<ConnectionCheck['token']> {
  const answer = z.object({ data: lifetimeData }).safeParse(await client.tokenDetails().catch(() => null));
  return answer.success
    ? { createdAt: answer.data.data.createdAt ?? null, expiresAt: answer.data.data.expiresAt }
    : null;
}

async function ownerOf(client: SentinelOneClient): Promise<ConnectionCheck['owner']> {
  const user = await readData(client, { path: 'user' }, userData).catch(() => null);
  if (user === null) return null;
  const scopeIds = (user.scopeRoles ?? []).flatMap(({ id }) => id ?? []);
  return { email: user.email ?? null, scope: user.scope, scopeIds };
}

/** Never throws for what SentinelOne answers. Address, then API token, then each right by a small read. */
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
  const owner = await ownerOf(client);
  const [siteId] = scope.siteIds ?? [];
  const siteLook: Look = {
    feature: 'Site token',
    permission: 'Sites: View',
    needed: true,
    call: () => ({ path: `sites/${idPart(siteId ?? '')}/token` }),
  };
  const rows: CheckRow[] = [];
  for (const look of siteId === undefined ? looks : [...looks, siteLook]) rows.push(await lookAt(client, look, scope));
  const usable = rows.every((row) => !row.needed || row.result === 'ok');
  return { usable, fault: null, consoleVersion, token, owner, rows };
}
