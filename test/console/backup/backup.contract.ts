/** What a backup promises, whatever database it comes from or goes to. */
import { mkdtempSync, readFileSync, rmSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { restoreBackup, type RestoreParts } from '#console/backup/restore.ts';
import { writeBackup } from '#console/backup/write.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { loadKeys } from '#console/keys.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { findDevice } from '#console/store/devices/devices.ts';
import { addArchive, findArchive } from '#console/store/devices/diagnostics.ts';
import type { EmptyPlace } from '#console/store/engine/empty-place.ts';
import { rowsOf, wholeTables } from '#console/store/engine/rows.ts';
import type { Snapshot } from '#console/store/engine/snapshot.ts';
import type { Store } from '#console/store/store.ts';
import { startFlow } from '#console/auth/sign-on/flows.ts';
import { digestOf, readProvider, sealedProvider, writeProvider } from '#console/auth/sign-on/provider.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

export interface Databases {
  /** A new database for a console, and how a second one looks into it. */
  readonly source: (directory: string) => Promise<{ store: Store; snapshot(): Snapshot }>;
  /** An empty place, and how what is in it is opened. */
  readonly target: (directory: string) => Promise<{ place(): Promise<EmptyPlace>; open(): Promise<Store> }>;
}

async function allRows(store: Store): Promise<Record<string, unknown[][]>> {
  return store.read.transaction().execute(async (transaction) => {
    const db = transaction as unknown as Kysely<unknown>;
    const found: Record<string, unknown[][]> = {};
    for (const table of await wholeTables(db, store.kind)) {
      const rows: unknown[][] = [];
      for await (const row of rowsOf(db, store.kind, table)) rows.push(row);
      found[table.name] = rows.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    return found;
  });
}

/** What a restore changes on purpose. */
const settled = new Set([
  'meta',
  'api_keys',
  'recovery_codes',
  'operator_sessions',
  'operators',
  'enrolment_keys',
  'commands',
  'deployments',
  'audit',
  'sign_on_flows',
]);

export function backupContract(name: string, databases: Databases): void {
  describe(`a backup, ${name}`, () => {
    let directory: string;
    let world: ConsoleWorld;
    let source: { store: Store; snapshot(): Snapshot };
    const file = (): string => join(directory, 'console.backup');

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'garrison-backup-'));
      source = await databases.source(directory);
      world = await ConsoleWorld.start({ open: () => Promise.resolve(source.store) });
      await world.administrator('ann', 'correct horse battery');
    });
    afterEach(async () => {
      await world.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    async function lived(): Promise<string> {
      const organisationId = await world.organisation('Bäckerei "Ü" 😀 \u2028');
      await world.mapped(organisationId);
      const device = simulatedDevice(world.app, await world.installKey(organisationId), { now: () => world.nowMs });
      await device.enrol();
      device.recordRaw('something-new', { text: 'line\nbreak, "quote", \\ and \u0001' });
      await device.checkIn();
      await world.mode(organisationId, 'deploy');
      const row = await findDevice(world.store.read, scope, device.deviceId);
      if (row === null) throw new Error('no device');
      await giveCommand(world.side, scope, row, { verb: 'check', by: 'ann' });
      await OperatorClient.signedIn(world.operatorApp, 'ann', 'correct horse battery');
      await signOnUnderWay();
      return device.deviceId;
    }

    /** A provider that is in use, and somebody on the way to it. */
    async function signOnUnderWay(): Promise<void> {
      const set = { label: 'Login', issuer: 'https://login.test', clientId: 'garrison', caPem: null, mailDomains: [] };
      const wanted = { ...set, enabled: true, clientSecret: 'secret of the client' };
      const provider = sealedProvider(world.sealer, null, wanted);
      const about = { providerSha256: digestOf(provider), sessionSha256: null, address: '10.0.0.7' };
      await world.store.write((db) => writeProvider(db, provider));
      await startFlow(world.side, about);
    }

    async function backedUp() {
      const snapshot = source.snapshot();
      try {
        const parts = { snapshot, sealer: world.sealer, file: file(), consoleVersion: '0.1.0', nowMs: world.nowMs };
        return await writeBackup({ ...parts, progress: () => undefined });
      } finally {
        await snapshot.close();
      }
    }

    const restoring = (place: EmptyPlace, more: Partial<RestoreParts> = {}) =>
      restoreBackup({
        file: file(),
        sealer: world.sealer,
        owner: world.owner,
        place,
        change: {},
        kept: { operators: ['ANN'], installKeys: false },
        nowMs: world.nowMs + 60_000,
        progress: () => undefined,
        ...more,
      });

    it('takes and brings back large rows, a few at a time', async () => {
      const deviceId = await lived();
      const row = await findDevice(world.store.read, scope, deviceId);
      const sealed = (index: number): string => String(index).repeat(2 * 1024 * 1024);
      for (let index = 0; index < 3; index += 1)
        await world.store.write((db) =>
          addArchive(db, scope, {
            command_id: `cmd_${index}`,
            device_id: deviceId,
            organisation_id: row?.organisation_id ?? '',
            arrived_at: world.nowMs,
            size_bytes: 1,
            sealed: sealed(index),
          }),
        );
      await backedUp();
      const target = await databases.target(directory);
      await restoring(await target.place());
      const store = await target.open();
      for (let index = 0; index < 3; index += 1) {
        const archive = await findArchive(store.read, scope, { deviceId, commandId: `cmd_${index}` });
        expect(archive?.sealed === sealed(index)).toBe(true);
      }
      await store.close();
    });

    it('brings every row of every table back as it was, but for what a restore ends', async () => {
      const deviceId = await lived();
      const before = await allRows(world.store);
      const written = await backedUp();
      expect(written.rows).toEqual(
        Object.fromEntries(Object.entries(before).map(([table, rows]) => [table, rows.length])),
      );
      const target = await databases.target(directory);
      const done = await restoring(await target.place());
      const store = await target.open();
      try {
        const after = await allRows(store);
        expect(Object.keys(after).toSorted()).toEqual(Object.keys(before).toSorted());
        for (const table of Object.keys(before).filter((one) => !settled.has(one)))
          expect([table, after[table]]).toEqual([table, before[table]]);
        expect(after['operator_sessions']).toEqual([]);
        // Given up or taken over since, perhaps: an administrator switches it on again.
        expect(after['sign_on_flows']).toEqual([]);
        expect(await readProvider(store.read)).toMatchObject({ issuer: 'https://login.test', enabled: false });
        expect(done).toMatchObject({ operatorsKept: ['ann'], operatorsDisabled: 0 });
        expect(done).toMatchObject({ installKeysRevoked: 1, commandsDropped: 1, deploymentsHalted: 1 });
        const keys = await loadKeys(store.read, world.sealer);
        expect(keys.keySet.epoch).toBeGreaterThan(1);
        expect(keys.signing.publicKey).not.toBe(world.side.keys.current().signing.publicKey);
        expect(await verifyAudit(store.read, world.sealer.subkey('audit'))).toBeNull();
        const row = {
          device_id: deviceId,
          organisation_id: (await findDevice(store.read, scope, deviceId))?.organisation_id ?? '',
        };
        const event = { ...row, journal_id: 'j', seq: 99, at: '', received_at: 1, kind: 'k', data: '{}' };
        await store.write((db) => db.insertInto('events').values(event).execute());
      } finally {
        await store.close();
      }
    });

    it('is of one moment, however much is written meanwhile', async () => {
      const organisationId = await world.organisation('Bakery');
      const key = await world.installKey(organisationId);
      const enrolOne = async (index: number): Promise<void> => {
        const device = simulatedDevice(world.app, key, { address: `10.1.0.${index}` });
        await device.enrol();
        await device.checkIn();
      };
      await enrolOne(0);
      const writing = Array.from({ length: 20 }, (_, index) => enrolOne(index + 1));
      const { rows } = await backedUp();
      await Promise.all(writing);
      // One audit entry and one use of the key for each device, or the moment was torn.
      const target = await databases.target(directory);
      await restoring(await target.place());
      const store = await target.open();
      const counted = await store.read.selectFrom('enrolment_keys').select('uses').executeTakeFirstOrThrow();
      expect(counted.uses).toBe(rows['devices']);
      expect(await verifyAudit(store.read, world.sealer.subkey('audit'))).toBeNull();
      await store.close();
    });

    it('leaves the place empty when it goes wrong half-way', async () => {
      await lived();
      await backedUp();
      const target = await databases.target(directory);
      const place = await target.place();
      const stop = (table: string): void => {
        if (table === 'events') throw new Error('the power is gone');
      };
      await expect(restoring(place, { progress: stop })).rejects.toThrow('the power is gone');
      await restoring(await target.place());
      await expect(target.place()).rejects.toMatchObject({ code: 'backup.not-empty' });
    });

    it('asks for the owner key of that console, and for operators that it knows', async () => {
      await backedUp();
      const target = await databases.target(directory);
      const foreign = world.side.keys.current().signing;
      await expect(restoring(await target.place(), { owner: foreign })).rejects.toMatchObject({ code: 'auth.refused' });
      const kept = { operators: ['nobody'], installKeys: false };
      await expect(restoring(await target.place(), { kept })).rejects.toThrow('no operator named nobody');
      await restoring(await target.place());
    });

    it('is one private file that replaces none and shows no secret of ours', async () => {
      await backedUp();
      expect(existsSync(`${file()}.partial`)).toBe(false);
      await expect(backedUp()).rejects.toMatchObject({ code: 'console.bad-configuration' });
      const { signing, sealing } = world.side.keys.current();
      const { gunzipSync } = await import('node:zlib');
      const text = gunzipSync(readFileSync(file())).toString();
      for (const secret of [signing.privateKey, sealing.privateKey, world.owner.privateKey])
        expect(text).not.toContain(secret);
    });
  });
}
