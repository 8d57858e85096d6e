/** What we ask SentinelOne to do with its agents. Nothing here removes, stops or disables one. */
import { Fault } from '#protocol/codes.ts';
import { actOn } from '#console/sentinelone/answers.ts';
import { idPart, type Call } from '#console/sentinelone/call.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';

/** An empty filter would reach every agent of the tenant: refused here already. */
function filterOf(agentIds: readonly string[]): { readonly ids: readonly string[] } {
  if (agentIds.length === 0) throw new Fault('request.invalid', 'No SentinelOne agent was named');
  return { ids: agentIds.map(idPart) };
}

function action(name: string, agentIds: readonly string[], data: Readonly<Record<string, string>> = {}): Call {
  return { path: `agents/actions/${name}`, body: { filter: filterOf(agentIds), data }, repeatable: true };
}

/** Resolves to the number of agents reached; none is `sentinelone.not-found` (also: a scan is already running). */
export async function startScan(client: SentinelOneClient, agentIds: readonly string[]): Promise<number> {
  return actOn(client, action('initiate-scan', agentIds), 'start scan');
}

export async function abortScan(client: SentinelOneClient, agentIds: readonly string[]): Promise<number> {
  return actOn(client, action('abort-scan', agentIds), 'abort scan');
}

export async function moveToSite(
  client: SentinelOneClient,
  agentIds: readonly string[],
  targetSiteId: string,
): Promise<number> {
  return actOn(client, action('move-to-site', agentIds, { targetSiteId: idPart(targetSiteId) }), 'move to site');
}
