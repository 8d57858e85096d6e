import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { win32 } from 'node:path';
import type { Files, ForeignEntry } from '#platform/files.ts';
import { PrivateDirectory } from '#platform/files/directory.ts';
import { nullOn, onDisk } from '#platform/files/errors.ts';
import { foreignEntries } from '#platform/files/foreign-entries.ts';
import { readRange } from '#platform/files/handles.ts';
import { recorded } from '#platform/windows/answers.release.ts';
import { WindowsAnchor } from '#platform/windows/anchor.ts';
import { isTrustedSid, type SecurityDescriptor, whyNotFile, whyNotPrivate } from '#platform/windows/parse/sddl.ts';
import { askOne } from '#platform/windows/powershell.ts';
import { Protection } from '#platform/windows/protection.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { protectedDirectory } from '#platform/windows/scripts.ts';
import { Fault } from '#protocol/codes.ts';

/** Owned by the administrators, closed to all but them and the system, nothing inherited from above. */
const privateDescriptor = 'O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)';
const absentErrnos = ['ENOENT', 'ENOTDIR'];

export class WindowsFiles implements Files {
  readonly #starter: Starter;
  readonly #protection: Protection;

  constructor(starter: Starter, protection: Protection) {
    this.#starter = starter;
    this.#protection = protection;
  }

  async openPrivateDirectory(path: string): Promise<PrivateDirectory> {
    const place = requirePath(path);
    await onDisk(() => this.#make(place));
    const refusal = await this.#protection.whyNotPrivate(place);
    if (refusal !== null) throw untrusted('state.untrusted-directory', place, refusal);
    return PrivateDirectory.over(new WindowsAnchor(place));
  }

  async readTrusted(path: string, bytesMax: number): Promise<Uint8Array> {
    const place = requirePath(path);
    const read = await this.#reading(place, whyNotPrivate, async (handle) => readRange(handle, 0, bytesMax + 1));
    if (read === null) {
      throw new Fault('file.untrusted', `${place} does not exist`, { context: { path: place, missing: true } });
    }
    if (typeof read === 'string') throw untrusted('file.untrusted', place, read);
    if (read.byteLength > bytesMax) throw new Fault('file.too-large', `${place} is larger than ${bytesMax} bytes`);
    return read.slice();
  }

  listForeign(directory: string): Promise<readonly ForeignEntry[]> {
    return foreignEntries(directory);
  }

  async readForeign(path: string, options: { newerThanMs: number; bytesMax: number }): Promise<Uint8Array | null> {
    const place = requirePath(path);
    const read = await this.#reading(place, whyNotOwned, async (handle, stat) => {
      if (stat.mtimeMs <= options.newerThanMs) return 'is older than what it should tell about';
      const length = Math.min(stat.size, options.bytesMax);
      return readRange(handle, stat.size - length, length);
    });
    if (typeof read === 'string') throw untrusted('log.untrusted', place, read);
    return read === null ? null : read.slice();
  }

  /**
   * Opens first, judges then, and reads only when what stands at the path is still what was opened: whoever may write the
   * directory (the system's TEMP) can swap names, but not what an open handle means.
   */
  async #reading(
    path: string,
    judge: (descriptor: SecurityDescriptor) => string | null,
    read: (handle: FileHandle, stat: { size: number; mtimeMs: number }) => Promise<Uint8Array | string>,
  ): Promise<Uint8Array | string | null> {
    const named = await nullOn(absentErrnos, () => lstat(path, { bigint: true }));
    if (named === null) return null;
    if (!named.isFile()) return 'is not a regular file';
    const handle = await nullOn(absentErrnos, () => open(path, constants.O_RDONLY));
    if (handle === null) return null;
    try {
      const stat = await handle.stat({ bigint: true });
      if (stat.nlink !== 1n) return 'has other names (hard links)';
      const refusal = await this.#protection.whyForeign(path, (rights) => whyNotFile(rights) ?? judge(rights));
      if (refusal !== null) return refusal;
      const standing = await nullOn(absentErrnos, () => lstat(path, { bigint: true }));
      if (standing === null || standing.ino !== stat.ino || standing.dev !== stat.dev) return 'was exchanged meanwhile';
      return await read(handle, { size: Number(stat.size), mtimeMs: Number(stat.mtimeMs) });
    } finally {
      await handle.close();
    }
  }

  /** Each missing directory closed from its first moment; one that stands is judged afterwards, never changed. */
  async #make(path: string): Promise<void> {
    if ((await nullOn(absentErrnos, () => lstat(path))) !== null) return;
    if (this.#protection.isBelowPrivate(path)) {
      await this.#make(win32.dirname(path));
      await nullOn(['EEXIST'], () => mkdir(path));
      return;
    }
    if (recorded.makesDirectories) {
      await mkdir(path, { recursive: true });
      return;
    }
    const made = await askOne(this.#starter, 'make-directory', protectedDirectory(path, privateDescriptor), path);
    if (made.status !== 'ok') throw untrusted('state.untrusted-directory', path, `could not be made: ${made.detail}`);
  }
}

/** A log in a directory of everybody's: only the system or an administrator can have written it. */
function whyNotOwned(descriptor: SecurityDescriptor): string | null {
  return isTrustedSid(descriptor.owner) ? null : `belongs to ${descriptor.owner}`;
}

function untrusted(
  code: 'state.untrusted-directory' | 'file.untrusted' | 'log.untrusted',
  path: string,
  detail: string,
): Fault {
  return new Fault(code, `${path} ${detail}`, { context: { path } });
}

/** "C:\\…" with backslashes, without relative parts, streams or devices. */
function requirePath(path: string): string {
  const place = path.replaceAll('/', '\\').replace(/(?<=[^:\\])\\+$/, '');
  const parts = place.slice(3).split('\\');
  const plain = /^[A-Za-z]:\\/.test(place) && parts.every((part) => part !== '' && !/[<>:"|?*]|[. ]$/.test(part));
  if (plain) return place;
  throw new Fault('agent.defect', `not an absolute path of this machine: ${path}`);
}
