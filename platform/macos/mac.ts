/** The real Mac behind `outside.ts`. */
import { constants } from 'node:fs';
import { readdir, statfs } from 'node:fs/promises';
import { hostname, machine, totalmem, uptime } from 'node:os';
import { randomBytes } from 'node:crypto';
import { getCACertificates } from 'node:tls';
import { systemClock } from '#platform/clock.ts';
import { systemSpawner } from '#platform/exec.ts';
import { errnoOf, nullOn } from '#platform/files/errors.ts';
import { failed } from '#platform/looks.ts';
import { MacosFiles, type MacosFilesOptions, readRegularRange } from '#platform/macos/files.ts';
import type { Kernel, Outside, SystemFiles, SystemPath, Writers } from '#platform/macos/outside.ts';
import { adminGroup, walkPath, wheelGroup } from '#platform/macos/trusted-path.ts';
import { checkHost } from '#platform/network.ts';
import type { PlatformOptions } from '#platform/options.ts';
import { lockExclusively } from '#platform/single-instance.ts';

const executableByAll = 0o111;
const writerGroups: Readonly<Record<Writers, readonly number[]>> = {
  root: [wheelGroup],
  administrators: [wheelGroup, adminGroup],
};
const closedErrnos = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'];

export function macOutside(options: PlatformOptions & MacosFilesOptions): Outside {
  const hostCheck = {
    plainHttpToLoopback: options.plainHttpToLoopback ?? false,
    proxy: options.proxy ?? null,
    systemRoots,
  };
  return {
    spawner: systemSpawner,
    files: new MacosFiles(options),
    system: systemFiles,
    kernel,
    clock: systemClock(() => kernel.uptimeMs()),
    randomBytes: (length) => randomBytes(length),
    lockExclusively,
    checkHost: (host) => checkHost(host, hostCheck),
  };
}

/** What the keychains trust, an administrator's own roots included; Node reads them by the system's own library. */
async function systemRoots(): Promise<readonly string[]> {
  return getCACertificates('system');
}

const kernel: Kernel = {
  // Counted from the boot time, which the kernel moves along when the clock is set; sleep is in it.
  uptimeMs: () => Math.round(uptime() * 1000),
  hostname,
  memoryBytes: totalmem,
  machine,
  freeBytes: async (path) => {
    try {
      const { bavail, bsize } = await statfs(path);
      return { status: 'ok', value: bavail * bsize };
    } catch (error) {
      return failed(error instanceof Error ? error.message : String(error));
    }
  },
  pid: process.pid,
  terminate: (pid) => {
    try {
      process.kill(pid, 'SIGTERM');
    } catch (error) {
      if (errnoOf(error) !== 'ESRCH') throw error;
    }
  },
};

export const systemFiles: SystemFiles = {
  look,
  list: async (path) => (await nullOn(closedErrnos, () => readdir(path))) ?? [],
  readRange: readRegularRange,
};

async function look(path: string, writers: Writers): Promise<SystemPath> {
  const walked = await nullOn(['EACCES', 'EPERM'], () =>
    walkPath(path, { owners: [], groups: writerGroups[writers], trustedRoot: '/' }),
  );
  const unknown = { status: 'found', kind: 'other', executable: false, realPath: path } as const;
  // A protection product may close its own folders even to root: what refuses to be looked at is there.
  if (walked === null) return { ...unknown, distrust: `${path} cannot be looked at` };
  if (walked.status === 'absent') return walked;
  if (walked.status === 'refused') return { ...unknown, distrust: walked.detail };
  const { stat, realPath, distrust } = walked;
  const executable = stat.isFile() && (stat.mode & executableByAll & constants.S_IXUSR) !== 0;
  return { status: 'found', kind: kindOf(stat), executable, realPath, distrust };
}

function kindOf(stat: { isFile(): boolean; isDirectory(): boolean }): 'file' | 'directory' | 'other' {
  if (stat.isFile()) return 'file';
  return stat.isDirectory() ? 'directory' : 'other';
}
