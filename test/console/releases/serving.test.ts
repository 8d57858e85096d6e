import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { paths } from '#protocol/messages.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, writeRelease } from '#test/worlds/release/release.ts';

const binary = Buffer.from('the agent');
const package_ = Buffer.from('a package of it');
const value = release({
  artifacts: [
    artifact('linux-x64', 'binary', 'garrison-agent-linux-x64', binary),
    artifact('linux-x64', 'deb', 'garrison-agent_0.2.0_amd64.deb', package_),
  ],
});
let world: ConsoleWorld;
let device: SimulatedDevice;
let from: string;

beforeEach(async () => {
  world = await ConsoleWorld.start();
  from = mkdtempSync(join(tmpdir(), 'garrison-release-'));
  const files = new Map([
    ['garrison-agent-linux-x64', binary],
    ['garrison-agent_0.2.0_amd64.deb', package_],
  ]);
  writeRelease(from, files, value);
  await importRelease({
    from,
    to: join(world.directory, 'releases'),
    keys: [testReleaseKey.publicKey],
    nowMs: world.nowMs,
  });
  const key = await world.installKey(await world.organisation('Bakery'));
  device = simulatedDevice(world.app, key, { now: () => world.nowMs });
  await device.enrol();
});
afterEach(async () => {
  await world.stop();
  rmSync(from, { recursive: true, force: true });
});

it('a device gets the signed manifest and the binary it names, by digest, in ranges', async () => {
  const held = await world.side.releases.current();
  const manifest = await device.send('GET', paths.release(held?.manifest.sha256 ?? ''));
  expect(manifest.body).toEqual(readFileSync(join(from, 'release.json.sig')));
  const digest = value.artifacts[0]?.sha256 ?? '';
  const whole = await device.send('GET', paths.release(digest));
  expect([whole.status, whole.body]).toEqual([200, binary]);
  const part = await device.send('GET', paths.release(digest), { headers: { range: 'bytes=4-' } });
  expect([part.status, part.body.toString()]).toEqual([206, 'agent']);
});

it('and nothing else: no package, no other digest, no path, nothing without a session', async () => {
  writeFileSync(join(world.directory, 'releases', '0.2.0', 'planted'), 'planted');
  for (const name of [value.artifacts[1]?.sha256 ?? '', 'f'.repeat(64), '..%2f..%2frelease.json', 'planted'])
    expect((await device.send('GET', paths.release(name))).status).toBe(404);
  const bare = await world.app.inject({ method: 'GET', url: paths.release(value.artifacts[0]?.sha256 ?? '') });
  expect(bare.statusCode).toBe(401);
});
