import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MacosFiles } from '#platform/macos/files.ts';

export interface MacosFilesWorld {
  /** Throw-away directory that counts as trusted; everything of the test is below. */
  readonly root: string;
  readonly files: MacosFiles;
  cleanup(): Promise<void>;
}

/** The real file access of the macOS adapter, on whatever POSIX system the test runs. */
export async function macosFilesWorld(): Promise<MacosFilesWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'garrison-macos-')));
  const files = new MacosFiles({ expectedUid: process.getuid?.() ?? 0, trustedRoot: root });
  return { root, files, cleanup: () => rm(root, { recursive: true, force: true }) };
}
