/** Package files for devices: only those their assignment names, in ranges, straight from the disk. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { Fault } from '#protocol/codes.ts';
import { sha256Text } from '#protocol/words.ts';
import { deviceScope } from '#console/auth/scope.ts';
import type { DeviceSide } from '#console/context.ts';
import { getsNothing, type KnownDevice } from '#console/fleet/link/device-memory.ts';
import { openStoredAssignment } from '#console/fleet/connections/site-tokens.ts';
import { findAssignment } from '#console/store/devices/assignments.ts';

export interface ByteRange {
  readonly first: number;
  /** included */
  readonly last: number;
}

/** One range of bytes; null: the whole file is meant; 'unsatisfiable': beyond its end. Several ranges are answered whole. */
export function readRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '');
  const [from, to] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (match === null || (from === '' && to === '')) return null;
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first > last || first >= sizeBytes ? 'unsatisfiable' : { first, last };
}

async function assigned(side: DeviceSide, device: KnownDevice, sha256: string): Promise<void> {
  const row = getsNothing(device) ? null : await findAssignment(side.store.read, deviceScope(device), device.deviceId);
  const named = row !== null && openStoredAssignment(row.envelope).candidates.some((one) => one.sha256 === sha256);
  if (!named) throw new Fault('not-found', 'no such package');
}

const params = z.object({ sha256: sha256Text });

export async function servePackage(
  side: DeviceSide,
  device: KnownDevice,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parsed = params.safeParse(request.params);
  if (!parsed.success) throw new Fault('not-found', 'no such package');
  const { sha256 } = parsed.data;
  await assigned(side, device, sha256);
  return serveFile(side, device, { path: join(side.packageDirectory, sha256), sha256 }, { request, reply });
}

export interface Asked {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The bytes of a file, whole or one range of it, against the device's share of the day. */
export async function serveFile(
  side: DeviceSide,
  device: KnownDevice,
  { path, sha256 }: { readonly path: string; readonly sha256: string },
  { request, reply }: Asked,
): Promise<FastifyReply> {
  const file = await stat(path).catch(() => null);
  if (file === null) throw new Fault('download.unavailable', 'the file is not in the cache of the console');
  const etag = `"${sha256}"`;
  const ifRange = request.headers['if-range'];
  const range = ifRange === undefined || ifRange === etag ? readRange(request.headers.range, file.size) : null;
  reply.header('accept-ranges', 'bytes').header('etag', etag).type('application/octet-stream');
  if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${file.size}`).send();
  const { first, last } = range ?? { first: 0, last: file.size - 1 };
  side.quotas.spend(device.deviceId, 'packageBytes', last - first + 1);
  if (range !== null) reply.code(206).header('content-range', `bytes ${first}-${last}/${file.size}`);
  reply.header('content-length', String(last - first + 1));
  return reply.send(createReadStream(path, { start: first, end: last, highWaterMark: 256 * 1024 }));
}
