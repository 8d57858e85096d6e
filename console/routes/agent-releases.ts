/** Releases for devices: the signed manifest and the binaries it names, by digest. They are no secret, but cost bandwidth. */
import type { FastifyReply } from 'fastify';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { sha256Text } from '#protocol/words.ts';
import type { DeviceSide } from '#console/context.ts';
import type { KnownDevice } from '#console/fleet/link/device-memory.ts';
import type { Releases } from '#console/releases/releases.ts';
import { serveFile, type Asked } from '#console/routes/agent-packages.ts';

const params = z.object({ sha256: sha256Text });

export async function serveRelease(side: DeviceSide, device: KnownDevice, asked: Asked): Promise<FastifyReply> {
  const parsed = params.safeParse(asked.request.params);
  const path = parsed.success ? await findByDigest(side.releases, parsed.data.sha256) : null;
  if (!parsed.success || path === null) throw new Fault('not-found', 'no such release');
  return serveFile(side, device, { path, sha256: parsed.data.sha256 }, asked);
}

async function findByDigest(releases: Releases, sha256: string): Promise<string | null> {
  for (const { release, manifest, directory } of await releases.list()) {
    if (manifest.sha256 === sha256) return manifest.path;
    const binary = release.artifacts.find((one) => one.kind === 'binary' && one.sha256 === sha256);
    if (binary !== undefined) return `${directory}/${binary.file}`;
  }
  return null;
}
