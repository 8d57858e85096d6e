import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linuxPlatform, type LinuxOptions } from '#platform/linux/index.ts';
import type { Platform } from '#platform/platform.ts';
import type { ContractWorld } from '#test/platform/platform.contract.ts';

export interface LinuxWorld extends ContractWorld {
  readonly platform: Platform;
  /** Throw-away directory that counts as trusted; everything of the test is below. */
  readonly root: string;
}

/** The real Linux platform in a directory of its own, as whoever runs the test. */
export async function linuxWorld(options: Partial<LinuxOptions> = {}): Promise<LinuxWorld> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'garrison-platform-')));
  const platform = linuxPlatform({
    selfCommand: { program: process.execPath, args: [] },
    scratchDirectory: join(root, 'scratch'),
    expectedUid: process.getuid?.() ?? 0,
    trustedRoot: root,
    ...options,
  });
  return { platform, root, stateRoot: join(root, 'state'), cleanup: () => rm(root, { recursive: true, force: true }) };
}
