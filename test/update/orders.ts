/** Releases that a console in this process offers to one device, and what came of them. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from '#protocol/crypto.ts';
import type { Artifact, Release } from '#protocol/release.ts';
import { giveUpdate } from '#console/fleet/link/commands.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { createReleases } from '#console/releases/releases.ts';
import { scope, type ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { testReleaseKey } from '#test/worlds/release/keys.ts';
import { artifact, release, writeRelease } from '#test/worlds/release/release.ts';

let rollouts = 0;

export interface Order {
  readonly version: string;
  readonly target: Artifact['target'];
  readonly program: Buffer;
  readonly key?: KeyPair;
  /** Of the release; other artifacts stand beside the program for the target. */
  readonly change?: Partial<Release>;
  readonly downgrade?: boolean;
}

/** Imports a release of that program and tells the device, as a ring does. */
export async function orderUpdate(
  world: ConsoleWorld,
  device: { readonly deviceId: string; readonly organisationId: string },
  { version, target, program, key = testReleaseKey, change = {}, downgrade = false }: Order,
): Promise<void> {
  const file = `garrison-agent-${target}`;
  const rolloutId = `rol_${(rollouts += 1)}`;
  const from = join(world.directory, `release-${rolloutId}`);
  // Of one release there are programs for every system: each device has to find its own.
  const other = target === 'linux-x64' ? 'windows-x64' : 'linux-x64';
  const artifacts = [
    artifact(other, 'binary', `garrison-agent-${other}`, Buffer.from('of another system')),
    artifact(target, 'binary', file, program),
  ];
  const files = new Map([
    [file, program],
    [`garrison-agent-${other}`, Buffer.from('of another system')],
  ]);
  writeRelease(from, files, release({ version, artifacts, ...change }), key);
  // The console believes whatever the test signs; whether the device does is the question.
  const keys = [testReleaseKey.publicKey, key.publicKey];
  const directory = join(world.directory, 'releases');
  Object.assign(world.side, { releases: createReleases({ directory, keys, clock: Date }) });
  await importRelease({ from, to: directory, keys, nowMs: Date.now() });
  rmSync(from, { recursive: true });
  const held = await world.side.releases.find(version);
  await giveUpdate(
    world.side,
    scope,
    {
      rollout_id: rolloutId,
      organisation_id: device.organisationId,
      version,
      manifest: held?.manifest.sha256 ?? '',
      downgrade: downgrade ? 1 : 0,
      state: 'running',
      plan: '{}',
      step: 0,
      started_at: 0,
      started_by: 'test',
      done_before: 0,
      failed_before: 0,
      halt_cause: null,
    },
    device.deviceId,
  );
}

export interface End {
  readonly state: string;
  readonly code: string | null;
}

/** How a device's orders of that version have ended, as the console has been told; the oldest first. */
export async function endsOf(world: ConsoleWorld, deviceId: string, version: string): Promise<readonly End[]> {
  const rows = world.store.read.selectFrom('agent_updates').select(['state', 'fault']);
  const ofIt = rows.where('device_id', '=', deviceId).where('version', '=', version);
  const ended = await ofIt.where('state', '!=', 'ordered').orderBy('ordered_at').execute();
  return ended.map(({ state, fault }) => ({
    state,
    code: fault === null ? null : (JSON.parse(fault) as { code: string }).code,
  }));
}
