/** A real console, backed up while it works, and its old backup brought to another address. */
import { cpSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { ConsoleProgram, freePort } from '#test/worlds/fleet/console-process.ts';
import { FollowingDevice } from '#test/worlds/fleet/following.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

let directory: string;
const stops: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-backup-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  rmSync(directory, { recursive: true, force: true });
});

const path = (...parts: string[]): string => join(directory, ...parts);

async function program(name: string, devices?: number): Promise<ConsoleProgram> {
  const ports = { devices: devices ?? (await freePort()), operators: await freePort() };
  const made = new ConsoleProgram(path(name), ports);
  stops.push(() => made.stop('SIGKILL'));
  return made;
}

/** Everything but the database: what an administrator keeps apart from the backups. */
function carryKeyFile(from: string, to: string): void {
  cpSync(path(from, 'keys'), path(to, 'keys'), { recursive: true });
}

interface Lived {
  readonly first: ConsoleProgram;
  readonly ownerKey: string;
  readonly otherPort: number;
  readonly devices: readonly FollowingDevice[];
  readonly admin: OperatorClient;
  readonly enrolmentString: string;
  readonly organisationId: string;
}

async function withDevices(count: number): Promise<Lived> {
  const first = await program('first');
  const otherPort = await freePort();
  const addresses = [first.devicePort, otherPort].flatMap((port) => ['--public-url', `https://127.0.0.1:${port}`]);
  const made = JSON.parse(await first.done(['init', '--json', ...addresses])) as { ownerKey: string };
  for (const name of ['ann', 'bob']) await first.done(['admin', 'create', name], password);
  await first.start();
  const admin = await OperatorClient.signedIn(first.operatorApp(), 'ann', password);
  const { organisationId } = await admin.call(organisationRoutes.create, { body: { name: 'Bakery' } });
  const { enrolmentString } = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const devices = Array.from({ length: count }, () => new FollowingDevice(enrolmentString));
  stops.push(() => devices.forEach((device) => device.close()));
  for (const device of devices) {
    await device.enrol();
    await device.checkIn();
  }
  return { first, ownerKey: made.ownerKey, otherPort, devices, admin, enrolmentString, organisationId };
}

describe('an old backup on another address', () => {
  it(
    'G3, G20: no device enrols again or loses its identity, nothing is replayed, nothing revoked lives again',
    { timeout: 120_000 },
    async () => {
      const { first, ownerKey, otherPort, devices, admin, enrolmentString, organisationId } = await withDevices(5);
      const [worker, away] = devices;
      if (worker === undefined || away === undefined) throw new Error('no devices');
      const press = (device: FollowingDevice) =>
        admin.call(deviceRoutes.command, { params: { deviceId: device.deviceId }, body: { verb: 'check' } });
      const waiting = await press(away);

      const busy = { on: true };
      const traffic = (async () => {
        while (busy.on) for (const device of devices.slice(2)) await device.checkIn();
      })();
      traffic.catch(() => undefined);
      const told = await first.done(['backup', path('old.backup'), '--json']).finally(() => {
        busy.on = false;
      });
      await traffic;
      const backup = JSON.parse(told) as { rows: Record<string, number>; without: string[] };
      expect(backup.rows).toMatchObject({ devices: 5, operators: 2, commands: 1 });
      expect(backup.without).toEqual(['key-file']);
      expect(statSync(path('old.backup')).mode & 0o777).toBe(0o600);

      // Life goes on: a command is carried out, a key is revoked, a device comes that the backup does not know.
      const pressed = await press(worker);
      const carriedOut = (await worker.commands()).commands.map((command) => command.commandId);
      expect(carriedOut).toEqual([pressed.commandId]);
      worker.record('command-executed', { commandId: pressed.commandId, verb: 'check', result: 'done', fault: null });
      await worker.checkIn();
      const heldBefore = devices.map((device) => device.assignment?.number ?? 0);
      await first.stop('SIGKILL');

      carryKeyFile('first', 'second');
      const second = await program('second', otherPort);
      const words = ['restore', path('old.backup'), '--public-url', `https://127.0.0.1:${otherPort}`, '--json'];
      const restored = JSON.parse(await second.done([...words, '--keep-operator', 'ann'], ownerKey)) as object;
      expect(restored).toMatchObject({
        operatorsKept: ['ann'],
        operatorsDisabled: 1,
        installKeysRevoked: 1,
        commandsDropped: 1,
      });
      await second.start();

      const ids = devices.map((device) => device.deviceId);
      const oldKeys = devices[0]?.keySet?.signingKeys;
      const oldPins = devices[0]?.keySet?.tlsPins;
      for (const [index, device] of devices.entries()) {
        await device.findAgain();
        await device.checkIn();
        expect(device.keySet?.addresses).toEqual([`https://127.0.0.1:${otherPort}`]);
        expect(device.keySet?.signingKeys).not.toEqual(oldKeys);
        expect(device.keySet?.tlsPins).toHaveLength(1);
        expect(device.keySet?.tlsPins).not.toEqual(oldPins);
        expect(device.assignment?.epoch).toBe(device.keySet?.epoch);
        expect(device.assignment?.number).toBeGreaterThanOrEqual(heldBefore[index] ?? 0);
        expect((await device.commands()).commands).toEqual([]);
      }
      const client = new OperatorClient(second.operatorApp());
      client.cookie = admin.cookie;
      await expect(client.call(organisationRoutes.list)).rejects.toMatchObject({ code: 'auth.required' });
      await expect(client.signIn('bob', password)).rejects.toMatchObject({ code: 'auth.refused' });
      await client.signIn('ann', password);
      const list = await client.call(deviceRoutes.list, { query: { organisationId } });
      expect(list.items.map((row) => row.deviceId).toSorted()).toEqual(ids.toSorted());
      const stranger = new FollowingDevice(enrolmentString);
      stops.push(() => stranger.close());
      await expect(stranger.enrol()).rejects.toMatchObject({ code: 'enrol.key-refused' });
      const commands = await client.call(deviceRoutes.commands, { params: { deviceId: away.deviceId } });
      expect(commands.items.map((row) => [row.commandId, row.result])).toEqual([[waiting.commandId, 'expired']]);
      expect(await second.done(['status'])).toContain('Audit log  unbroken');
      await second.stop('SIGKILL');

      // The same old backup once more: still newer than what the first restore has signed.
      carryKeyFile('first', 'third');
      const third = await program('third', otherPort);
      await third.done(words, ownerKey);
      await third.start();
      for (const device of devices) {
        await device.findAgain();
        await device.checkIn();
      }
      expect(devices.map((device) => device.deviceId)).toEqual(ids);
      const nobody = new OperatorClient(third.operatorApp());
      await expect(nobody.signIn('ann', password)).rejects.toMatchObject({ code: 'auth.refused' });
      await third.done(['admin', 'create', 'ann'], 'another good password');
      await nobody.signIn('ann', 'another good password');
    },
  );
});
