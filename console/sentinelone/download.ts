/** One package from SentinelOne to a writer of ours, judged while it streams. */
import { createHash } from 'node:crypto';
import { Fault } from '#protocol/codes.ts';
import { limits } from '#protocol/limits.ts';
import { idPart } from '#console/sentinelone/call.ts';
import { chunksOf, type OpenAnswer } from '#console/sentinelone/persist.ts';
import type { SentinelOneClient } from '#console/sentinelone/client.ts';
import type { PackageFileFormat, SentinelOnePackage } from '#console/sentinelone/package-rows.ts';

export interface PackageWriter {
  /** Forget what was written: the download starts (again). */
  restart(): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
}

export interface PackageDigests {
  readonly sizeBytes: number;
  readonly sha1: string;
  /** Ours: the one that the fleet is told. */
  readonly sha256: string;
}

export interface PackageDownload {
  readonly siteId: string;
  readonly wanted: Pick<SentinelOnePackage, 'vendorPackageId' | 'fileName' | 'format' | 'sizeBytes' | 'sha1'>;
  readonly writer: PackageWriter;
  readonly signal?: AbortSignal;
}

/** How a file of each format begins. */
const firstBytes: Record<PackageFileFormat, Buffer> = {
  deb: Buffer.from('!<arch>\ndebian-binary'),
  rpm: Buffer.from([0xed, 0xab, 0xee, 0xdb]),
  exe: Buffer.from('MZ'),
  msi: Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]),
  pkg: Buffer.from('xar!'),
};

function notThePackage(wanted: PackageDownload['wanted'], reason: string): Fault {
  return new Fault(
    'download.digest-mismatch',
    `${wanted.fileName} from SentinelOne is not the package listed: ${reason}`,
    {
      context: { fileName: wanted.fileName, reason },
    },
  );
}

function checkHeaders({ headers }: OpenAnswer, wanted: PackageDownload['wanted']): void {
  if (/html|json/.test(headers['content-type'] ?? '')) throw notThePackage(wanted, 'a web page came instead');
  const announced = headers['content-length'];
  if (announced !== undefined && Number(announced) !== wanted.sizeBytes) throw notThePackage(wanted, 'another size');
}

/** Counts, hashes and passes on; stops at the first byte too many. */
async function receive(answer: OpenAnswer, download: PackageDownload): Promise<PackageDigests> {
  const { wanted, writer } = download;
  checkHeaders(answer, wanted);
  await writer.restart();
  const sha1 = createHash('sha1');
  const sha256 = createHash('sha256');
  const expected = firstBytes[wanted.format];
  let beginning = Buffer.alloc(0);
  let sizeBytes = 0;
  for await (const part of chunksOf(answer.body, () => cutOff(wanted.fileName))) {
    sizeBytes += part.length;
    if (sizeBytes > wanted.sizeBytes) throw notThePackage(wanted, 'longer than listed');
    if (beginning.length < expected.length) {
      beginning = Buffer.concat([beginning, part]).subarray(0, expected.length);
      if (!expected.subarray(0, beginning.length).equals(beginning))
        throw notThePackage(wanted, `no ${wanted.format} file`);
    }
    sha1.update(part);
    sha256.update(part);
    await writer.write(part);
  }
  if (sizeBytes < wanted.sizeBytes) throw cutOff(wanted.fileName);
  const digests = { sizeBytes, sha1: sha1.digest('hex'), sha256: sha256.digest('hex') };
  if (digests.sha1 !== wanted.sha1) throw notThePackage(wanted, 'another SHA-1');
  return digests;
}

function cutOff(fileName: string): Fault {
  return new Fault('download.interrupted', `The download of ${fileName} from SentinelOne was cut off`);
}

/**
 * Streams one package into `writer`. The address is built here; the list's own `link` is never followed. What was
 * written counts only when this resolves. Throws `download.digest-mismatch` for anything but the listed bytes,
 * `download.interrupted` or `sentinelone.…` when SentinelOne could not be brought to send them.
 */
export async function downloadPackage(client: SentinelOneClient, download: PackageDownload): Promise<PackageDigests> {
  const { wanted, siteId } = download;
  if (wanted.sizeBytes > limits.packageBytesMax)
    throw new Fault('file.too-large', `${wanted.fileName} is larger than a package may be`);
  const path = `update/agent/download/${idPart(siteId)}/${idPart(wanted.vendorPackageId)}`;
  return client.download({ path, signal: download.signal }, (answer) => receive(answer, download));
}
