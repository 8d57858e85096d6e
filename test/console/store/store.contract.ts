/** What every database must do for the console; run against each of them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { operatorScope, type Scope } from '#console/auth/scope.ts';
import { restartsOf } from '#console/fleet/assignment/restarts.ts';
import { appendAudit } from '#console/store/audit/audit.ts';
import { verifyAudit } from '#console/store/audit/audit-chain.ts';
import { findAssignment, writeAssignment } from '#console/store/devices/assignments.ts';
import {
  addCommand,
  changeCommand,
  nextPosition,
  pendingCommands,
  type CommandRow,
} from '#console/store/devices/commands.ts';
import { countCauses, countCoverage, countDevices } from '#console/store/devices/device-counts.ts';
import { listDevices, sortValue } from '#console/store/devices/device-list.ts';
import { addArchive, findArchive, listArchives, removeOldArchives } from '#console/store/devices/diagnostics.ts';
import {
  addDevice,
  changeDevice,
  findDevice,
  flushLastSeen,
  readReportDigest,
  revokeDevice,
  revokedSince,
  writeReport,
  type DeviceRecord,
} from '#console/store/devices/devices.ts';
import { markReporting, newlyHeard, newlySilent } from '#console/store/devices/reporting.ts';
import { addEnrolmentKey, findEnrolmentKey, useEnrolmentKey } from '#console/store/enrolment/enrolment-keys.ts';
import {
  addEvents,
  addGap,
  listEvents,
  listGaps,
  readJournal,
  removeOldEvents,
  writeJournal,
} from '#console/store/devices/events.ts';
import { addException, exceptionsFor, findException } from '#console/store/devices/exceptions.ts';
import { findMapping, listMappings } from '#console/store/sentinelone/mappings.ts';
import { readMeta, removeMeta, writeMeta } from '#console/store/meta.ts';
import {
  addOrganisation,
  findOrganisation,
  listOrganisations,
  policyVersions,
  raisePolicyVersion,
  setMode,
  setRestarts,
} from '#console/store/organisations.ts';
import { isUniqueViolation, type Store } from '#console/store/store.ts';
import { scope } from '#test/worlds/fleet/console.ts';

const at = Date.parse('2026-03-01T10:00:00.000Z');

function deviceRow(deviceId: string, organisationId: string, more: Partial<DeviceRecord> = {}): DeviceRecord {
  return {
    device_id: deviceId,
    organisation_id: organisationId,
    signing_key: `key ${deviceId}`,
    sealing_key: 's',
    fingerprint: 'f',
    previous_fingerprint: null,
    fingerprint_changed_at: null,
    duplicate: 0,
    generation: 1,
    revoked_at: null,
    enrolled_at: at,
    enrolment_key_id: 'key_1',
    replaces_device_id: null,
    hostname: deviceId,
    hostname_folded: deviceId.toLowerCase(),
    os: 'linux',
    os_name: 'Debian',
    os_version: '12',
    architecture: 'x64',
    target: 'linux-x64-deb',
    kind: 'server',
    agent_version: '0.1.0',
    product_version: null,
    agent_uuid: null,
    test_trust: 0,
    state_kind: 'checking',
    state_rank: 100,
    cause: null,
    last_seen_at: at,
    reporting: 1,
    vendor_record: 'none',
    pending: 0,
    retired_at: null,
    identity_changed_at: null,
    leaves_as: null,
    ...more,
  };
}

function commandRow(position: number, more: Partial<CommandRow> = {}): CommandRow {
  return {
    command_id: `cmd_${position}`,
    device_id: 'dev_a',
    organisation_id: 'org_a',
    position,
    verb: 'retry',
    requested_at: at,
    requested_by: 'ann',
    expires_at: at + 1_000,
    envelope: '{}',
    received_at: null,
    executed_at: null,
    result: null,
    fault: null,
    ...more,
  };
}

export function storeContract(name: string, open: () => Promise<Store>): void {
  describe(`store on ${name}`, () => {
    let store: Store;
    const onlyA: Scope = operatorScope({ name: 'ann', organisationIds: ['org_a'] });
    const nothing: Scope = operatorScope({ name: 'nobody', organisationIds: [] });

    beforeEach(async () => {
      store = await open();
      await store.write(async (db) => {
        for (const id of ['org_a', 'org_b']) {
          const row = {
            organisation_id: id,
            name: id,
            name_folded: id,
            mode: 'watch',
            created_at: at,
            policy_version: 1,
          };
          await addOrganisation(db, scope, row);
        }
        await addDevice(db, scope, deviceRow('dev_a', 'org_a'));
        await addDevice(db, scope, deviceRow('dev_b', 'org_b'));
      });
    });
    afterEach(() => store.close());

    it('shows what is committed, and nothing of what failed', async () => {
      await store.write((db) => writeMeta(db, 'console-id', 'one'));
      expect(await readMeta(store.read, 'console-id')).toBe('one');
      const failing = store.write(async (db) => {
        await writeMeta(db, 'console-id', 'two');
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      expect(await readMeta(store.read, 'console-id')).toBe('one');
      await store.write((db) => removeMeta(db, 'console-id'));
      expect(await readMeta(store.read, 'console-id')).toBeNull();
    });

    it('keeps pieces of work apart that run at the same time: one that fails spoils no other', async () => {
      const works = Array.from({ length: 40 }, (_, index) =>
        store.write(async (db) => {
          await addEvents(db, scope, [
            {
              device_id: 'dev_a',
              organisation_id: 'org_a',
              journal_id: 'j',
              seq: index,
              at: 'x',
              received_at: at,
              kind: 'k',
              data: '{}',
            },
          ]);
          if (index % 4 === 0) throw new Error('no');
        }),
      );
      const ended = await Promise.allSettled(works);
      expect(ended.filter((one) => one.status === 'rejected')).toHaveLength(10);
      const rows = await listEvents(store.read, scope, 'dev_a', { before: null, limit: 100 });
      expect(rows).toHaveLength(30);
      expect(rows.some((row) => row.seq % 4 === 0)).toBe(false);
    });

    it('tells a name that exists already from other errors', async () => {
      const row = {
        organisation_id: 'org_c',
        name: 'ORG_A',
        name_folded: 'org_a',
        mode: 'watch',
        created_at: at,
        policy_version: 1,
      };
      const error = await store.write((db) => addOrganisation(db, scope, row)).catch((caught: unknown) => caught);
      expect(isUniqueViolation(error)).toBe(true);
      expect(isUniqueViolation(new Error('other'))).toBe(false);
    });

    it('answers times and counts as numbers', async () => {
      const row = await findOrganisation(store.read, scope, 'org_a');
      expect(row).toEqual({
        organisation_id: 'org_a',
        name: 'org_a',
        name_folded: 'org_a',
        mode: 'watch',
        created_at: at,
        policy_version: 1,
        restart_start_minute: null,
        restart_end_minute: null,
        version_policy: null,
      });
    });

    it('keeps the hours of restarts, and tells its devices of each change', async () => {
      const allowed = async () => restartsOf(await findOrganisation(store.read, scope, 'org_a'));
      const hours = { kind: 'window', startMinute: 1320, endMinute: 0 } as const;
      expect(await allowed()).toEqual({ kind: 'never' });
      await store.write((db) => setRestarts(db, onlyA, 'org_a', hours));
      expect(await allowed()).toEqual(hours);
      expect(restartsOf(await findOrganisation(store.read, scope, 'org_b'))).toEqual({ kind: 'never' });
      await store.write((db) => setRestarts(db, onlyA, 'org_a', { kind: 'never' }));
      expect(await allowed()).toEqual({ kind: 'never' });
      expect(Object.fromEntries(await policyVersions(store.read, scope))).toEqual({ org_a: 3, org_b: 1 });
    });

    it('G9: shows a scope its own organisations and refuses to write into others', async () => {
      expect(await findOrganisation(store.read, onlyA, 'org_b')).toBeNull();
      expect((await listOrganisations(store.read, onlyA)).map((row) => row.organisation_id)).toEqual(['org_a']);
      expect(await listOrganisations(store.read, nothing)).toEqual([]);
      expect(await findDevice(store.read, onlyA, 'dev_b')).toBeNull();
      expect(await findDevice(store.read, nothing, 'dev_a')).toBeNull();
      expect([...(await policyVersions(store.read, onlyA)).keys()]).toEqual(['org_a']);
      const foreign = { before: null, limit: 10 };
      expect(await listEvents(store.read, onlyA, 'dev_b', foreign)).toEqual([]);
      expect(await listMappings(store.read, nothing)).toEqual([]);
      expect(await findMapping(store.read, onlyA, 'org_b')).toBeNull();
      const writes = [
        () => store.write((db) => setMode(db, onlyA, 'org_b', 'deploy')),
        () => store.write((db) => setRestarts(db, onlyA, 'org_b', { kind: 'never' })),
        () => store.write((db) => addDevice(db, onlyA, deviceRow('dev_c', 'org_b'))),
        () =>
          store.write((db) => addCommand(db, onlyA, commandRow(1, { device_id: 'dev_b', organisation_id: 'org_b' }))),
      ];
      for (const write of writes) await expect(write()).rejects.toThrow(Fault);
      await store.write((db) => raisePolicyVersion(db, onlyA, null));
      const versions = await policyVersions(store.read, scope);
      expect([versions.get('org_a'), versions.get('org_b')]).toEqual([2, 1]);
      expect(await store.write((db) => revokeDevice(db, onlyA, 'dev_b', at))).toBe(false);
    });

    it('does not let a row of one organisation point to a device of another', async () => {
      const row = {
        device_id: 'dev_b',
        organisation_id: 'org_a',
        digest: 'd',
        report: '{}',
        list_state: '{}',
        reported_at: at,
      };
      await expect(store.write((db) => writeReport(db, scope, row))).rejects.toThrow();
    });

    it('takes the last use of an install key once', async () => {
      const key = {
        key_id: 'key_1',
        organisation_id: 'org_a',
        secret_sha256: 'x',
        label: '',
        created_at: at,
        created_by: 'ann',
        expires_at: at + 1_000,
        uses: 0,
        uses_max: 3,
        revoked_at: null,
      };
      await store.write((db) => addEnrolmentKey(db, scope, key));
      const taken = await Promise.all(
        Array.from({ length: 8 }, () => store.write((db) => useEnrolmentKey(db, scope, 'key_1', at))),
      );
      expect(taken.filter(Boolean)).toHaveLength(3);
      expect((await findEnrolmentKey(store.read, scope, 'key_1'))?.uses).toBe(3);
      expect(await store.write((db) => useEnrolmentKey(db, scope, 'key_1', at + 1_001))).toBe(false);
    });

    it('writes only what differs of a device, and revokes once', async () => {
      const row = await findDevice(store.read, scope, 'dev_a');
      if (row === null) throw new Error('no device');
      await store.write((db) => changeDevice(db, scope, row, { hostname: 'renamed', cause: null }));
      expect(await findDevice(store.read, scope, 'dev_a')).toEqual({ ...row, hostname: 'renamed' });
      expect(await store.write((db) => revokeDevice(db, scope, 'dev_a', at + 5))).toBe(true);
      expect(await store.write((db) => revokeDevice(db, scope, 'dev_a', at + 6))).toBe(false);
      expect(await findDevice(store.read, scope, 'dev_a')).toMatchObject({ generation: 2, revoked_at: at + 5 });
      expect(await revokedSince(store.read, scope, at + 5)).toEqual(['dev_a']);
      expect(await revokedSince(store.read, scope, at + 6)).toEqual([]);
    });

    it('never moves the last contact back', async () => {
      await store.write((db) =>
        flushLastSeen(
          db,
          scope,
          new Map([
            ['dev_a', at + 10],
            ['dev_b', at - 10],
          ]),
        ),
      );
      expect((await findDevice(store.read, scope, 'dev_a'))?.last_seen_at).toBe(at + 10);
      expect((await findDevice(store.read, scope, 'dev_b'))?.last_seen_at).toBe(at);
    });

    it('keeps one report a device', async () => {
      const row = {
        device_id: 'dev_a',
        organisation_id: 'org_a',
        digest: 'one',
        report: '{}',
        list_state: '{}',
        reported_at: at,
      };
      await store.write((db) => writeReport(db, scope, row));
      await store.write((db) => writeReport(db, scope, { ...row, digest: 'two' }));
      expect(await readReportDigest(store.read, scope, 'dev_a')).toBe('two');
      expect(await readReportDigest(store.read, onlyA, 'dev_b')).toBeNull();
    });

    it('stores an event once, pages by arrival, and forgets old ones in slices', async () => {
      const rows = Array.from({ length: 30 }, (_, index) => ({
        device_id: 'dev_a',
        organisation_id: 'org_a',
        journal_id: 'j',
        seq: index + 1,
        at: 'x',
        received_at: at + index,
        kind: index % 2 === 0 ? 'even' : 'odd',
        data: '{}',
      }));
      await store.write((db) => addEvents(db, scope, rows));
      await store.write((db) => addEvents(db, scope, rows.slice(20)));
      const first = await listEvents(store.read, scope, 'dev_a', { before: null, limit: 20 });
      const rest = await listEvents(store.read, scope, 'dev_a', { before: first.at(-1)?.event_id ?? 0, limit: 20 });
      expect([...first, ...rest].map((row) => row.seq)).toEqual(rows.map((row) => row.seq).toReversed());
      expect(await listEvents(store.read, scope, 'dev_a', { before: null, limit: 50, kinds: ['odd'] })).toHaveLength(
        15,
      );
      expect(await store.write((db) => removeOldEvents(db, scope, at + 10, 6))).toBe(6);
      expect(await store.write((db) => removeOldEvents(db, scope, at + 10, 6))).toBe(4);
      expect(await store.write((db) => removeOldEvents(db, scope, at + 10, 6))).toBe(0);
    });

    it('remembers how far each journal came, and its gaps once', async () => {
      const key = { device_id: 'dev_a', organisation_id: 'org_a', journal_id: 'j' };
      expect(await readJournal(store.read, scope, 'dev_a', 'j')).toBeNull();
      await store.write((db) => writeJournal(db, scope, { ...key, seq: 5 }));
      await store.write((db) => writeJournal(db, scope, { ...key, seq: 9 }));
      await store.write((db) => writeJournal(db, scope, { ...key, seq: 7 }));
      expect(await readJournal(store.read, scope, 'dev_a', 'j')).toBe(9);
      expect(await readJournal(store.read, scope, 'dev_a', 'other')).toBeNull();
      const gap = { ...key, from_seq: 1, to_seq: 4, recorded_at: at };
      await store.write((db) => addGap(db, scope, gap));
      await store.write((db) => addGap(db, scope, { ...gap, recorded_at: at + 1 }));
      expect(await listGaps(store.read, scope, 'dev_a')).toEqual([gap]);
    });

    it('gives commands rising positions, not below the clock, and only those that still wait', async () => {
      expect(await nextPosition(store.read, scope, 'dev_a', at)).toBe(at);
      await store.write((db) => addCommand(db, scope, commandRow(at)));
      expect(await nextPosition(store.read, scope, 'dev_a', at)).toBe(at + 1);
      expect(await nextPosition(store.read, scope, 'dev_a', at - 5_000)).toBe(at + 1);
      await store.write((db) => addCommand(db, scope, commandRow(at + 1, { verb: 'check' })));
      const from = { after: 0, nowMs: at, limit: 10 };
      const positions = async (more = {}) =>
        (await pendingCommands(store.read, scope, 'dev_a', { ...from, ...more })).map((row) => row.position);
      expect(await positions()).toEqual([at, at + 1]);
      expect(await positions({ after: at })).toEqual([at + 1]);
      expect(await positions({ nowMs: at + 1_000 })).toEqual([]);
      const done = { executed_at: at, result: 'done' };
      await store.write((db) => changeCommand(db, onlyA, { deviceId: 'dev_b', commandId: `cmd_${at}` }, done));
      expect(await positions()).toHaveLength(2);
      await store.write((db) => changeCommand(db, onlyA, { deviceId: 'dev_a', commandId: `cmd_${at}` }, done));
      expect(await positions()).toEqual([at + 1]);
      await expect(
        store.write((db) => addCommand(db, scope, commandRow(at + 1, { command_id: 'x' }))),
      ).rejects.toThrow();
    });

    it('keeps one assignment a device', async () => {
      const row = {
        device_id: 'dev_a',
        organisation_id: 'org_a',
        epoch: 1,
        number: 1,
        issued_at: at,
        expires_at: at + 1,
        policy_version: 1,
        content_sha256: 'x',
        envelope: '{}',
      };
      await store.write((db) => writeAssignment(db, scope, row));
      await store.write((db) => writeAssignment(db, scope, { ...row, number: 2 }));
      expect(await findAssignment(store.read, onlyA, 'dev_a')).toEqual({ ...row, number: 2 });
      expect(await findAssignment(store.read, nothing, 'dev_a')).toBeNull();
    });

    it('finds the exceptions of a device: its own and its organisation’s, while they last', async () => {
      const row = {
        exception_id: 'exc_1',
        organisation_id: 'org_a',
        device_id: null,
        subject_kind: 'product',
        subject: 'clamav',
        reason: '',
        created_by: 'ann',
        created_at: at,
        expires_at: at + 10,
      };
      await store.write(async (db) => {
        await addException(db, scope, row);
        await addException(db, scope, { ...row, exception_id: 'exc_2', device_id: 'dev_a', subject: 'sophos' });
      });
      const device = { deviceId: 'dev_a', organisationId: 'org_a' };
      expect(await exceptionsFor(store.read, scope, device, at)).toHaveLength(2);
      expect(await exceptionsFor(store.read, scope, { ...device, deviceId: 'dev_z' }, at)).toHaveLength(1);
      expect(await exceptionsFor(store.read, scope, device, at + 10)).toEqual([]);
      expect(await findException(store.read, nothing, 'exc_1')).toBeNull();
    });

    it('pages, filters and counts devices', async () => {
      const states = ['failed', 'protected', 'blocked', null] as const;
      await store.write(async (db) => {
        for (let index = 0; index < 25; index += 1) {
          const state = states[index % 4] ?? null;
          const more = {
            hostname: `Host-${index}`,
            hostname_folded: `host-${index}`,
            state_kind: state,
            state_rank: (index % 4) * 10,
            cause: state === 'failed' ? 'install.failed' : null,
            last_seen_at: at + index,
          };
          await addDevice(db, scope, deviceRow(`dev_${index}`, index % 2 === 0 ? 'org_a' : 'org_b', more));
        }
      });
      const overdue = { overdueBeforeMs: at + 5, fromMs: 0, limit: 100 };
      const silent = await newlySilent(store.read, scope, overdue);
      await store.write((db) => markReporting(db, scope, silent, 0));
      expect(await newlySilent(store.read, scope, overdue)).toEqual([]);
      expect(await newlyHeard(store.read, scope, overdue)).toEqual([]);
      const filter = {};
      for (const sort of ['name', 'state', 'last-seen'] as const) {
        const seen: string[] = [];
        let after: readonly [string | number, string] | null = null;
        for (;;) {
          const rows = await listDevices(store.read, scope, filter, { sort, limit: 7, after });
          seen.push(...rows.map((row) => row.device_id));
          const last = rows.at(-1);
          if (last === undefined) break;
          after = [sortValue(last, sort), last.device_id];
        }
        expect([sort, seen.length, new Set(seen).size]).toEqual([sort, 27, 27]);
      }
      const byName = (after: readonly [string, string] | number | null) =>
        listDevices(store.read, scope, filter, { sort: 'name', limit: 5, after });
      const [tenth] = await byName(9);
      const next = await byName([tenth?.hostname_folded ?? '', tenth?.device_id ?? '']);
      expect(await byName(10)).toEqual(next);
      expect(await byName(27)).toEqual([]);
      const page = { sort: 'name' as const, limit: 50, after: null };
      const ids = async (more: object, who = scope) =>
        (await listDevices(store.read, who, { ...filter, ...more }, page)).length;
      expect(await ids({ search: 'HOST-1' })).toBe(11);
      expect(await ids({ search: '%' })).toBe(0);
      expect(await ids({ search: '_' })).toBe(2);
      expect(await ids({ cause: 'install.failed' })).toBe(7);
      expect(await ids({ state: 'not-reporting' })).toBe(7);
      expect(await ids({ state: 'checking' })).toBe(5);
      expect(await ids({ silentBeforeMs: at + 3 })).toBe(5);
      expect(await ids({ coverage: 'watched' })).toBe(27);
      expect(await ids({ coverage: 'gap' })).toBe(0);
      expect(await ids({}, onlyA)).toBe(14);
      const sums = (rows: readonly { devices: number }[]) => rows.reduce((sum, row) => sum + row.devices, 0);
      expect(sums(await countCoverage(store.read, onlyA, filter))).toBe(14);
      const counts = await countDevices(store.read, onlyA, filter);
      expect(counts.reduce((sum, row) => sum + row.devices, 0)).toBe(14);
      expect(counts.every((row) => row.organisation_id === 'org_a')).toBe(true);
      expect(await countCauses(store.read, scope, filter, 5)).toEqual([
        { cause: 'install.failed', state_kind: 'failed', devices: 5 },
      ]);
    });

    it('chains the audit log also when many write at once', async () => {
      const key = Buffer.alloc(32, 7);
      const entry = { at, actor: 'a', action: 'b', subject: 'c', organisationId: null, detail: { n: 1 } };
      await Promise.all(Array.from({ length: 20 }, () => store.write((db) => appendAudit(db, key, entry))));
      expect(await verifyAudit(store.read, key)).toBeNull();
      expect(await verifyAudit(store.read, Buffer.alloc(32, 8))).toBe(1);
      await store.write((db) => db.deleteFrom('audit').where('number', '=', 7).execute());
      expect(await verifyAudit(store.read, key)).toBe(7);
    });

    it('keeps archives as they are, within a scope, one a command, for their time', async () => {
      const sealed = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 256)).toString('base64');
      const row = (id: string, device: 'a' | 'b', arrivedAt: number) => ({
        command_id: id,
        device_id: `dev_${device}`,
        organisation_id: `org_${device}`,
        arrived_at: arrivedAt,
        size_bytes: 90_000,
        sealed,
      });
      const add = (one: ReturnType<typeof row>) => store.write((db) => addArchive(db, scope, one));
      expect([await add(row('one', 'a', at)), await add(row('two', 'b', at + 5))]).toEqual([true, true]);
      expect(await add({ ...row('one', 'a', at + 9), sealed: 'other' })).toBe(false);
      const key = { deviceId: 'dev_a', commandId: 'one' };
      expect((await findArchive(store.read, onlyA, key))?.sealed).toBe(sealed);
      expect(await findArchive(store.read, nothing, key)).toBeNull();
      expect(await findArchive(store.read, onlyA, { deviceId: 'dev_b', commandId: 'two' })).toBeNull();
      expect(await listArchives(store.read, onlyA, 'dev_a')).toMatchObject([{ arrived_at: at, size_bytes: 90_000 }]);
      await store.write((db) => removeOldArchives(db, scope, at + 1));
      expect(await listArchives(store.read, scope, 'dev_a')).toEqual([]);
      expect(await listArchives(store.read, scope, 'dev_b')).toHaveLength(1);
    });

    it('tells its own listeners of hints', async () => {
      const heard: string[] = [];
      store.listen((topic) => heard.push(topic));
      await store.announce('command:dev_a');
      expect(heard).toContain('command:dev_a');
    });
  });
}
