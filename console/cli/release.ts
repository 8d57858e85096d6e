/** `release`: versions of the agent that this console hands out. */
import { say } from '#console/cli/output.ts';
import { paths, type ConsoleConfig } from '#console/config.ts';
import { importRelease } from '#console/releases/import-release.ts';
import { releaseKeys } from '#console/releases/keys.ts';
import { createReleases } from '#console/releases/releases.ts';

export async function addRelease(config: ConsoleConfig, directory: string): Promise<void> {
  const keys = releaseKeys(config);
  const release = await importRelease({ from: directory, to: paths.releases(config), keys, nowMs: Date.now() });
  const files = release.artifacts.length;
  say(`Imported Garrison agent ${release.version}: ${files} files, to be used until ${release.expiresAt}.`);
  if (release.test) say('This is a TEST release: its agents believe stand-ins. Never give it to real devices.');
}

export async function listReleases(config: ConsoleConfig): Promise<void> {
  const releases = createReleases({ directory: paths.releases(config), keys: releaseKeys(config), clock: Date });
  const held = await releases.list();
  if (held.length === 0) say('No release has been imported. garrison-console release add DIRECTORY');
  for (const { release } of held) {
    const kinds = release.artifacts.map(({ target, kind }) => `${target} ${kind}`).join(', ');
    say(`${release.version}  until ${release.expiresAt}  ${kinds}${release.test ? '  TEST' : ''}`);
  }
}
