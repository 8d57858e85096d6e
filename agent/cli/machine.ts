/** This machine, for the commands that work on it themselves instead of asking the daemon. */
import { isSea } from 'node:sea';
import { trust } from '#installers/sentinelone/trust.ts';
import { currentPlatform, currentSystem, type PlatformOptions } from '#platform/current.ts';
import type { Platform } from '#platform/platform.ts';
import { filePath } from '#agent/file-path.ts';
import type { Places } from '#agent/places.ts';

/** The shipped binary is one file; from the sources, Node runs the entry. */
function selfCommand(): { program: string; args: readonly string[] } {
  return { program: process.execPath, args: isSea() ? [] : [process.argv[1] ?? ''] };
}

/** For what lives as long as one child. */
export function scratchDirectory(places: Places): string {
  return filePath(currentSystem(), places.runtimeDirectory, 'scratch');
}

export function platformOptions(places: Places, proxy: string | null): PlatformOptions {
  return {
    selfCommand: selfCommand(),
    scratchDirectory: scratchDirectory(places),
    proxy,
    plainHttpToLoopback: trust.plainHttpLoopback,
  };
}

export async function thisMachine(places: Places, proxy: string | null): Promise<Platform> {
  return currentPlatform(platformOptions(places, proxy));
}
