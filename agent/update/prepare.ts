/** Brings a new version onto the device, up to the point where it could be started. Nothing that runs is touched. */
import { Fault } from '#protocol/codes.ts';
import { envelopeSchema } from '#protocol/envelope.ts';
import { openRelease, type Artifact } from '#protocol/release.ts';
import type { Directory } from '#platform/files.ts';
import type { Platform } from '#platform/platform.ts';
import type { UpdateHost } from '#platform/update-host.ts';
import type { ReleaseSupply } from '#agent/link/release-supply.ts';
import { readFloor } from '#agent/update/floor.ts';
import { judgeUpdate } from '#agent/update/judge.ts';
import type { UpdateFailure, UpdateOrder } from '#agent/update/order.ts';

/** For the journal and whatever else the device needs meanwhile. */
const spareBytes = 64 * 1024 * 1024;

export interface Preparation {
  readonly order: UpdateOrder;
  readonly own: { readonly version: string; readonly target: string };
  readonly host: UpdateHost;
  readonly supply: ReleaseSupply;
  readonly keys: readonly string[];
  readonly platform: Platform;
  /** Private; holds the download. */
  readonly update: Directory;
  readonly failures: readonly UpdateFailure[];
  readonly nowMs: number;
}

/** The program that was signed, laid down and tried out. Faults: why not. */
export async function prepare(given: Preparation): Promise<Artifact> {
  const { order, own, host, supply, platform, update } = given;
  if ((await host.versions.current()) !== own.version)
    throw new Fault('update.not-managed', `this program is not the one that ${host.versions.root}/current names`);
  const manifest = parsed(await supply.manifest(order.manifest));
  const release = openRelease(envelopeSchema.parse(manifest), given.keys, given.nowMs);
  const artifact = judgeUpdate({
    release,
    order,
    own,
    floor: await readFloor(update),
    failures: given.failures,
    bootId: (await platform.machine()).bootId,
  });
  await requireRoom(platform, host.versions.root, artifact.size);
  await requireRoom(platform, update.path, artifact.size);
  await supply.program(artifact, update);
  await lay(given, artifact);
  return artifact;
}

async function lay({ order, own, host, update }: Preparation, { sha256 }: Artifact): Promise<void> {
  const digest = await update.digest(sha256);
  if (digest?.sha256 !== sha256) {
    await update.remove(sha256);
    throw new Fault('download.digest-mismatch', 'the program is not the one that was signed');
  }
  const laid = await host.versions.lay(order.version, update, sha256);
  if (laid?.sha256 !== sha256)
    throw new Fault('download.digest-mismatch', 'the program changed while it was laid down');
  const answer = await host.ask(order.version);
  if (answer?.startsWith(`garrison-agent ${order.version} (${own.target}, `) === true) return;
  throw new Fault('update.does-not-start', `asked for its version, it says ${JSON.stringify(answer)}`.slice(0, 300));
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new Fault('release.untrusted', 'the manifest is not JSON', { cause: error });
  }
}

async function requireRoom(platform: Platform, path: string, bytes: number): Promise<void> {
  const free = await platform.freeBytes(path);
  if (free.status !== 'ok' || free.value >= 2 * bytes + spareBytes) return;
  throw new Fault('update.no-space', `${path} has ${free.value} bytes free, needed are ${2 * bytes + spareBytes}`);
}
