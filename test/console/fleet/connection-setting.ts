/** Connections on a database of their own, over a stand-in console; one clock for both that moves only when told. */
import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnections, type ConnectionParts, type Connections } from '#console/fleet/connections/connections.ts';
import { connectionAlarms } from '#console/fleet/connections/connection-alarms.ts';
import { createSealer } from '#console/secrets.ts';
import { findConnection, type ConnectionRow } from '#console/store/sentinelone/connections.ts';
import { openSqlite } from '#console/store/engine/sqlite.ts';
import type { Store } from '#console/store/store.ts';
import { startSentinelOne, type SentinelOneOptions } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { addUser, type User } from '#test/worlds/sentinelone/tenant.ts';

export const dayMs = 86_400_000;

export interface ConnectionSetting extends AsyncDisposable {
  readonly vendor: SentinelOneWorld;
  readonly parts: ConnectionParts;
  readonly connections: Connections;
  /** Where the database stands. */
  readonly directory: string;
  move(ms: number): void;
  now(): number;
  /** A user of the tenant with a token from now. */
  user(user?: Partial<User>): User;
  enabled(user?: User): Promise<ConnectionRow>;
  row(connectionId: string): Promise<ConnectionRow>;
  alarms(connectionId: string): Promise<string[]>;
  /** How often SentinelOne was asked for a new API token. */
  asked(): number;
  /** Another process on the same database. */
  sibling(): Connections;
}

export async function connectionSetting(
  options: SentinelOneOptions & { open?: () => Promise<Store> } = {},
): Promise<ConnectionSetting> {
  let nowMs = Date.UTC(2026, 0, 15, 12);
  const now = (): number => nowMs;
  const directory = mkdtempSync(join(tmpdir(), 'garrison-connections-'));
  const vendor = await startSentinelOne({ now, ...options });
  const store = await (options.open ?? (() => openSqlite(join(directory, 'garrison.db'), { alone: true })))();
  const sleep = (ms: number): Promise<void> => {
    nowMs += ms;
    return Promise.resolve();
  };
  const timing = { now, sleep, random: () => 0.5 };
  const parts = { store, sealer: createSealer(randomBytes(32)), clock: { now }, timing, loopbackAllowed: true };
  const made: Connections[] = [];
  const sibling = (): Connections => {
    const one = createConnections(parts);
    made.push(one);
    return one;
  };
  const connections = sibling();
  const user = (more: Partial<User> = {}): User => addUser(vendor.tenant, more, nowMs);
  const row = async (connectionId: string): Promise<ConnectionRow> => {
    const found = await findConnection(store.read, connectionId);
    if (found === null) throw new Error('no such connection');
    return found;
  };
  return {
    vendor,
    parts,
    connections,
    directory,
    now,
    move: (ms) => {
      nowMs += ms;
    },
    user,
    row,
    sibling,
    enabled: (owner = user()) =>
      connections.enable({ name: 'Main', address: vendor.url, apiToken: owner.apiToken?.value ?? '' }),
    alarms: async (connectionId) =>
      connectionAlarms(await row(connectionId), nowMs).map(({ kind, level, code, daysLeft }) =>
        [kind, level, code, daysLeft].filter((part) => part !== null).join(' '),
      ),
    asked: () => vendor.requests.filter(({ url }) => url.endsWith('/generate-api-token')).length,
    async [Symbol.asyncDispose]() {
      for (const one of made) one.close();
      await store.close();
      await vendor.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
