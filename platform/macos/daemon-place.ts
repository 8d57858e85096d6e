import { constants } from 'node:fs';
import { chown, mkdir, open, rename, rm, unlink } from 'node:fs/promises';
import { posix } from 'node:path';
import { nullOn, onDisk } from '#platform/files/errors.ts';
import { writeAll } from '#platform/files/handles.ts';
import { logDirectory, logFile } from '#platform/macos/launch-daemon.ts';
import { systemFiles } from '#platform/macos/mac.ts';
import type { DaemonPlace } from '#platform/macos/own-service.ts';
import { noManager, type ServiceManager } from '#platform/own-service.ts';
import { Fault } from '#protocol/codes.ts';

const { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } = constants;
const daemonMode = 0o644;
const [root, wheel] = [0, 0];

/** In /Library, where root alone writes; looked at before each change, since macOS has no names relative to a handle. */
export const daemonPlace: DaemonPlace = {
  async write(path, text) {
    await requireRoots(posix.dirname(path));
    const temporary = `${path}.new`;
    await onDisk(async () => {
      await nullOn(['ENOENT'], () => unlink(temporary));
      const handle = await open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, daemonMode);
      try {
        await handle.chmod(daemonMode);
        await handle.chown(root, wheel);
        await writeAll(handle, Buffer.from(text));
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(temporary, path);
    });
  },
  async remove(path) {
    await onDisk(() => rm(path, { force: true }));
  },
  async makeLogDirectory() {
    await onDisk(() => mkdir(logDirectory, { recursive: true, mode: 0o700 }));
    await requireRoots(logDirectory);
    await onDisk(() => chown(logDirectory, root, wheel));
  },
  async removeLogDirectory() {
    await onDisk(() => rm(logDirectory, { recursive: true, force: true }));
  },
};

const logBytesMax = 5 * 1024 * 1024;

const everyMs = 3 * 3_600_000;

/**
 * launchd wants no sign of life, and keeps no log: it appends to one and never begins it anew. So the sign of life is that
 * the log stays short, looked at once an hour.
 */
export const launchdManager: ServiceManager = {
  ...noManager,
  watchdogMs: everyMs,
  ready: shortenLog,
  alive: shortenLog,
};

/** A renamed log would be written on: too long, it is emptied where it is. */
async function shortenLog(): Promise<void> {
  const handle = await nullOn(['ENOENT'], () => open(logFile, O_WRONLY | O_NOFOLLOW));
  if (handle === null) return;
  try {
    if ((await handle.stat()).size > logBytesMax) await handle.truncate(0);
  } finally {
    await handle.close();
  }
}

async function requireRoots(directory: string): Promise<void> {
  const found = await systemFiles.look(directory, 'root');
  const refusal =
    found.status === 'absent' ? 'is not there' : (found.distrust ?? (found.kind === 'directory' ? null : 'is none'));
  if (refusal !== null) throw new Fault('file.untrusted', `${directory} ${refusal}`);
}
