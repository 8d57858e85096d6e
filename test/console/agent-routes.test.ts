import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { commandSchema, type Command } from '#protocol/commands.ts';
import { envelopeSchema, openEnvelope } from '#protocol/envelope.ts';
import { paths } from '#protocol/messages.ts';
import { giveCommand } from '#console/fleet/link/commands.ts';
import { revoke } from '#console/fleet/membership/revocation.ts';
import { findDevice, revokeDevice } from '#console/store/devices/devices.ts';
import { listEvents, listGaps } from '#console/store/devices/events.ts';
import { findEnrolmentKey } from '#console/store/enrolment/enrolment-keys.ts';
import { openStoredAssignment } from '#console/fleet/connections/site-tokens.ts';
import { findAssignment } from '#console/store/devices/assignments.ts';
import { beginEpoch, renewKeySet } from '#console/keys.ts';
import { generateSigningKey, sha256Hex } from '#protocol/crypto.ts';
import { ConsoleWorld, registrationToken, scope, siteKey, vendorHost } from '#test/worlds/fleet/console.ts';
import { injecting, Refused, simulatedDevice, SimulatedDevice } from '#test/worlds/fleet/device.ts';

let world: ConsoleWorld;
let organisationId: string;
let installKey: string;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  organisationId = await world.organisation('Bakery');
  installKey = await world.installKey(organisationId);
});
afterEach(() => world.stop());

async function enrolled(key = installKey): Promise<SimulatedDevice> {
  const device = simulatedDevice(world.app, key, { now: () => world.nowMs });
  await device.enrol();
  await device.checkIn();
  return device;
}

async function deploying(): Promise<{ device: SimulatedDevice; sha256: string }> {
  const sha256 = await world.package('a package');
  await world.mapped(organisationId);
  await world.mode(organisationId, 'deploy');
  const device = await enrolled();
  expect(await device.askForTurn()).toBe(true);
  return { device, sha256 };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'no refusal',
    (error: unknown) => (error instanceof Refused ? error.code : String(error)),
  );
}

/** The proof in the answer that a device was removed, opened with the keys the device holds. */
async function proofOf(device: SimulatedDevice, work: Promise<unknown>): Promise<Command> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Refused)) throw new Error(`not refused: ${String(error)}`);
  expect(error).toMatchObject({ status: 403, code: 'identity.revoked' });
  const opened = openEnvelope('command', envelopeSchema.parse(error.revocation), device.keySet?.signingKeys ?? []);
  if (!opened.ok) throw new Error(opened.why);
  return commandSchema.parse(opened.value);
}

async function row(device: SimulatedDevice) {
  const found = await findDevice(world.store.read, scope, device.deviceId);
  if (found === null) throw new Error('no such device');
  return found;
}

describe('enrolment (G12, G13)', () => {
  it('is idempotent per key pair and takes one use of the install key', async () => {
    const device = await enrolled();
    const before = device.deviceId;
    await device.enrol();
    expect(device.deviceId).toBe(before);
    const key = await findEnrolmentKey(world.store.read, scope, device.enrolment.keyId);
    expect(key?.uses).toBe(1);
  });

  it('refuses a wrong secret, an expired key, a used-up key and a foreign signature alike', async () => {
    const wrong = simulatedDevice(world.app, installKey);
    wrong.enrolment.secret = 'AAAA';
    expect(await codeOf(wrong.enrol())).toBe('enrol.key-refused');
    const once = await world.installKey(organisationId, { usesMax: 1 });
    await simulatedDevice(world.app, once).enrol();
    expect(await codeOf(simulatedDevice(world.app, once).enrol())).toBe('enrol.key-refused');
    world.nowMs += 8 * 86_400_000;
    expect(await codeOf(simulatedDevice(world.app, installKey).enrol())).toBe('enrol.key-refused');
    const forged = simulatedDevice(world.app, installKey);
    await forged.fetchKeySet();
    const request = { ...forged.enrolRequest(), fingerprint: 'b'.repeat(64) };
    const headers = { 'content-type': 'application/json' };
    const answer = await forged.wire({ method: 'POST', path: paths.enrol, headers, body: JSON.stringify(request) });
    expect(answer.status).toBe(400);
  });

  it('stores the secret nowhere: neither sealed nor plain', async () => {
    const device = await enrolled();
    const key = await findEnrolmentKey(world.store.read, scope, device.enrolment.keyId);
    expect(JSON.stringify(key)).not.toContain(device.enrolment.secret);
    expect(key?.secret_sha256).toBe(sha256Hex(device.enrolment.secret));
  });

  it('offers the older device on the same hardware, and merges nothing', async () => {
    const first = await enrolled();
    const second = simulatedDevice(world.app, installKey, { fingerprint: first.fingerprint });
    await second.enrol();
    expect(second.deviceId).not.toBe(first.deviceId);
    expect((await row(second)).replaces_device_id).toBe(first.deviceId);
  });

  it('does not pin the install key of one organisation to a device of another', async () => {
    const device = await enrolled();
    const foreign = await world.installKey(await world.organisation('Foundry'));
    const again = new SimulatedDevice(injecting(world.app), foreign);
    again.signing = device.signing;
    expect(await codeOf(again.enrol())).toBe('enrol.key-refused');
  });
});

describe('sessions (G12, G25)', () => {
  it('G12: a recorded sign-in played again opens no second door for recorded requests, and makes no twin', async () => {
    const recorded: { method: string; path: string; headers: Record<string, string>; body?: string | Buffer }[] = [];
    const device = await enrolled();
    const { wire } = device;
    const spy = new SimulatedDevice(
      (request) => {
        recorded.push(request);
        return wire(request);
      },
      installKey,
      { now: () => world.nowMs, fingerprint: device.fingerprint },
    );
    Object.assign(spy, { deviceId: device.deviceId, signing: device.signing, sealing: device.sealing });
    await spy.connect();
    expect((await spy.send('GET', `${paths.commands}?after=0&wait=0`)).status).toBe(200);
    const [proof, asked] = [recorded.find(({ body }) => String(body).includes('"proof"')), recorded.at(-1)];
    if (proof === undefined || asked === undefined) throw new Error('nothing was recorded');
    const again = await wire({ ...proof, method: 'POST' });
    const { accessToken } = JSON.parse(again.body.toString()) as { accessToken?: string };
    const headers = { ...asked.headers, authorization: `Bearer ${accessToken ?? ''}` };
    expect((await wire({ ...asked, method: 'GET', headers })).status).toBe(401);
    expect((await spy.send('GET', `${paths.commands}?after=0&wait=0`)).status).toBe(200);
    expect((await row(device)).duplicate).toBe(0);
  });

  it('refuses a replayed request, a changed body and a copied token', async () => {
    const device = await enrolled();
    const body = JSON.stringify(device.checkInRequest());
    const request = { method: 'POST' as const, path: paths.checkIn, body };
    const headers: Record<string, string> = { 'content-type': 'application/json', ...device.signedHeaders(request) };
    expect((await device.wire({ ...request, headers })).status).toBe(200);
    expect((await device.wire({ ...request, headers })).status).toBe(401);
    const fresh = { 'content-type': 'application/json', ...device.signedHeaders(request) };
    expect((await device.wire({ ...request, headers: fresh, body: `${body} ` })).status).toBe(401);
    const other = await enrolled();
    const stolen = { ...other.signedHeaders(request), authorization: headers['authorization'] ?? '' };
    expect((await device.wire({ ...request, headers: { 'content-type': 'application/json', ...stolen } })).status).toBe(
      401,
    );
  });

  it('takes overlapping requests out of order, each once', async () => {
    const device = await enrolled();
    const path = `${paths.commands}?after=0&wait=0`;
    const at = (counter: number) => {
      return device.wire({
        method: 'GET',
        path,
        headers: device.signedHeaders({ method: 'GET', path, body: '' }, counter),
      });
    };
    const statuses: number[] = [];
    for (const counter of [50, 48, 49, 48, 120, 50]) statuses.push((await at(counter)).status);
    expect(statuses).toEqual([200, 200, 200, 401, 200, 401]);
  });

  it('ends after an hour, with a restart, and for a challenge that is old or of another device', async () => {
    const device = await enrolled();
    const other = await enrolled();
    expect(await codeOf(device.connect(await other.challenge()))).toBe('auth.session-expired');
    const challenge = await device.challenge();
    world.nowMs += 61_000;
    expect(await codeOf(device.connect(challenge))).toBe('auth.session-expired');
    await device.connect();
    world.nowMs += 3_600_001;
    expect(await codeOf(device.checkIn())).toBe('auth.session-expired');
    await device.connect();
    await device.checkIn();
    await world.restart();
    Object.assign(device, { wire: injecting(world.app) });
    expect(await codeOf(device.checkIn())).toBe('auth.session-expired');
  });

  it('tells an unknown device from a removed one only after it asked for a session with proof', async () => {
    const device = await enrolled();
    const stranger = simulatedDevice(world.app, installKey);
    stranger.deviceId = 'dev_unknown';
    expect(await stranger.challenge()).toBeTypeOf('string');
    expect(await codeOf(stranger.connect())).toBe('enrol.not-enrolled');
    await revoke(world.side, scope, await row(device));
    expect(await device.challenge()).toBeTypeOf('string');
    expect(await codeOf(device.connect())).toBe('identity.revoked');
  });

  it('does not call a device removed that an older backup has never known: it would give up its identity', async () => {
    const device = simulatedDevice(world.app, installKey, { now: () => world.nowMs });
    await device.enrol();
    await device.connect();
    await world.store.write((db) => db.deleteFrom('devices').where('device_id', '=', device.deviceId).execute());
    expect(await codeOf(device.checkIn())).toBe('enrol.not-enrolled');
    world.side.memory.forget(device.deviceId);
    expect(await codeOf(device.checkIn())).toBe('enrol.not-enrolled');
    expect(await codeOf(device.commands(1))).toBe('enrol.not-enrolled');
  });
});

describe('check-in', () => {
  it('stores events once and in order, refuses broken ones by number, and keeps unknown kinds', async () => {
    const device = await enrolled();
    device.recordRaw('agent-started', { version: '0.1.0', bootId: 'b', reason: 'start' });
    device.recordRaw('attempt-ended', { attempt: 'two' });
    device.recordRaw('something-new', { answer: 42 });
    const sent = device.checkInRequest();
    const answer = await device.checkIn();
    expect(answer.acknowledged.seq).toBe(3);
    expect(answer.rejected).toMatchObject([{ seq: 2 }]);
    const again = (await device.call('POST', paths.checkIn, sent)) as { acknowledged: { seq: number } };
    expect(again.acknowledged.seq).toBe(3);
    const events = await listEvents(world.store.read, scope, device.deviceId, { before: null, limit: 10 });
    expect(events.map((event) => [event.seq, event.kind])).toEqual([
      [3, 'something-new'],
      [1, 'agent-started'],
    ]);
  });

  it('tells a device once that it is behind, then takes what the device leaves out as lost', async () => {
    const device = await enrolled();
    for (const answer of [1, 2, 3, 4, 5, 6]) device.recordRaw('something-new', { answer });
    const request = device.checkInRequest();
    const only = (...seqs: number[]) => ({
      ...request,
      oldestSeq: 1,
      events: request.events.filter((event) => seqs.includes(event.seq)),
    });
    const send = (...seqs: number[]) => device.call('POST', paths.checkIn, only(...seqs));
    expect(await send(1)).toMatchObject({ acknowledged: { seq: 1 } });
    expect(await send(3, 4)).toMatchObject({ acknowledged: { seq: 1 } });
    expect(await send(3, 4)).toMatchObject({ acknowledged: { seq: 4 } });
    expect(await send(6)).toMatchObject({ acknowledged: { seq: 4 } });
    expect(await send(5, 6)).toMatchObject({ acknowledged: { seq: 6 } });
    const gaps = await listGaps(world.store.read, scope, device.deviceId);
    expect(gaps).toMatchObject([{ from_seq: 2, to_seq: 2 }]);
  });

  it('does not wait for a number that the device dropped in between', async () => {
    const device = await enrolled();
    for (const answer of [1, 2, 3]) device.recordRaw('something-new', { answer });
    device.events = device.events.filter((event) => event.seq !== 2);
    expect((await device.checkIn()).acknowledged.seq).toBe(3);
    const gaps = await listGaps(world.store.read, scope, device.deviceId);
    expect(gaps).toMatchObject([{ from_seq: 2, to_seq: 2 }]);
  });

  it('writes nothing when nothing changed', async () => {
    const device = await enrolled();
    await device.checkIn();
    await device.checkIn();
    let writes = 0;
    Object.assign(world.side, {
      store: { ...world.side.store, write: () => Promise.reject(new Error(`write ${(writes += 1)}`)) },
    });
    expect((await device.checkIn()).sendAll).toBe(false);
    expect(writes).toBe(0);
  });

  it('asks for the whole state when it does not hold the digest', async () => {
    const device = await enrolled();
    device.sentDigest = sha256Hex('what the console never saw');
    const request = { ...device.checkInRequest(), stateDigest: device.sentDigest, state: undefined };
    expect(await device.call('POST', paths.checkIn, request)).toMatchObject({ sendAll: true });
  });

  it('flushes the time of the last contact in one go', async () => {
    const device = await enrolled();
    world.nowMs += 100_000;
    await device.checkIn();
    await world.side.memory.flush();
    expect((await row(device)).last_seen_at).toBe(world.nowMs);
  });

  it('shows text of a device without control and direction characters', async () => {
    const device = simulatedDevice(world.app, installKey, { machine: { hostname: 'a\u202Eb\u0007c' } });
    await device.enrol();
    expect((await row(device)).hostname).toBe('abc');
  });

  it('sends a newer key set, and devices of it accept the console', async () => {
    const device = await enrolled();
    const change = { vendorHosts: [vendorHost, 'other.sentinelone.test'], nowMs: world.nowMs };
    await world.store.write((db) => renewKeySet(db, world.side.keys.current(), world.owner, change));
    await world.sweep();
    await device.checkIn();
    expect(device.keySet).toMatchObject({ number: 2, vendorHosts: [vendorHost, 'other.sentinelone.test'] });
    const thief = generateSigningKey();
    await expect(renewKeySet(world.store.read, world.side.keys.current(), thief, change)).rejects.toThrow('owner key');
  });
});

describe('assignments', () => {
  it('change their number with their content only, and are signed again at half life', async () => {
    const device = await enrolled();
    const first = device.assignment;
    expect(first).toMatchObject({ mode: 'watch', site: null });
    await world.mode(organisationId, 'paused');
    await device.checkIn();
    expect(device.assignment?.mode).toBe('paused');
    const paused = device.assignment?.number ?? 0;
    expect(paused).toBeGreaterThan(first?.number ?? 0);
    world.nowMs += 4 * 86_400_000;
    await device.connect();
    await device.checkIn();
    expect(device.assignment?.number).toBe(paused);
    expect(Date.parse(device.assignment?.expiresAt ?? '')).toBe(world.nowMs + 7 * 86_400_000);
  });

  it('keep rising when the console was restored from an older backup, and lost events are shown as a gap', async () => {
    const device = await enrolled();
    device.events = [];
    device.nextSeq = 8;
    device.recordRaw('something-new', { answer: 1 });
    const ahead = world.nowMs + 5_000;
    if (device.assignment !== null) device.assignment = { ...device.assignment, number: ahead };
    const answer = await device.checkIn();
    expect(answer.acknowledged.seq).toBe(8);
    expect(device.assignment?.number).toBe(ahead + 1);
    const gaps = await listGaps(world.store.read, scope, device.deviceId);
    expect(gaps).toMatchObject([{ from_seq: 1, to_seq: 7 }]);
  });

  it('of a new epoch outrank what a lost time had signed (G3)', async () => {
    const device = await enrolled();
    const lost = world.nowMs + 5_000_000;
    if (device.assignment !== null) device.assignment = { ...device.assignment, number: lost };
    await world.store.write((db) => beginEpoch(db, world.side.keys.current(), world.owner, world.nowMs));
    await world.sweep();
    await device.checkIn();
    const epoch = Math.floor(world.nowMs / 1000);
    expect(device.keySet).toMatchObject({ epoch, number: 1 });
    expect(device.assignment?.epoch).toBe(epoch);
    expect(await device.commands()).toEqual({ commands: [], checkIn: false });
  });

  it('hold only packages that the organisation may get', async () => {
    const mine = await world.package('from our connection', null);
    await world.mapped(organisationId);
    const { device } = await deploying();
    expect(device.assignment?.candidates.map((one) => one.sha256)).toContain(mine);
    const stored = await findAssignment(world.store.read, scope, device.deviceId);
    expect(openStoredAssignment(stored?.envelope ?? '').site).toMatchObject({ consoleHost: vendorHost });
  });
});

describe('commands (G24)', () => {
  it('wake a held request, are delivered once after the position, and their progress is kept', async () => {
    const device = await enrolled();
    const held = device.commands(60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(world.side.waiters.held()).toBe(1);
    const given = await giveCommand(world.side, scope, await row(device), { verb: 'retry', by: 'ann' });
    const { commands } = await held;
    expect(commands).toMatchObject([{ verb: 'retry', commandId: given.command_id, deviceId: device.deviceId }]);
    expect((await device.commands()).commands).toEqual([]);
    device.record('command-received', { commandId: given.command_id, verb: 'retry' });
    device.record('command-executed', { commandId: given.command_id, verb: 'retry', result: 'done', fault: null });
    await device.checkIn();
    device.after = 0;
    expect((await device.commands()).commands).toEqual([]);
    expect(world.side.waiters.held()).toBe(0);
  });

  it('answer one that waits already instead of doubling it', async () => {
    const device = await enrolled();
    const first = await giveCommand(world.side, scope, await row(device), { verb: 'retry', by: 'ann' });
    const second = await giveCommand(world.side, scope, await row(device), { verb: 'retry', by: 'ben' });
    expect(second.command_id).toBe(first.command_id);
  });

  it('made between registering and reading are not lost', async () => {
    const device = await enrolled();
    const record = await row(device);
    for (let round = 0; round < 50; round += 1) {
      const held = device.commands(5);
      const given = await giveCommand(world.side, scope, record, { verb: 'check', by: 'ann' });
      expect((await held).commands.map((command) => command.commandId)).toEqual([given.command_id]);
      device.record('command-executed', { commandId: given.command_id, verb: 'check', result: 'done', fault: null });
      await device.checkIn();
    }
  });

  it('G24: hold one request per device: a second answers the first', async () => {
    const device = await enrolled();
    const first = device.commands(60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    const second = device.commands(1);
    expect(await first).toEqual({ commands: [], checkIn: false });
    await second;
  });

  it('ask for a check-in when the assignment changed', async () => {
    const device = await enrolled();
    const held = device.commands(60);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await world.mode(organisationId, 'paused');
    expect((await held).checkIn).toBe(true);
  });

  it('G24: revoking ends the held request and every session at once', async () => {
    const device = await enrolled();
    const held = codeOf(device.commands(60));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await revoke(world.side, scope, await row(device));
    expect(await held).toBe('identity.revoked');
    expect(await codeOf(device.checkIn())).toBe('identity.revoked');
  });

  it('G24: a removal by another process, whose hint was lost, ends request and session at the next sweep', async () => {
    const device = await enrolled();
    const held = codeOf(device.commands(60));
    await new Promise((resolve) => setTimeout(resolve, 20));
    const { generation } = await row(device);
    await world.store.write((db) => revokeDevice(db, scope, device.deviceId, world.nowMs));
    expect((await row(device)).generation).toBe(generation + 1);
    await world.sweep();
    expect(await held).toBe('identity.revoked');
    expect(world.side.waiters.held()).toBe(0);
    // The token of its session has an hour to go.
    expect(await codeOf(device.checkIn())).toBe('identity.revoked');
  });

  it('G24: every answer that says so carries the signed, short-lived command to that device, each its own', async () => {
    const device = await enrolled();
    const held = proofOf(device, device.commands(60));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await revoke(world.side, scope, await row(device));
    const proofs = [
      await held,
      await proofOf(device, device.checkIn()),
      await proofOf(device, device.commands(1)),
      await proofOf(device, device.siteToken(1)),
      await proofOf(device, device.connect()),
      await proofOf(device, device.enrol()),
    ];
    const { consoleId, epoch } = world.side.keys.current();
    for (const proof of proofs) {
      expect(proof).toMatchObject({
        verb: 'unenrol',
        consoleId,
        epoch,
        deviceId: device.deviceId,
        assignmentNumber: 0,
      });
      expect(proof.issuedAt).toBe(new Date(world.nowMs).toISOString());
      expect(proof.expiresAt).toBe(new Date(world.nowMs + 3_600_000).toISOString());
    }
    expect(new Set(proofs.map(({ commandId }) => commandId)).size).toBe(proofs.length);
  });

  it('no other answer carries one', async () => {
    const stranger = simulatedDevice(world.app, installKey);
    stranger.deviceId = 'dev_unknown';
    const refusal: unknown = await stranger.connect().catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'enrol.not-enrolled', revocation: undefined });
  });
});

describe('site tokens (G1, G12)', () => {
  it('are fetched when asked for, sealed to the device, and only for the current assignment in deploy mode', async () => {
    const { device } = await deploying();
    expect(await device.siteToken()).toBe(registrationToken());
    expect(world.siteTokenCalls).toEqual([{ connectionId: 'con1', siteId: '225494730938493804', groupId: null }]);
    expect(await codeOf(device.siteToken((device.assignment?.number ?? 0) - 1))).toBe('assignment.older');
    await world.mode(organisationId, 'paused');
    expect(await codeOf(device.siteToken())).toBe('assignment.older');
    await device.checkIn();
    expect(await codeOf(device.siteToken())).toBe('assignment.older');
    expect(world.siteTokenCalls).toHaveLength(1);
  });

  it('of a console that the owner key has not allowed, or of another site, are not handed out', async () => {
    const { device } = await deploying();
    world.siteToken = () => Promise.resolve(registrationToken('evil.sentinelone.test'));
    expect(await codeOf(device.siteToken())).toBe('token.tenant-not-pinned');
    world.siteToken = () => Promise.resolve(registrationToken(vendorHost, `${siteKey}0`));
    expect(await codeOf(device.siteToken())).toBe('token.site-mismatch');
    world.siteToken = () => Promise.resolve('225494730938493804');
    expect(await codeOf(device.siteToken())).toBe('token.malformed');
  });
});

describe('two machines with one identity (G14)', () => {
  it('get nothing secret until somebody decides', async () => {
    const { device, sha256 } = await deploying();
    const here = device.fingerprint;
    device.fingerprint = sha256Hex('the copy');
    await device.connect();
    expect(await codeOf(device.siteToken())).toBe('token.unavailable');
    device.fingerprint = here;
    await device.connect();
    expect((await row(device)).duplicate).toBe(1);
    expect(await codeOf(device.siteToken())).toBe('identity.duplicate');
    expect((await device.package(sha256)).status).toBe(404);
    await giveCommand(world.side, scope, await row(device), { verb: 'retry', by: 'ann' });
    expect((await device.commands()).commands).toEqual([]);
    device.assignment = null;
    expect((await device.checkIn()).assignment).toBeUndefined();
  });

  it('that only changed hardware works again after a while', async () => {
    const { device } = await deploying();
    device.fingerprint = sha256Hex('a new mainboard');
    await device.connect();
    world.nowMs += 601_000;
    expect(await device.siteToken()).toBe(registrationToken());
  });
});

describe('packages (G9, G32)', () => {
  it('are served in ranges, and only when the assignment names them', async () => {
    const { device, sha256 } = await deploying();
    const whole = await device.package(sha256);
    expect([whole.status, whole.body.toString(), whole.headers['etag']]).toEqual([200, 'a package', `"${sha256}"`]);
    const part = await device.package(sha256, 'bytes=2-4');
    expect([part.status, part.body.toString(), part.headers['content-range']]).toEqual([206, 'pac', 'bytes 2-4/9']);
    expect((await device.package(sha256, 'bytes=-3')).body.toString()).toBe('age');
    expect((await device.package(sha256, 'bytes=9-')).status).toBe(416);
    const other = await world.installKey(await world.organisation('Foundry'));
    const foreign = await world.package('only for a connection of somebody else', 'con1');
    const stranger = await enrolled(other);
    expect((await stranger.package(foreign)).status).toBe(404);
    expect((await device.package('..%2f..%2fetc%2fpasswd')).status).toBe(404);
  });

  it('G32: a device that sends or fetches without end is stopped for the day', async () => {
    const { device } = await deploying();
    const codes = new Set<string>();
    for (let asked = 0; asked < 60; asked += 1) codes.add(await codeOf(device.siteToken()));
    expect(codes).toEqual(new Set(['no refusal', 'rate-limited']));
    world.nowMs += 86_400_000;
    await device.connect();
    await device.checkIn();
    expect(await codeOf(device.siteToken())).toBe('no refusal');
  });

  it('G32: what is too large is refused with a short answer', async () => {
    const device = await enrolled();
    const answer = await device.send('POST', paths.checkIn, { body: { filler: 'x'.repeat(400_000) } });
    expect(answer.status).toBe(413);
    expect(answer.body.length).toBeLessThan(1_000);
  });
});
