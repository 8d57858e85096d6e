/** What the package's scripts do with the version they have brought. */
import type { ProgramVersions } from '#platform/program-versions.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';

export interface Activation {
  readonly version: string;
  /** The program that the package has laid down. */
  readonly program: string;
  readonly floor: string | null;
}

/**
 * Lays the version down and has it started from now on, unless a newer one has proved itself here already: a package that is
 * old, or repaired, does not bring old code back. Who installs a package decides, so an update on trial is over.
 */
export async function activate(
  versions: ProgramVersions,
  { version, program, floor }: Activation,
): Promise<'current' | 'kept'> {
  const current = await versions.current();
  const older = floor !== null && compareAgentVersions(version, floor) < 0;
  if (older && current !== null && compareAgentVersions(version, current) < 0) return 'kept';
  await versions.adopt(version, program);
  await versions.removeNote('trial');
  await versions.makeCurrent(version);
  for (const other of await versions.list())
    if (other !== version && other !== current) await versions.remove(other).catch(() => undefined);
  return 'current';
}
