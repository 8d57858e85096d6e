/** Where the lab keeps its cached roots and its running containers. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Roots that boot systemd. */
export type RootName = 'deb' | 'rpm' | 'arm64-deb' | 'arm64-rpm';

/** `GARRISON_LAB`, or `.lab` in this repository. */
const labFolder = process.env['GARRISON_LAB'] ?? join(import.meta.dirname, '../../../.lab');

/** The cached, never booted root; an error that says what to run when it is not there. */
export function cachedRoot(name: RootName | 'wine' | 'image'): string {
  const root = join(labFolder, 'roots', name);
  if (!existsSync(`${root}.stamp`)) throw new Error(`The lab's ${name} root is missing: run scripts/lab setup first`);
  return root;
}

export function containerFolder(name: string): string {
  return join(labFolder, 'containers', name);
}
