/** What comes from a registry runs nothing by itself: requirement G28 of the security review. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../../scripts/build/runtime.ts';

const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { hasInstallScript?: boolean; link?: boolean; integrity?: string; optional?: boolean }>;
};

describe('G28: packages', () => {
  test('are installed without their scripts, by set-up and by hand', () => {
    expect(read('.npmrc')).toMatch(/^ignore-scripts=true$/m);
    const installs = globSync(['scripts/**/*', '.github/**/*'], { cwd: root, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .flatMap((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').split('\n'))
      .filter((line) => /\bnpm (ci|install|i|rebuild)\b/.test(line) && !line.trim().startsWith('#'))
      .filter((line) => !line.includes('apt-get'));
    expect(installs.length).toBeGreaterThan(0);
    for (const line of installs) expect(line).toContain('--ignore-scripts');
  });

  test('that would run one are these two: both bring a program for this system, which needs no script', () => {
    const withScript = Object.entries(lock.packages).flatMap(([path, { hasInstallScript }]) =>
      hasInstallScript === true ? [path] : [],
    );
    // The first one's program lies in a package of its own; the second's is laid down by set-up, compared by hash.
    expect(withScript.toSorted()).toEqual(['node_modules/esbuild', 'node_modules/node']);
  });
});
