/**
 * One device with the processor of aarch64, emulated, from the line on the page to "protected", with everything in the middle of
 * dpkg that may happen there: the service is restarted, the agent updates itself, the power fails. systemd, dpkg and the agent
 * are those of that processor; curl, which fetches the script of the line, is this machine's own.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { prepareWorld } from '#test/e2e/world.ts';
import { bytesOf, deployTo, nextVersion, startUpdatedDevice, startUpdateWorld } from '#test/update/world.ts';
import type { UpdatedDevice, UpdateWorld } from '#test/update/world.ts';
import type { Container } from '#test/worlds/lab/container.ts';
import { cachedRoot } from '#test/worlds/lab/paths.ts';
import { loadRelease } from '#test/worlds/release/release.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { packageFilesIn } from '#test/worlds/sentinelone/packages.ts';
import {
  misbehaviourFile,
  misbehaviourText,
  runsFile,
  scriptRuns,
} from '#test/worlds/sentinelone/packages/scripted.ts';

/** Emulated, everything takes several times as long; other work on the machine comes on top. */
const patient = { timeout: 240_000, interval: 500 };
const service = 'garrison-agent.service';
let world: UpdateWorld;
let sentinelOne: SentinelOneWorld;
let device: UpdatedDevice;

/** The native root's curl with its libraries, below `/native`. */
const curl = `#!/bin/sh
lib=/native/lib/x86_64-linux-gnu
exec $lib/ld-linux-x86-64.so.2 --library-path $lib /native/bin/curl "$@"
`;

beforeAll(async () => {
  const { packages } = await prepareWorld();
  sentinelOne = await startSentinelOne({ packageFiles: packageFilesIn(packages.folder) });
  const vendorHosts = [new URL(sentinelOne.url).host];
  world = await startUpdateWorld({ target: 'linux-arm64', realSiteTokens: true, vendorHosts });
});
afterAll(async () => {
  await device?.container.stop();
  await world.stop();
  await sentinelOne.stop();
});

/** The line of the page, pasted; answers the id of the device that it makes. */
async function byTheLine(container: Container, organisationId: string, packaged: string): Promise<string> {
  await loadRelease(world.console, '0.1.0', [['linux-arm64', 'deb', readFileSync(packaged)]]);
  const admin = await world.administrator();
  const made = await admin.call(enrolmentKeyRoutes.create, { body: { organisationId } });
  const line = made.commands.find(({ command }) => command.includes('/install/'))?.command ?? '';
  const said = await container.run(['sh'], { stdin: `${line}\n`, timeoutMs: 240_000 });
  expect(said).toContain('fetches the Garrison agent 0.1.0 for linux-arm64 (deb');
  return vi.waitFor(async () => {
    const { enrolled } = JSON.parse(await container.run(['cat', '/var/lib/garrison/identity.json'])) as {
      enrolled: { deviceId: string };
    };
    return enrolled.deviceId;
  }, patient);
}

const configured = (): number => {
  const file = device.container.pathOnHost(runsFile);
  return scriptRuns(existsSync(file) ? readFileSync(file, 'utf8') : '').filter(({ event }) => event === 'configure')
    .length;
};
const starts = () => device.memory().of<{ reason: string; bootId: string; version: string }>('agent-started');
const state = () => device.memory().state;

describe('a device of that processor', () => {
  test('G13: is made by the line of the page: installed, its service up, enrolled', async () => {
    device = await startUpdatedDevice(world, {
      name: 'journey-arm64',
      root: 'arm64-deb',
      binds: [{ host: join(cachedRoot('deb'), 'usr'), guest: '/native', readOnly: true }],
      prepare: (container) => container.writeFile('/usr/bin/curl', curl, 0o755),
      arrive: byTheLine,
    });
    expect(await device.shell('garrison-agent --version')).toContain('(linux-arm64, ');
    expect((await device.shell(`systemctl is-active ${service}; systemctl is-enabled ${service}`)).trim()).toBe(
      'active\nenabled',
    );
  });

  test('G11: in the middle of dpkg the service is restarted: dpkg goes on, and is joined', async () => {
    writeFileSync(device.container.pathOnHost(misbehaviourFile), misbehaviourText({ delay: 1_000 }));
    await deployTo(world, device, sentinelOne, 'linux-arm64-deb');
    await vi.waitFor(() => expect(configured()).toBe(1), patient);
    const before = starts().length;
    await device.shell(`systemctl restart ${service}`);
    await vi.waitFor(() => expect(starts()).toHaveLength(before + 1), patient);
    await vi.waitFor(() => expect(state()).toMatchObject({ kind: 'installing', attempt: 1 }), patient);
    expect(device.memory().of('installer-exited')).toEqual([]);
  });

  test('G11, G15: in the middle of dpkg it takes another version of itself, which joins the same attempt', async () => {
    const next = await nextVersion('linux-arm64');
    await world.offer(next.version, bytesOf(next));
    await world.order(device, next.version);
    expect(await device.ended(next.version, patient.timeout)).toMatchObject({ result: 'done' });
    // Not by the file that its process runs: here that is the emulator.
    expect(starts().at(-1)).toMatchObject({ reason: 'update', version: next.version });
    expect((await device.shell('readlink /opt/garrison/current')).trim()).toBe(`versions/${next.version}`);
    expect(state()).toMatchObject({ kind: 'installing', attempt: 1 });
    expect(configured()).toBe(1);
    expect(device.memory().of('installer-exited')).toEqual([]);
  });

  test('a power cut in the middle of dpkg is known by its boot; one repair ends what was begun, protected', async () => {
    const { bootId } = starts().at(-1) ?? {};
    writeFileSync(device.container.pathOnHost(misbehaviourFile), '');
    await device.container.powerCut();
    await vi.waitFor(() => expect(device.memory().of('attempt-ended')).toHaveLength(1), patient);
    const memory = device.memory();
    expect(memory.of('attempt-ended')).toMatchObject([{ result: 'protected' }]);
    expect(memory.of('attempt-started')).toHaveLength(1);
    expect(memory.of('installer-exited')).toMatchObject([{ exitCode: null }, { exitCode: 0 }]);
    expect(memory.damage).toBeNull();
    expect(starts().at(-1)).toMatchObject({ reason: 'reboot' });
    expect(starts().at(-1)?.bootId).not.toBe(bootId);
    expect(state()).toMatchObject({ kind: 'protected' });
  });
});
