/** What every command needs: this machine, where things are, and how we were started. */
import { isSea } from 'node:sea';
import { Fault } from '#protocol/codes.ts';
import { trust } from '#installers/sentinelone/trust.ts';
import { currentPlatform } from '#platform/current.ts';
import type { Platform } from '#platform/platform.ts';
import { defaultPlaces, type Places } from '#agent/setup.ts';

export interface GlobalOptions {
  readonly stateDirectory?: string;
  readonly runtimeDirectory?: string;
  readonly config?: string;
}

export function placesOf(options: GlobalOptions): Places {
  return {
    stateDirectory: options.stateDirectory ?? defaultPlaces.stateDirectory,
    runtimeDirectory: options.runtimeDirectory ?? defaultPlaces.runtimeDirectory,
  };
}

/** The shipped binary is one file; from the sources, Node runs the entry. */
function selfCommand(): { program: string; args: readonly string[] } {
  return { program: process.execPath, args: isSea() ? [] : [process.argv[1] ?? ''] };
}

export function thisMachine(places: Places, proxy: string | null): Platform {
  const scratchDirectory = `${places.runtimeDirectory}/scratch`;
  return currentPlatform({
    selfCommand: selfCommand(),
    scratchDirectory,
    proxy,
    plainHttpToLoopback: trust.plainHttpLoopback,
  });
}

export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new Fault('agent.not-root', `started as user ${process.getuid?.() ?? 'unknown'}`);
}
