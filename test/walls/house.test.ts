import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { folders } from './rules.ts';
import { listFiles, readSources, root, unreadable } from './tree.ts';

const paths = listFiles();
const sources = readSources(paths);
const violations = check(sources, new Set(paths));

describe('the house', () => {
  test('is seen at all, in every folder with walls that has been built', () => {
    for (const folder of folders) {
      const seen = sources.filter((file) => folder.files.test(file.path)).length;
      expect({ folder: folder.name, seen: seen > 0 }).toEqual({ folder: folder.name, seen: true });
    }
    expect(sources.length).toBeGreaterThan(50);
  });

  test('has no file that these tests cannot read', () => {
    const hidden = paths.filter((path) => unreadable.test(path) && !/^(test|scripts)\//.test(path));
    expect(hidden).toEqual([]);
  });

  test('keeps its walls', () => {
    expect(violations.map((one) => `${one.path}: ${one.rule}: ${one.detail}`)).toEqual([]);
  });

  test('is linted with the rules these tests leave to the linter', () => {
    const config = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as { rules: Record<string, unknown> };
    const wanted = [
      'no-console',
      'import/no-cycle',
      'typescript/no-floating-promises',
      'typescript/switch-exhaustiveness-check',
    ];
    expect(wanted.filter((rule) => config.rules[rule] === undefined)).toEqual([]);
  });
});
