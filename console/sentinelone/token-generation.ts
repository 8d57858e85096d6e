/**
 * A new API token. A user has only one: SentinelOne ends the old one in the moment it answers, so whoever calls this
 * must keep the answer before anything else.
 */
import * as z from 'zod';
import { asFault, Fault } from '#protocol/codes.ts';
import { readData } from '#console/sentinelone/answers.ts';
import { idPart } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import type { TokenOwner } from '#console/sentinelone/token-owner.ts';

const tokenData = z.object({ token: z.string().min(40).max(4096).regex(/^\S+$/) });

/** For the caller's own user; never sent twice. */
export async function generateToken(client: SentinelOneClient): Promise<string> {
  const call = { method: 'POST', path: 'users/generate-api-token', body: { data: {} }, repeatable: false } as const;
  const { token } = await readData(client, call, tokenData);
  return token;
}

/** Newer consoles: for a service user, by the right Service Users: Edit. The end of the new token must be named. */
async function generateForServiceUser(client: SentinelOneClient, id: string, expiresAt: string): Promise<string> {
  const path = `service-users/${idPart(id)}/generate-api-token`;
  const body = { data: { expirationDate: expiresAt } };
  const { token } = await readData(client, { method: 'POST', path, body, repeatable: false }, tokenData);
  return token;
}

const refusals = new Set(['sentinelone.permission', 'sentinelone.not-found']);

/**
 * Replaces the token that `client` uses. Whether a service user may do so by itself is not documented: it is tried,
 * then the way that administrators have. `expiresAt` is asked for where the end can be chosen.
 * Throws `sentinelone.renewal-refused` when SentinelOne says no, before anything was changed.
 */
export async function renewOwnToken(
  client: SentinelOneClient,
  owner: TokenOwner | null,
  expiresAt: string,
): Promise<string> {
  try {
    return await generateToken(client);
  } catch (error) {
    const first = asFault(error);
    if (!refusals.has(first.code)) throw first;
    if (owner?.kind !== 'service-user') throw new Fault('sentinelone.renewal-refused', first.message, { cause: first });
    return generateForServiceUser(client, owner.id, expiresAt).catch((second: unknown) => {
      const fault = asFault(second);
      if (!refusals.has(fault.code)) throw fault;
      throw new Fault('sentinelone.renewal-refused', fault.message, { cause: fault });
    });
  }
}
