import { describe, expect, test } from 'vitest';
import { check } from './check.ts';
import { factsOf } from './facts.ts';

const files = [
  'protocol/codes.ts',
  'protocol/limits.ts',
  'protocol/crypto.ts',
  'platform/platform.ts',
  'platform/exec.ts',
  'platform/linux/index.ts',
  'platform/windows/index.ts',
  'installers/index.ts',
  'agent/plan.ts',
  'agent/journal.ts',
  'console/api/devices.ts',
  'console/app.ts',
  'console/web/main.tsx',
  'test/worlds/host.ts',
];
const known = new Set([...files, 'installers/antivirus/catalogue.json']);

/** What the walls say about one file of a made-up house. */
function judge(path: string, source: string): readonly string[] {
  const facts = [factsOf(path, source), ...files.filter((file) => file !== path).map((file) => factsOf(file, ''))];
  return check(facts, known).map((one) => `${one.rule}: ${one.detail}`);
}

describe('allowed', () => {
  test.each([
    [
      'platform/linux/index.ts',
      `import { Fault } from '#protocol/codes.ts'; import { run } from '#platform/exec.ts'; import 'node:fs';`,
    ],
    ['platform/exec.ts', `import { execa } from 'execa'; import { spawn } from 'node:child_process';`],
    ['platform/current.ts', `export const here = process.platform;`],
    [
      'installers/x.ts',
      `import type { Platform } from '#platform/platform.ts'; import { z } from 'zod'; export const a = new Date(5);`,
    ],
    ['installers/x.ts', `import rows from '#installers/antivirus/catalogue.json' with { type: 'json' };`],
    [
      'agent/plan.ts',
      `import type { Journal } from '#agent/journal.ts'; export const at = (now: number): string => new Date(now).toISOString();`,
    ],
    [
      'console/web/main.tsx',
      `import { Table } from '@tanstack/react-table'; import { row } from '#console/api/devices.ts'; const a = <b>process.platform</b>;`,
    ],
    ['protocol/crypto.ts', `import { sign } from 'node:crypto'; export { sign };`],
    [
      'agent/a.ts',
      `const row = { process: 1, fetch: 2 }; export const b = row.process; // process.platform\nexport const c = 'process.platform';`,
    ],
  ])('%s %s', (path, source) => {
    expect(judge(path, source)).toEqual([]);
  });
});

describe('edges', () => {
  test.each([
    ['protocol/a.ts', `import { x } from '#platform/platform.ts';`, 'edge: protocol → platform/platform.ts'],
    ['protocol/a.ts', `import type { x } from '../platform/platform.ts';`, 'edge: protocol → platform/platform.ts'],
    ['platform/a.ts', `import { x } from '#protocol/limits.ts';`, 'edge: platform → protocol/limits.ts'],
    ['platform/a.ts', `export { x } from '#installers/index.ts';`, 'edge: platform → installers/index.ts'],
    ['installers/a.ts', `import { x } from '#platform/platform.ts';`, 'edge: installers → platform/platform.ts'],
    ['installers/a.ts', `let x: import('#agent/journal.ts').X;`, 'edge: installers → agent/journal.ts'],
    ['agent/a.ts', `const x = await import('#console/app.ts');`, 'edge: agent → console/app.ts'],
    ['agent/a.ts', `import '#test/worlds/host.ts';`, 'edge: agent → test/worlds/host.ts'],
    ['console/a.ts', `import '#agent/plan.ts';`, 'edge: console → agent/plan.ts'],
    ['console/a.ts', `import '#platform/platform.ts';`, 'edge: console → platform/platform.ts'],
    ['console/app.ts', `import '#console/web/main.tsx';`, 'edge: console → console/web/main.tsx'],
    ['console/web/a.ts', `import '#console/app.ts';`, 'edge: console/web → console/app.ts'],
    ['console/api/a.ts', `import '#console/app.ts';`, 'edge: console/api → console/app.ts'],
    [
      'platform/linux/a.ts',
      `import '#platform/windows/index.ts';`,
      'edge: platform/linux/a.ts → platform/windows/index.ts: they do not know each other',
    ],
    ['agent/a.ts', `import '#agent/gone.ts';`, 'missing: #agent/gone.ts'],
    ['agent/a.ts', `const x = await import(name);`, 'computed import: cannot be judged'],
    ['agent/a.ts', 'const x = await import(`#agent/${name}.ts`);', 'computed import: cannot be judged'],
    ['somewhere/a.ts', ``, 'folder: stands in no folder with walls'],
  ])('%s %s', (path, source, expected) => {
    expect(judge(path, source)).toContain(expected);
  });
});

describe('packages and modules', () => {
  test.each([
    ['platform/a.ts', `import axios from 'axios';`, 'package: axios'],
    ['protocol/a.ts', `import { z } from 'zod-to-openapi';`, 'package: zod-to-openapi'],
    ['agent/a.ts', `import { z } from '@mantine/core';`, 'package: @mantine/core'],
    ['agent/a.ts', `import fastify from 'fastify';`, 'package: fastify'],
    ['console/a.ts', `import { execa } from 'execa';`, 'package: execa'],
    ['platform/a.ts', `import { execa } from 'execa';`, 'place: execa: starting programs'],
    ['agent/a.ts', `import { spawn } from 'node:child_process';`, 'place: node:child_process: starting programs'],
    ['agent/a.ts', `import fs from 'fs';`, 'builtin: fs without node:'],
    ['agent/a.ts', `import { readFile } from 'node:fs/promises';`, 'place: node:fs/promises: files of the device'],
    ['installers/a.ts', `import { createHash } from 'node:crypto';`, 'builtin: crypto'],
    ['console/web/a.ts', `import { createHash } from 'node:crypto';`, 'builtin: crypto'],
    ['agent/a.ts', `const x = require('node:vm');`, 'place: node:vm: the inspector and other contexts'],
    ['agent/a.ts', `import { createRequire } from 'node:module';`, 'place: createRequire: loading code by other means'],
  ])('%s %s', (path, source, expected) => {
    expect(judge(path, source)).toContain(expected);
  });
});

describe('one place for one thing', () => {
  test.each([
    [`const a = process.platform;`, 'place: process.platform: asking which system this is'],
    [`const a = process['platform'];`, 'place: process.platform: asking which system this is'],
    [`const { platform } = process;`, 'place: process.platform: asking which system this is'],
    [`const a = globalThis.process.platform;`, 'place: globalThis.process: reaching globals by a side door'],
    [`const p = process;`, 'place: process: reaching process by a side door'],
    [`const a = process[key];`, 'place: process.?: reaching process by a side door'],
    [`import { platform } from 'node:process';`, 'place: node:process: asking which system this is'],
    [`import { platform } from 'node:os';`, 'place: node:os: asking the system about itself'],
    [`eval('1');`, 'place: eval: loading code by other means'],
  ])('%s', (source, expected) => {
    expect(judge('agent/a.ts', source)).toContain(expected);
  });
});

describe('purity', () => {
  test.each([
    [`const a = Date.now();`, 'purity: Date.now'],
    [`const a = new Date();`, 'purity: new Date()'],
    [`const now = Date;`, 'purity: Date'],
    [`const a = Math.random();`, 'purity: Math.random'],
    [`const { random } = Math;`, 'purity: Math.random'],
    [`setTimeout(() => {}, 5);`, 'purity: setTimeout'],
    [`const a = await fetch('http://x');`, 'purity: fetch'],
    [`const a = performance.now();`, 'purity: performance.now'],
    [`const a = crypto.randomUUID();`, 'purity: crypto.randomUUID'],
    [`const a = process.env;`, 'purity: process.env'],
    [`import { append } from '#agent/journal.ts';`, 'purity: uses agent/journal.ts'],
    [`import { readFileSync } from 'node:fs';`, 'purity: node:fs'],
    [`const a = await import('zod');`, 'purity: loads zod later'],
  ])('%s', (source, expected) => {
    expect(judge('agent/plan.ts', source)).toContain(expected);
  });
});

describe('shape', () => {
  test('default exports', () => {
    expect(judge('agent/a.ts', `export default 1;`)).toContain('default export: every export has a name');
    expect(judge('agent/a.ts', `const a = 1; export { a as default };`)).toContain(
      'default export: every export has a name',
    );
  });

  test('barrels', () => {
    expect(judge('agent/a.ts', `export * from '#protocol/codes.ts';`)).toContain(
      'barrel: exports everything of #protocol/codes.ts',
    );
  });

  test('long files and functions', () => {
    expect(judge('agent/a.ts', '\n'.repeat(300))).toEqual([]);
    expect(judge('agent/a.ts', '\n'.repeat(301))).toEqual(['size: 301 lines']);
    expect(judge('agent/a.ts', `function a() {\n${'f();\n'.repeat(59)}}`)).toEqual(['size: a function of 61 lines']);
    expect(judge('console/web/a.tsx', `export function A() {\n${'f();\n'.repeat(80)}}`)).toEqual([]);
  });

  test('names that say nothing', () => {
    expect(judge('agent/string-utils.ts', '')).toEqual(['name: says nothing']);
    expect(judge('agent/helpers/a.ts', '')).toEqual(['name: says nothing']);
    expect(judge('agent/utilisation.ts', '')).toEqual([]);
  });

  test('what the page reaches runs in a browser', () => {
    const page = factsOf('console/web/main.tsx', `import { read } from '#protocol/codes.ts';`);
    const codes = factsOf('protocol/codes.ts', `import { sign } from '#protocol/crypto.ts'; export const read = sign;`);
    const crypto = factsOf(
      'protocol/crypto.ts',
      `import { sign } from 'node:crypto'; export { sign }; Buffer.from('x');`,
    );
    const found = check([page, codes, crypto], known).map((one) => `${one.path}: ${one.rule}: ${one.detail}`);
    expect(found).toEqual(['protocol/crypto.ts: browser: node:crypto', 'protocol/crypto.ts: browser: Buffer.from']);
  });
});

test('an empty tree and an unreadable file are failures', () => {
  expect(() => check([], new Set())).toThrow('no files were seen');
  expect(() => factsOf('agent/a.ts', 'const = ;')).toThrow('cannot be parsed');
});
