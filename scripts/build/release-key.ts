/** The offline release key of whoever makes releases: a file for its owner alone, never on a build server. */
import { lstatSync, readFileSync } from 'node:fs';
import type { KeyPair } from '#protocol/crypto.ts';

export const releaseKeyVariable = 'GARRISON_RELEASE_KEY_FILE';

/** Two lines: public and private half, base64url. */
export function writeReleaseKey({ publicKey, privateKey }: KeyPair): string {
  return `garrison-release-public ${publicKey}\ngarrison-release-private ${privateKey}\n`;
}

/**
 * The key to sign with, null when none is named. Throws in continuous integration, for a file that others can read, and for a
 * key that the agents of this build do not believe: what it signs would be worth nothing.
 */
export function readReleaseKey(
  environment: Readonly<Record<string, string | undefined>>,
  believed: readonly string[],
): KeyPair | null {
  const path = environment[releaseKeyVariable];
  if (path === undefined || path === '') return null;
  if (environment['CI'] !== undefined && environment['CI'] !== '' && environment['CI'] !== 'false')
    throw new Error(`${releaseKeyVariable} is set in continuous integration: the release key never goes there`);
  const stat = lstatSync(path);
  if (!stat.isFile() || (stat.mode & 0o077) !== 0) throw new Error(`${path} is not a file for its owner alone (0600)`);
  const match = /^garrison-release-public ([\w-]{43})\ngarrison-release-private ([\w-]{43})\n$/.exec(
    readFileSync(path, 'utf8'),
  );
  const [, publicKey, privateKey] = match ?? [];
  if (publicKey === undefined || privateKey === undefined) throw new Error(`${path} holds no release key`);
  if (!believed.includes(publicKey))
    throw new Error(`${path} is no key that this build believes (protocol/release/trust.release.ts)`);
  return { publicKey, privateKey };
}
