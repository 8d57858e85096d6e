/** Packages and site tokens from the console. */
import { Fault } from '#protocol/codes.ts';
import { unseal } from '#protocol/crypto.ts';
import { paths, siteTokenResponse } from '#protocol/messages.ts';
import type { Directory, DownloadFile } from '#platform/files.ts';
import type { Supply } from '#agent/agent.ts';
import type { EnrolledIdentity } from '#agent/link/link-state.ts';
import type { ConsoleClient } from '#agent/link/client.ts';

const idleMs = 60_000;

export interface ConsoleSupplyOptions {
  readonly client: ConsoleClient;
  readonly packages: Directory;
  readonly identity: () => EnrolledIdentity;
}

export function consoleSupply({ client, packages, identity }: ConsoleSupplyOptions): Supply {
  return {
    fetchPackage({ sha256, sizeBytes }, name, progress) {
      return fetchInto({ client, path: paths.package(sha256), sizeBytes, directory: packages, name, progress });
    },
    async siteToken(assignmentNumber, attempt) {
      const answer = await client.request({
        method: 'POST',
        path: paths.siteToken,
        body: { assignmentNumber, attempt },
        answer: siteTokenResponse,
      });
      const { sealing, enrolled } = identity();
      const token = unseal(sealing.privateKey, `site-token:${enrolled.deviceId}:${assignmentNumber}`, answer.sealed);
      if (token === null) throw new Fault('token.malformed', 'the site token was not sealed to this device');
      return token.toString('utf8');
    },
  };
}

export interface Fetch {
  readonly client: ConsoleClient;
  readonly path: string;
  /** As was signed for. */
  readonly sizeBytes: number;
  readonly directory: Directory;
  readonly name: string;
  readonly progress: (doneBytes: number) => void;
}

/** Goes on where an earlier download stopped; never takes more bytes than were signed for. */
export async function fetchInto({ client, path, sizeBytes, directory, name, progress }: Fetch): Promise<void> {
  let file = await directory.openDownload(name);
  try {
    if (file.sizeBytes > sizeBytes) file = await restart(directory, name, file);
    if (file.sizeBytes === sizeBytes) return await file.finish();
    let doneBytes = file.sizeBytes;
    await client.download(path, {
      idleMs,
      range: doneBytes > 0 ? `bytes=${doneBytes}-` : null,
      async begin(status, headers) {
        if (status === 200 && doneBytes > 0) {
          file = await restart(directory, name, file);
          doneBytes = 0;
        }
        if (status === 206 && isOtherPart(headers['content-range'], doneBytes)) {
          file = await restart(directory, name, file);
          throw new Fault('download.interrupted', 'the console sent another part of the file than the one asked for');
        }
        if (status === 200 || status === 206) return true;
        if (status === 401) throw new Fault('auth.session-expired', 'the session ended before the download');
        throw new Fault('download.unavailable', `the console answered with status ${status}`, { context: { status } });
      },
      async chunk(bytes) {
        doneBytes += bytes.length;
        if (doneBytes > sizeBytes)
          throw new Fault('download.digest-mismatch', 'more bytes arrive than were signed for');
        await file.write(bytes);
        progress(doneBytes);
      },
    });
    if (doneBytes < sizeBytes) throw new Fault('download.interrupted', `${doneBytes} of ${sizeBytes} bytes`);
    await file.finish();
  } finally {
    await file.close();
  }
}

/** Appended, it would only be noticed when everything had arrived. */
function isOtherPart(contentRange: string | undefined, fromByte: number): boolean {
  return contentRange !== undefined && !contentRange.startsWith(`bytes ${fromByte}-`);
}

async function restart(packages: Directory, name: string, file: DownloadFile): Promise<DownloadFile> {
  await file.close();
  await packages.remove(name);
  return packages.openDownload(name);
}
