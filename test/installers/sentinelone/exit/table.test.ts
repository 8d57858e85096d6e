import { describe, expect, it } from 'vitest';
import { codes } from '#protocol/codes.ts';
import type { ExitMeaning } from '#installers/vendor.ts';
import { exeRows } from '#installers/sentinelone/exit/exe-rows.ts';
import { classifyMacosExit } from '#installers/sentinelone/exit/macos.ts';
import { msiRows } from '#installers/sentinelone/exit/msi-rows.ts';
import { classifyWindowsExit } from '#installers/sentinelone/exit/windows.ts';
import { exceptions, exe, macos, msi, type DocumentedClass } from '#test/installers/sentinelone/exit/documented.ts';

const windows = (format: 'exe' | 'msi', code: number) =>
  classifyWindowsExit(format, { code, signal: null, output: '', reported: null });
const first = (meaning: ExitMeaning): string | undefined => meaning.ladder[0]?.kind;

/** Whether a meaning is of the documented class. */
const agrees: Readonly<Record<DocumentedClass, (meaning: ExitMeaning) => boolean>> = {
  OK: ({ outcome }) => outcome === 'done',
  'OK-R': ({ outcome }) => outcome === 'done-reboot',
  HAVE: ({ outcome }) => outcome === 'already-there',
  DEGR: ({ outcome, ladder }) => outcome === 'degraded' && ladder.length === 0,
  RETRY: (meaning) => meaning.outcome === 'fault' && ['again', 'fresh-download'].includes(first(meaning) ?? ''),
  REBOOT: (meaning) => meaning.outcome === 'fault' && first(meaning) === 'after-reboot',
  FIX: (meaning) => meaning.outcome === 'fault' && ['changed-arguments', 'again'].includes(first(meaning) ?? ''),
  STOP: (meaning) => meaning.outcome === 'fault' && first(meaning) === 'stop',
};

/** The three forms a class can have when something may be tried, for what is named in `exceptions`. */
const agreesExceptionally: Readonly<Record<string, (meaning: ExitMeaning) => boolean>> = {
  'exe 2010': (meaning) => agrees.STOP(meaning) && meaning.code === 'install.bad-arguments',
  'exe 2011': (meaning) => first(meaning) === 'fresh-download' && meaning.ladder.at(1)?.kind === 'stop',
};

const flat = (table: typeof exe) => table.flatMap(([all, kind]) => all.map((code) => ({ code, kind })));

describe.each([
  ['exe', flat(exe), exeRows],
  ['msi', flat(msi), msiRows],
] as const)('every documented exit code of %s', (format, documented, rows) => {
  it.each(documented)('$code is of class $kind', ({ code, kind }) => {
    const meaning = windows(format, code);
    const judge = agreesExceptionally[`${format} ${code}`] ?? agrees[kind];
    expect(judge(meaning), `${JSON.stringify(meaning)}`).toBe(true);
    expect(meaning.text).toContain(`(${code})`);
  });

  it('is documented once, and no row stands for a code that is not', () => {
    const known = documented.map(({ code }) => code);
    expect(new Set(known).size).toBe(known.length);
    const others = format === 'msi' ? [1605] : [];
    expect(new Set(Object.keys(rows).map(Number))).toEqual(new Set([...known, ...others]));
  });
});

it('every exception is one that is tested', () => {
  expect(Object.keys(agreesExceptionally)).toEqual(Object.keys(exceptions));
});

it('1605 speaks of a removal: it is never taken for an installation', () => {
  expect(windows('msi', 1605)).toMatchObject({ outcome: 'fault', code: 'install.failed' });
});

describe('every documented end of installer(8)', () => {
  it.each(macos)('%s is of class %s', (output, kind) => {
    const meaning = classifyMacosExit({ code: 1, signal: null, output });
    expect(agrees[kind](meaning), JSON.stringify(meaning)).toBe(true);
  });
});

describe('what the vendor counts as success', () => {
  it('is never a fault, and what owes a restart says so', () => {
    for (const code of [0, 12, 100, 101, 102, 103, 104, 1000]) expect(windows('exe', code).outcome).not.toBe('fault');
    for (const code of [100, 101, 102, 103, 104]) expect(windows('exe', code).outcome).toBe('done-reboot');
    for (const code of [0, 3010, 1641]) expect(windows('msi', code).outcome).not.toBe('fault');
    expect(windows('exe', 200)).toMatchObject({ outcome: 'fault', code: 'install.reboot-needed' });
  });

  it('2002 leaves the machine bare, and nothing else does', () => {
    const bare = Object.entries(exeRows).filter(([, { code }]) => code === 'install.left-bare');
    expect(bare.map(([code]) => Number(code))).toEqual([2002]);
  });

  it('2027 and 2028 are installed and disabled, and never a reason to install again', () => {
    for (const code of [2027, 2028])
      expect(windows('exe', code)).toMatchObject({ outcome: 'degraded', code: 'install.disabled', ladder: [] });
  });
});

describe('texts', () => {
  const meanings = [...Object.values(exeRows), ...Object.values(msiRows)];

  it('every fault ends its ladder with a stop, every code has its words', () => {
    for (const meaning of meanings) {
      expect(meaning.code === null).toBe(!['fault', 'degraded'].includes(meaning.outcome));
      if (meaning.code !== null) expect(codes[meaning.code].remedy.length).toBeGreaterThan(20);
      if (meaning.outcome === 'fault') expect(meaning.ladder.at(-1)).toEqual({ kind: 'stop' });
      expect(meaning.text.length).toBeGreaterThan(8);
      expect(meaning.text.length).toBeLessThanOrEqual(120);
    }
  });
});
