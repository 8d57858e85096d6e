/** What every command needs: where things are, and who we are. */
import { Fault } from '#protocol/codes.ts';
import { whyNotPrivileged } from '#platform/current.ts';
import { defaultPlaces, type Places } from '#agent/places.ts';

export interface GlobalOptions {
  readonly stateDirectory?: string;
  readonly runtimeDirectory?: string;
  readonly config?: string;
}

export function placesOf(options: GlobalOptions): Places {
  const places = defaultPlaces();
  return {
    stateDirectory: options.stateDirectory ?? places.stateDirectory,
    runtimeDirectory: options.runtimeDirectory ?? places.runtimeDirectory,
    configFile: options.config ?? places.configFile,
  };
}

/** Root, on Windows an elevated administrator or the system itself. */
export function requireRoot(): void {
  const reason = whyNotPrivileged();
  if (reason !== null) throw new Fault('agent.not-root', reason);
}
