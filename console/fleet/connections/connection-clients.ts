/** One client a connection, made anew when its API token, address or certificate authority changed. */
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { tokenPlace } from '#console/fleet/connections/connection-row.ts';
import type { ConnectionParts } from '#console/fleet/connections/connections.ts';
import { newSentinelOneClient, type SentinelOneClient } from '#console/sentinelone/client.ts';
import type { SharedPace } from '#console/sentinelone/rate-limits.ts';
import type { Store } from '#console/store/store.ts';
import {
  changeConnection,
  findConnection,
  lockDownloads,
  type ConnectionRow,
} from '#console/store/sentinelone/connections.ts';

export interface Opened {
  readonly client: SentinelOneClient;
  readonly row: ConnectionRow;
}

/** SentinelOne hands out two packages a minute to a token, however many processes of ours ask with it. */
function downloadPace(store: Store, connectionId: string): SharedPace {
  return {
    prefix: 'update/agent/download',
    take: (next) =>
      store.write(async (db) => {
        const { at, starts } = next(startsSchema.parse(JSON.parse((await lockDownloads(db, connectionId)) ?? '[]')));
        await changeConnection(db, connectionId, { download_starts: JSON.stringify(starts) });
        return at;
      }),
  };
}

const startsSchema = z.array(z.int());

export interface ConnectionClients {
  open(connectionId: string): Promise<Opened>;
  close(): void;
}

/** A renewed token is used as soon as it is kept: the old one is dead already. */
function tokenOf({ sealer }: ConnectionParts, row: ConnectionRow): string {
  const { connection_id: id, token_sealed, token_next_sealed } = row;
  if (token_next_sealed !== null) return sealer.open(tokenPlace(id, 'token_next_sealed'), token_next_sealed);
  return sealer.open(tokenPlace(id, 'token_sealed'), token_sealed);
}

export function connectionClients(parts: ConnectionParts): ConnectionClients {
  const clients = new Map<string, { readonly key: string; readonly client: SentinelOneClient }>();
  return {
    async open(connectionId) {
      const row = await findConnection(parts.store.read, connectionId);
      if (row === null) throw new Fault('not-found', 'there is no such connection');
      const key = JSON.stringify([row.address, row.ca_pem, row.token_next_sealed ?? row.token_sealed]);
      const known = clients.get(connectionId);
      if (known?.key === key) return { row, client: known.client };
      known?.client.close();
      const { address: origin, ca_pem: caPem } = row;
      const { timing, store } = parts;
      const shared = downloadPace(store, connectionId);
      const client = newSentinelOneClient({ origin, caPem, apiToken: tokenOf(parts, row), timing, shared });
      clients.set(connectionId, { key, client });
      return { row, client };
    },
    close() {
      for (const { client } of clients.values()) client.close();
      clients.clear();
    },
  };
}
