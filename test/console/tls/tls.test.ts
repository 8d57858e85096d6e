import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEnrolmentString, writeEnrolmentString } from '#protocol/enrolment.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { renewKeySet, type KeySetChange } from '#console/keys.ts';
import { makeCertificate, newTlsKey, pinOf } from '#console/tls/certificate.ts';
import { readTlsFiles } from '#console/tls/files.ts';
import { prepareTlsKey, replaceTlsKey, stillGood } from '#console/tls/own-key.ts';
import { followTls, namesOf, speaking, type TlsParts } from '#console/tls/source.ts';
import { freePort } from '#test/worlds/fleet/console-process.ts';
import { ConsoleWorld, origin } from '#test/worlds/fleet/console.ts';
import { FollowingDevice } from '#test/worlds/fleet/following.ts';

const day = 86_400_000;

let directory: string;
let world: ConsoleWorld;
let port: number;
const stops: (() => Promise<void> | void)[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'garrison-tls-'));
  world = await ConsoleWorld.start();
  port = await freePort();
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  await world.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function sign(change: KeySetChange): Promise<void> {
  const keys = world.side.keys.current();
  await world.store.write((db) => renewKeySet(db, keys, world.owner, { ...change, nowMs: world.nowMs }));
  await world.side.keys.reload();
}

const parts = (tls: TlsParts['config']['tls'] = 'own'): TlsParts => ({
  config: { tls, operatorUrl: origin },
  store: world.store,
  sealer: world.sealer,
  keys: world.side.keys,
  clock: world.side.clock,
});

interface Listening {
  readonly app: FastifyInstance;
  look(): Promise<void>;
  readonly taken: string[];
  readonly refused: unknown[];
}

async function listening(of: TlsParts): Promise<Listening> {
  const first = await speaking(of);
  if (first.devices === null) throw new Error('plain HTTP');
  const app = await buildDeviceApp(world.side, { https: first.devices });
  await app.listen({ host: '127.0.0.1', port });
  stops.push(() => app.close());
  const taken: string[] = [];
  const refused: unknown[] = [];
  const told = {
    taken: (cert: string) => void taken.push(cert),
    refused: (error: unknown) => void refused.push(error),
  };
  const following = followTls(of, { devices: app.server, operators: app.server }, first, told);
  stops.push(() => following.stop());
  return { app, look: () => following.look(), taken, refused };
}

async function device(): Promise<FollowingDevice> {
  const given = readEnrolmentString(await world.installKey(await world.organisation(`Bakery ${Math.random()}`)));
  const string = writeEnrolmentString({ ...given, addresses: [`https://127.0.0.1:${port}`] });
  const made = new FollowingDevice(string, { now: () => world.nowMs });
  stops.push(() => made.close());
  await made.enrol();
  await made.checkIn();
  return made;
}

/** With a new connection, as after a night. */
async function checksIn(one: FollowingDevice): Promise<void> {
  one.close();
  one.session = null;
  await one.checkIn();
}

function served(): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      const certificate = socket.getPeerX509Certificate();
      socket.destroy();
      if (certificate === undefined) reject(new Error('no certificate'));
      else resolve(certificate);
    });
    socket.on('error', reject);
  });
}

async function ownKey(): Promise<string> {
  const pin = await world.store.write((db) => replaceTlsKey(db, world.sealer));
  await sign({ addresses: [`https://127.0.0.1:${port}`], tlsPins: [pin] });
  return pin;
}

describe('a certificate of our own', () => {
  it('is one that other programs read as meant', () => {
    const key = newTlsKey();
    const names = ['garrison.example', '192.0.2.7', '2001:db8::1'];
    const pem = makeCertificate({ key, names, fromMs: world.nowMs, toMs: world.nowMs + 90 * day });
    const certificate = new X509Certificate(pem);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkHost('garrison.example')).toBe('garrison.example');
    expect(certificate.checkHost('elsewhere.example')).toBeUndefined();
    expect(certificate.checkIP('192.0.2.7')).toBe('192.0.2.7');
    expect(certificate.checkIP('2001:db8::1')).toBe('2001:db8::1');
    expect(certificate.ca).toBe(false);
    expect(Date.parse(certificate.validTo)).toBe(world.nowMs + 90 * day);
    expect(pinOf(pem)).toBe(pinOf(key));
    expect(stillGood(pem, key, names, world.nowMs)).toBe(true);
    expect(stillGood(pem, key, [...names, 'new.example'], world.nowMs)).toBe(false);
    expect(stillGood(pem, newTlsKey(), names, world.nowMs)).toBe(false);
    expect(stillGood(pem, key, names, world.nowMs + 31 * day)).toBe(false);
  });

  it('is for the hosts of the addresses that are https, and of the page', () => {
    const addresses = ['https://a.example:8440', 'http://127.0.0.1:8440', 'https://[::1]:1', 'https://a.example'];
    expect(namesOf({ addresses }, 'https://page.example')).toEqual(['a.example', '::1', 'page.example']);
    expect(namesOf({ addresses: ['http://127.0.0.1:1'] }, 'http://127.0.0.1:2')).toEqual([]);
  });

  it('renews itself under the same key, so that no device and no owner has to do anything', async () => {
    const pin = await ownKey();
    const console = await listening(parts());
    const one = await device();
    const before = await served();
    world.nowMs += 350 * day;
    await console.look();
    const after = await served();
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(Date.parse(after.validTo)).toBeGreaterThan(world.nowMs + 300 * day);
    expect(pinOf(after.toString())).toBe(pin);
    await checksIn(one);
    expect(one.keySet?.tlsPins).toEqual([pin]);
    await console.look();
    expect(console.taken).toHaveLength(1);
  });

  it('changes its key only after the new pin went out, and a device that was away finds back', async () => {
    const oldPin = await ownKey();
    const console = await listening(parts());
    const [near, away] = [await device(), await device()];
    const switchAtMs = world.nowMs + 7 * day;
    const prepared = await world.store.write((db) => prepareTlsKey(db, world.sealer, switchAtMs));
    const pins = [prepared?.currentPin ?? '', prepared?.nextPin ?? ''];
    await sign({ tlsPins: pins });
    await console.look();
    await near.checkIn();
    expect(near.keySet?.tlsPins).toEqual(pins);
    expect(pinOf((await served()).toString())).toBe(oldPin);
    world.nowMs += 8 * day;
    await console.look();
    expect(pinOf((await served()).toString())).toBe(pins[1]);
    await checksIn(near);
    away.close();
    away.session = null;
    await expect(away.checkIn()).rejects.toMatchObject({ code: 'network.console-untrusted' });
    await away.findAgain();
    await away.checkIn();
    expect(away.keySet?.tlsPins).toEqual(pins);
  });

  it('does not serve devices that have no pin of it', async () => {
    await sign({ addresses: [`https://127.0.0.1:${port}`], tlsPins: [] });
    await expect(speaking(parts())).rejects.toThrow('devices do not know the console');
    expect(await speaking(parts('proxy'))).toEqual({ devices: null, operators: null });
  });

  it('is sealed, and never in clear in the database', async () => {
    await ownKey();
    await speaking(parts());
    const rows = await world.store.read.selectFrom('meta').selectAll().execute();
    expect(rows.map((row) => row.name)).toContain('tls-certificate');
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
  });
});

describe('a certificate from files', () => {
  const files = () => ({ certificate: join(directory, 'cert.pem'), key: join(directory, 'key.pem') });
  function put(key: string, days = 90): string {
    const cert = makeCertificate({ key, names: ['127.0.0.1'], fromMs: world.nowMs, toMs: world.nowMs + days * day });
    writeFileSync(files().certificate, cert);
    writeFileSync(files().key, key);
    return pinOf(cert);
  }

  it('is taken again when it changes, but never one that devices would turn away from', async () => {
    const [key, other] = [newTlsKey(), newTlsKey()];
    const pin = put(key);
    await sign({ addresses: [`https://127.0.0.1:${port}`], tlsPins: [pin] });
    const console = await listening(parts(files()));
    const one = await device();
    const before = await served();
    put(key, 180);
    await console.look();
    expect((await served()).serialNumber).not.toBe(before.serialNumber);
    const otherPin = put(other);
    await console.look();
    await console.look();
    expect(pinOf((await served()).toString())).toBe(pin);
    expect(console.refused).toMatchObject([{ code: 'console.bad-configuration' }]);
    await checksIn(one);
    await sign({ tlsPins: [pin, otherPin] });
    await one.checkIn();
    await console.look();
    expect(pinOf((await served()).toString())).toBe(otherPin);
    await checksIn(one);
  });

  it('must be there, in PEM, and belong together', () => {
    expect(() => readTlsFiles(files(), [])).toThrow('cannot be read');
    put(newTlsKey());
    expect(readTlsFiles(files(), []).cert).toContain('CERTIFICATE');
    writeFileSync(files().key, newTlsKey());
    expect(() => readTlsFiles(files(), [])).toThrow('does not belong');
    writeFileSync(files().key, 'nothing');
    expect(() => readTlsFiles(files(), [])).toThrow('in PEM');
  });
});
