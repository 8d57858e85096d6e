/** What the service host decides by itself, compiled for this machine: which version, how long a pause, when to fall back. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { compareAgentVersions } from '#protocol/release/version.ts';
import { hostDecisions, hostSources, hostWarnings } from '../../../../scripts/build/service-host.ts';

const work = mkdtempSync(join(tmpdir(), 'garrison-host-'));
const driver = join(work, 'driver');

beforeAll(() => {
  const sources = hostDecisions.map((name) => join(hostSources, name));
  const checks = ['-g', '-fsanitize=address,undefined', '-fno-sanitize-recover'];
  const args = [...hostWarnings, ...checks, '-I', hostSources, '-o', driver, join(import.meta.dirname, 'driver.c')];
  execFileSync('gcc', [...args, ...sources], { stdio: ['ignore', 'pipe', 'inherit'] });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function ask(questions: readonly (readonly (string | number)[])[]): readonly string[] {
  const input = questions.map((fields) => `${fields.join('\t')}\n`).join('');
  return execFileSync(driver, { input, encoding: 'utf8' }).trimEnd().split('\n');
}

describe('versions', () => {
  test.each([
    ['0.1.0', 'yes'],
    ['10.20.30-rc.1', 'yes'],
    ['0.1.0+test-trust', 'yes'],
    ['0.1.0-rc.1+test-trust', 'yes'],
    ['', 'no'],
    ['0.1', 'no'],
    ['0.1.0.0', 'no'],
    ['v0.1.0', 'no'],
    ['0.1.0-', 'no'],
    ['0.1.0-a.b.c.d.e', 'no'],
    ['0.1.0-RC', 'no'],
    ['0.1.0+other', 'no'],
    ['1234567.0.0', 'no'],
    ['..', 'no'],
    ['..\\..\\evil', 'no'],
    ['0.1.0\\..', 'no'],
    ['0.1.0 ', 'no'],
    [`0.1.0-${'a'.repeat(300)}`, 'no'],
  ])('%j is one: %s', (text, answer) => {
    expect(ask([['valid', text]])).toEqual([answer]);
  });

  it('are ordered as the agent orders them', () => {
    const number = fc.oneof(fc.constantFrom(0, 1, 2, 10), fc.nat(999_999));
    const word = fc.oneof(fc.constantFrom('rc', 'a', '1', '01', '10', 'rc1'), fc.stringMatching(/^[0-9a-z]{1,10}$/));
    const suffix = fc.array(word, { maxLength: 4 }).map((words) => (words.length === 0 ? '' : `-${words.join('.')}`));
    const version = fc
      .tuple(fc.tuple(number, number, number), suffix, fc.constantFrom('', '+test-trust'))
      .map(([numbers, pre, plus]) => numbers.join('.') + pre + plus);
    const pairs = fc.sample(fc.tuple(version, version), 2_000);
    const answers = ask(pairs.map(([a, b]) => ['compare', a, b]));
    const expected = pairs.map(([a, b]) => String(Math.sign(compareAgentVersions(a, b)) + 0));
    expect(answers).toEqual(expected);
  });
});

describe('which version is started', () => {
  test.each([
    ['the one that current names', '0.1.0', '', '', '0.1.0 0.2.0', '0.1.0'],
    ['with a line end of Windows', '0.1.0\r', '', '', '0.1.0 0.2.0', '0.1.0'],
    ['the highest without current', '', '', '', '0.9.0 0.10.0 0.2.0', '0.10.0'],
    ['the highest when current is no version', '..\\..\\evil', '', '', '0.1.0 0.2.0-rc.1', '0.2.0-rc.1'],
    ['the highest when current is not there', '0.3.0', '', '', '0.1.0 0.2.0', '0.2.0'],
    ['what a newer package brought', '0.1.0', '0.2.0', '', '0.1.0 0.2.0', '0.2.0'],
    ['what a newer package brought after another', '0.1.0', '0.2.0', '0.1.0', '0.1.0 0.2.0', '0.2.0'],
    ['current, gone back behind a package of before', '0.1.0', '0.2.0', '0.2.0\r', '0.1.0 0.2.0', '0.1.0'],
    ['never what an older package brought', '0.3.0', '0.2.0', '', '0.2.0 0.3.0', '0.3.0'],
    ['current when what the package brought is gone', '0.1.0', '0.2.0', '', '0.1.0', '0.1.0'],
    ['none when there is none', '0.1.0', '0.1.0', '', '', 'none'],
  ] as const)('%s', (...row) => {
    const [, current, packaged, seen, present, chosen] = row;
    expect(ask([['choose', current, packaged, seen, present]])).toEqual([chosen]);
  });
});

describe('G15: a switch on trial', () => {
  const line = '0.2.0 0.1.0 90';
  test.each([
    ['goes on while it lives', line, 0, 89_999, 'goes on'],
    ['goes on after two ends', line, 2, 5_000, 'goes on'],
    ['has crashed after three ends', line, 3, 5_000, '0.2.0 0.1.0 crashed 3221225477'],
    ['has said nothing for its time', line, 0, 90_000, '0.2.0 0.1.0 silent 3221225477'],
    ['is none with a time out of bounds', '0.2.0 0.1.0 3601', 9, 99_999_999, 'no'],
    ['is none with too short a time', '0.2.0 0.1.0 9', 9, 99_999_999, 'no'],
    ['is none of a version against itself', '0.2.0 0.2.0 90', 9, 99_999_999, 'no'],
    ['is none with anything behind', '0.2.0 0.1.0 90 x', 9, 99_999_999, 'no'],
    ['is none with a path for a version', '..\\x 0.1.0 90', 9, 99_999_999, 'no'],
    ['is none without a time', '0.2.0 0.1.0', 9, 99_999_999, 'no'],
  ] as const)('%s', (...row) => {
    const [, text, ends, elapsedMs, answer] = row;
    expect(ask([['trial', text, ends, elapsedMs, 0xc0000005]])).toEqual([answer]);
  });
});

it('is started anew after a second, after 2 to 300 when it fails at once', () => {
  const failures = (count: number, livedMs: number): string => ask([['failures', count, livedMs]])[0] ?? '';
  expect([failures(0, 100), failures(3, 59_999), failures(3, 60_000), failures(16, 0)]).toEqual(['1', '4', '0', '16']);
  const pauses = ask(Array.from({ length: 17 }, (_, count) => ['pause', count])).map(Number);
  expect(pauses.slice(0, 9)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000]);
  expect(pauses.slice(9)).toEqual(Array.from({ length: 8 }, () => 300_000));
});
