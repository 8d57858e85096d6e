/** Takes a directory of a release into the console's data directory, after proving every byte of it. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '#protocol/codes.ts';
import { openRelease, releaseFile, releaseSignatureFile, type Artifact, type Release } from '#protocol/release.ts';
import { readSigned } from '#console/releases/releases.ts';

export interface ImportOptions {
  /** Holds `release.json`, `release.json.sig` and the files they name. */
  readonly from: string;
  /** The console's own, `paths.releases`. */
  readonly to: string;
  readonly keys: readonly string[];
  readonly nowMs: number;
}

/** The same version again takes the place of the one that was there: it may be signed anew, its files are what was signed. */
export async function importRelease({ from, to, keys, nowMs }: ImportOptions): Promise<Release> {
  const { envelope } = await readSigned(from);
  const release = openRelease(envelope, keys, nowMs);
  const readable = await readFile(join(from, releaseFile)).catch(() => null);
  if (readable?.toString('base64') !== envelope.payload)
    throw new Fault('release.untrusted', `${releaseFile} is not what was signed`);
  await mkdir(to, { recursive: true, mode: 0o700 });
  const work = join(to, `.new-${randomBytes(8).toString('hex')}`);
  await mkdir(work, { mode: 0o700 });
  try {
    for (const artifact of release.artifacts) await copyProved(artifact, from, work);
    await copyFile(join(from, releaseFile), join(work, releaseFile));
    await copyFile(join(from, releaseSignatureFile), join(work, releaseSignatureFile));
    await takePlace(work, join(to, release.version));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return release;
}

async function copyProved({ file, size, sha256 }: Artifact, from: string, to: string): Promise<void> {
  const hash = createHash('sha256');
  let bytes = 0;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > size) return done(new Fault('release.incomplete', `${file} is larger than what was signed`));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const target = createWriteStream(join(to, file), { flags: 'wx', mode: 0o600, flush: true });
  try {
    await pipeline(createReadStream(join(from, file)), count, target);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('release.incomplete', `${file} cannot be read`, { cause: error });
  }
  if (bytes !== size || hash.digest('hex') !== sha256)
    throw new Fault('release.incomplete', `${file} is not the file that was signed`);
}

async function takePlace(work: string, place: string): Promise<void> {
  const old = `${work}-old`;
  await rename(place, old).catch(() => undefined);
  await rename(work, place);
  await rm(old, { recursive: true, force: true });
}
