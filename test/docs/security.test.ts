/** The security page promises nothing without a test of that name. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/security.md', 'utf8');
/** First column of the table of what is defended. */
const promised = [...page.matchAll(/^\| ((?:[FG]\d+(?:, )?)+) \|/gm)].flatMap(([, ids = '']) => ids.split(', '));
const titles = globSync('test/**/*.{test,contract}.ts')
  .filter((path) => !path.endsWith('docs/security.test.ts'))
  .flatMap((path) => readFileSync(path, 'utf8').match(/\b(?:describe|it|test)[^\n]*/g) ?? [])
  .join('\n');

describe('the security page', () => {
  it('is seen by this test', () => {
    expect(promised.length).toBeGreaterThan(30);
    expect(new Set(promised).size).toBe(promised.length);
  });

  it.each(promised)('%s is the name of a test', (id) => {
    expect(titles).toMatch(new RegExp(`\\b${id}\\b`));
  });

  it.each([...page.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, path = '']) => path))('%s is there', (path) => {
    expect(globSync(path, { cwd: 'docs' })).toHaveLength(1);
  });

  it('G30: says who can read the site token while the Windows installer runs, event 4688 included', () => {
    for (const path of ['docs/security.md', 'docs/guide.md']) {
      const told = readFileSync(path, 'utf8').replaceAll(/\s+/g, ' ');
      expect(told, path).toMatch(/site token[^|]{0,200}event 4688|event 4688[^|]{0,200}[Ss]ite token/);
    }
  });
});
