import { describe, expect, it } from 'vitest';
import { generateSealingKey, generateSigningKey } from '#protocol/crypto.ts';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { leaveForGood } from '#agent/identity/leave-for-good.ts';
import { enrolPending } from '#agent/identity/pending-enrolment.ts';
import { enrolmentString, keys } from '#test/worlds/host/console.ts';
import { Device, places } from '#test/worlds/host/device.ts';

const inState = (name: string): string => `${places.stateDirectory}/${name}`;

/** A protected device that nobody enrols a second time. */
async function enrolledOnce(): Promise<Device> {
  const device = new Device({ enrols: false });
  device.assignsOnEnrolment();
  device.start();
  await device.host.time.run(5_000, () => device.running !== null);
  void device.running?.connection.enrol(enrolmentString);
  expect(await device.until('protected')).toBe(true);
  return device;
}

async function restart(device: Device): Promise<void> {
  device.process?.die();
  device.running = null;
  await device.host.time.run(60_000, () => device.running !== null && device.state !== null);
}

function damage(device: Device, name: string): void {
  const found = device.host.disk.files().find(({ path }) => path === inState(name));
  if (found === undefined) throw new Error(`${name} is not there`);
  found.file.bytes = Buffer.from('{"fingerprint":');
}

const names = (device: Device): string[] => device.stored().map(({ path }) => path);

describe('an identity that cannot be read', () => {
  it('is set aside, and the device can be enrolled again instead of never starting', async () => {
    const device = await enrolledOnce();
    damage(device, 'identity.json');
    await restart(device);
    expect(device.failedStarts).toEqual([]);
    expect(names(device)).toContain(inState('identity.damaged'));
    expect(device.state?.kind).toBe('protected');
    void device.running?.connection.enrol(enrolmentString);
    await device.host.time.run(60_000, () => device.console.devices.size === 2);
    await device.host.time.run(60_000);
    expect(device.console.events().map(({ kind }) => kind)).toContain('state-lost');
  });
});

describe('G14: a copy of a machine', () => {
  it('leaves the identity to the original and enrols by itself as another device', async () => {
    const device = await enrolledOnce();
    device.host.fingerprint = 'b'.repeat(64);
    await restart(device);
    expect(names(device)).not.toContain(inState('identity.json'));
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    void enrolPending(running, new AbortController().signal);
    await device.host.time.run(120_000, () => device.console.devices.size === 2);
    await device.host.time.run(1_000);
    const [first, second] = [...device.console.devices.values()];
    expect(second?.signingKey).not.toBe(first?.signingKey);
    expect(running.connection.identity()?.fingerprint).toBe('b'.repeat(64));
  });

  it('told apart by its console, comes in anew with keys of its own, as often as it is told', async () => {
    const device = await enrolledOnce();
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    void enrolPending(running, new AbortController().signal);
    for (const count of [2, 3]) {
      void running.connection.unenrol('console', { again: true });
      await device.host.time.run(120_000, () => device.console.devices.size === count);
      await device.host.time.run(60_000, () => running.connection.identity()?.enrolled != null);
      expect(device.console.devices.size).toBe(count);
    }
    await device.host.time.run(1_000);
    const keys = [...device.console.devices.values()].map((one) => one.signingKey);
    expect(new Set(keys).size).toBe(3);
    expect(names(device)).not.toContain(inState('enrolment.json'));
  });

  it('but one that was unenrolled does not come back by itself, and keeps no install key', async () => {
    const device = await enrolledOnce();
    device.host.fingerprint = 'b'.repeat(64);
    await restart(device);
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    void enrolPending(running, new AbortController().signal);
    await device.host.time.run(120_000, () => running.connection.identity()?.enrolled != null);
    void running.connection.unenrol('local');
    await device.host.time.run(60_000, () => running.connection.identity() === null);
    await device.host.time.run(1_000);
    const { secret } = readEnrolmentString(enrolmentString);
    expect(device.stored().filter(({ text }) => text.includes(secret))).toEqual([]);
    expect(names(device)).not.toContain(inState('enrolment.json'));
  });
});

describe('G1: a newer key set', () => {
  it('takes allowed consoles away from the assignment that is in force', async () => {
    const device = await enrolledOnce();
    device.console.keySet = { ...device.console.keySet, number: 2, vendorHosts: ['usea1-other.sentinelone.net'] };
    await device.host.time.run(700_000);
    expect(device.running?.agent.current.assignment?.vendorHosts).toEqual(['usea1-other.sentinelone.net']);
  });

  it('asks for approvals of the owner from then on', async () => {
    const device = await enrolledOnce();
    device.console.keySet = { ...device.console.keySet, number: 2, trust: 'owner' };
    await device.host.time.run(700_000);
    expect(device.running?.agent.current).toMatchObject({ trust: 'owner', assignment: { approved: { packages: [] } } });
  });
});

describe('G27: a local assignment', () => {
  it('ends when the device is enrolled: from then on its console decides', async () => {
    const device = new Device({ enrols: false });
    device.start();
    await device.host.time.run(5_000, () => device.running !== null);
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    const assignment = { ...device.assignment({ mode: 'watch' }), consoleId: 'local', deviceId: 'local' };
    running.agent.current.assignment = { assignment, source: 'local', vendorHosts: [], approved: null };
    void running.connection.enrol(enrolmentString);
    await device.host.time.run(60_000, () => running.connection.identity()?.enrolled != null);
    await device.host.time.run(60_000);
    expect(running.agent.current.assignment).toBeNull();
  });
});

describe('G3: keys that have run out', () => {
  it('begin nothing any more, until the owner has renewed them', async () => {
    const device = await enrolledOnce();
    const { console } = device;
    const before = device.running?.agent.current.assignment?.assignment.number;
    console.keySet = { ...console.keySet, number: 2, notAfter: console.iso(1_000) };
    await device.host.time.run(700_000);
    device.assign();
    console.send(device.command('retry'));
    await device.host.time.run(30_000);
    const refused = console.events().filter(({ kind }) => kind.endsWith('-refused'));
    expect(refused.map(({ kind, data }) => [kind, (data['fault'] as { code: string }).code])).toEqual([
      ['command-refused', 'keys.expired'],
      ['assignment-refused', 'keys.expired'],
    ]);
    expect(device.running?.agent.current.assignment?.assignment.number).toBe(before);
    console.keySet = { ...console.keySet, number: 3, notAfter: console.iso(86_400_000) };
    await device.host.time.run(700_000);
    expect(device.running?.agent.current.assignment?.assignment.number).toBe(console.device().assignmentNumber);
  });
});

describe('a stolen online key', () => {
  it('can sign a time far ahead, but not past the next epoch of the owner', async () => {
    const device = await enrolledOnce();
    const { console } = device;
    const honestMs = console.nowMs.bind(console);
    console.nowMs = () => honestMs() + 3 * 365 * 86_400_000;
    await device.host.time.run(2 * 3_600_000);
    expect(device.running?.agent.time.now()).toBeGreaterThan(honestMs() + 365 * 86_400_000);
    console.nowMs = honestMs;
    console.keySet = { ...console.keySet, epoch: 2, number: 2, issuedAt: console.iso() };
    await device.host.time.run(2 * 3_600_000);
    const honest = device.assign({ epoch: 2 });
    await device.host.time.run(700_000);
    expect(device.running?.agent.current.assignment?.assignment.number).toBe(honest.number);
    expect(Math.abs((device.running?.agent.time.now() ?? 0) - honestMs())).toBeLessThan(60_000);
    await restart(device);
    expect(Math.abs((device.running?.agent.time.now() ?? 0) - honestMs())).toBeLessThan(60_000);
  });

  it('cannot put the device into an epoch that the owner never signed, where no honest assignment is newer', async () => {
    const device = await enrolledOnce();
    const stolen = device.assignment({ epoch: Number.MAX_SAFE_INTEGER });
    device.console.offer(signEnvelope('assignment', stolen, [keys.signing]), stolen.number);
    await device.host.time.run(30_000);
    const refused = device.console.events().filter(({ kind }) => kind === 'assignment-refused');
    expect(refused).toMatchObject([{ data: { fault: { code: 'assignment.implausible' } } }]);
    const honest = device.assign();
    await device.host.time.run(30_000);
    expect(device.running?.agent.current.assignment?.assignment.number).toBe(honest.number);
  });
});

describe('D 8: a leave that takes the service along', () => {
  const leaveCommand = (device: Device): void =>
    device.console.send(device.console.revocation({ removeService: true }));

  it('tells the console first, gives the identity up, then switches the service off; the product stays', async () => {
    const device = await enrolledOnce();
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    const seen: (string | null)[] = [];
    const leave = async (): Promise<void> => {
      seen.push(running.connection.identity()?.enrolled?.deviceId ?? null);
    };
    void leaveForGood(running, () => Promise.resolve({ leave }), new AbortController().signal);
    leaveCommand(device);
    await device.host.time.run(400_000, () => seen.length > 0);
    expect(seen).toEqual([null]);
    expect(device.console.events().map(({ kind }) => kind)).toContain('unenrolled');
    expect(names(device)).not.toContain(inState('identity.json'));
    expect(names(device)).not.toContain(inState('leaving.json'));
    expect(device.state?.kind).toBe('protected');
  });

  it('also when it dies in between; and one that was enrolled anew meanwhile stays', async () => {
    const device = await enrolledOnce();
    leaveCommand(device);
    await device.host.time.run(400_000, () => !names(device).includes(inState('identity.json')));
    expect(names(device)).toContain(inState('leaving.json'));
    await restart(device);
    const { running } = device;
    if (running === null) throw new Error('the agent does not run');
    void running.connection.enrol(enrolmentString);
    await device.host.time.run(60_000, () => running.connection.identity()?.enrolled != null);
    let left = 0;
    const leave = async (): Promise<void> => void (left += 1);
    void leaveForGood(running, () => Promise.resolve({ leave }), new AbortController().signal);
    await device.host.time.run(200_000);
    expect(left).toBe(0);
    expect(names(device)).not.toContain(inState('leaving.json'));
  });
});

describe('a console with other keys', () => {
  const renewed = () => ({ signing: generateSigningKey(), sealing: generateSealingKey() });
  const named = ({ signing, sealing }: ReturnType<typeof renewed>) => ({
    signingKeys: [signing.publicKey],
    sealingKey: sealing.publicKey,
  });

  it('G3, G20: is followed when the owner has signed them, and nobody enrols again', async () => {
    const device = await enrolledOnce();
    const { console } = device;
    console.online = renewed();
    console.keySet = { ...console.keySet, ...named(console.online), epoch: 7, number: 1, issuedAt: console.iso() };
    console.restore(console.backUp());
    const before = console.requests.filter((request) => request.endsWith('/agent/enrol')).length;
    await device.host.time.run(700_000);
    console.requests = console.requests.filter((request) => request.endsWith('/agent/enrol'));
    expect(console.requests).toHaveLength(before);
    await device.host.time.run(700_000);
    expect(console.requests).toContain('POST /agent/check-in');
    expect(console.devices.size).toBe(1);
    expect(console.violations).toEqual([]);
  });

  it('is not followed when only an online key, or nobody, has signed them', async () => {
    const device = await enrolledOnce();
    const { console } = device;
    console.online = renewed();
    console.restore(console.backUp());
    await device.host.time.run(700_000);
    console.requests = [];
    await device.host.time.run(700_000);
    expect(console.requests).toContain('GET /agent/key-set');
    expect(console.requests).not.toContain('POST /agent/check-in');
    expect(device.state?.kind).toBe('protected');
  });
});
