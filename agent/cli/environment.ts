/** What every command needs: where things are, and who we are. */
import { Fault } from '#protocol/codes.ts';
import { defaultPlaces, type Places } from '#agent/places.ts';

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

export function requireRoot(): void {
  if (process.getuid?.() === 0) return;
  throw new Fault('agent.not-root', `started as user ${process.getuid?.() ?? 'unknown'}`);
}
