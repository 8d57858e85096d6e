import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { factsOf, type SourceFacts } from './facts.ts';

export const root = join(import.meta.dirname, '..', '..');

const outside = new Set(['node_modules', 'dist', 'coverage', 'fixtures']);

/** Every file of the house by its path from the root, with forward slashes; nothing installed, built or cached. */
export function listFiles(directory: string = root): readonly string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    if (outside.has(entry.name) || entry.name.startsWith('.')) return [];
    const path = join(directory, entry.name);
    if (entry.isDirectory()) return listFiles(path);
    return [relative(root, path).split(sep).join('/')];
  });
}

/** Source that would be run and not be seen by these tests. */
export const unreadable = /\.(js|cjs|mjs|cts|mts|jsx)$/;

export function readSources(paths: readonly string[]): readonly SourceFacts[] {
  return paths
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => factsOf(path, readFileSync(join(root, path), 'utf8')));
}
