/** Releases of the agent from the console. */
import { Fault } from '#protocol/codes.ts';
import { sha256Hex } from '#protocol/crypto.ts';
import { paths } from '#protocol/messages.ts';
import type { Directory } from '#platform/files.ts';
import type { ConsoleClient } from '#agent/link/client.ts';
import { fetchInto } from '#agent/link/supply.ts';

const manifestBytesMax = 128 * 1024;
const idleMs = 60_000;

export interface ReleaseSupply {
  /** The bytes of a signed manifest, by their digest. Faults `download.*`, `network.*`. */
  manifest(sha256: string): Promise<Uint8Array>;
  /** Brings a program into `into` under its digest; the caller verifies it. */
  program(artifact: { readonly sha256: string; readonly size: number }, into: Directory): Promise<void>;
}

export function releaseSupply(client: ConsoleClient): ReleaseSupply {
  return {
    manifest: (sha256) => fetchManifest(client, sha256),
    program: ({ sha256, size }, into) =>
      fetchInto({
        client,
        path: paths.release(sha256),
        sizeBytes: size,
        directory: into,
        name: sha256,
        progress: () => {},
      }),
  };
}

async function fetchManifest(client: ConsoleClient, sha256: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  await client.download(paths.release(sha256), {
    idleMs,
    range: null,
    async begin(status) {
      if (status === 200) return true;
      if (status === 401) throw new Fault('auth.session-expired', 'the session ended before the download');
      throw new Fault('download.unavailable', `the console answered with status ${status}`, { context: { status } });
    },
    async chunk(part) {
      bytes += part.length;
      if (bytes > manifestBytesMax) throw new Fault('download.digest-mismatch', 'too large for a manifest');
      chunks.push(part.slice());
    },
  });
  const whole = Buffer.concat(chunks);
  if (sha256Hex(whole) !== sha256) throw new Fault('download.digest-mismatch', 'not the manifest that was asked for');
  return whole;
}
