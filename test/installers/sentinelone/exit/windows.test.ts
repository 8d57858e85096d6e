import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFaultCode } from '#protocol/codes.ts';
import type { ReportedExit } from '#installers/vendor.ts';
import { exeRows } from '#installers/sentinelone/exit/exe-rows.ts';
import { classifyMacosExit } from '#installers/sentinelone/exit/macos.ts';
import { msiRows } from '#installers/sentinelone/exit/msi-rows.ts';
import { classifyWindowsExit } from '#installers/sentinelone/exit/windows.ts';

const run = (code: number): ReportedExit => ({ code, stage: 'run' });
const after = (code: number): ReportedExit => ({ code, stage: 'after-reboot' });
const exe = (code: number | null, reported: ReportedExit | null = null, signal: string | null = null) =>
  classifyWindowsExit('exe', { code, signal, output: '', reported });

describe('codes nobody has documented', () => {
  it.each([1, 3, 105, 201_000, 2033, 1603, 3010, 999_950, 2501, 0x80070643])('%i of the EXE is unknown', (code) => {
    expect(exe(code)).toMatchObject({ outcome: 'fault', code: 'install.unknown-exit' });
  });

  it.each([0xc0000005, 0xc0000409, 0xc000013a, 0x40010004, -1_073_741_819])('%i is a crash', (code) => {
    const meaning = exe(code);
    expect(meaning).toMatchObject({ outcome: 'fault', code: 'install.crashed' });
    expect(meaning.text).toMatch(/0x[0-9A-F]{8}/);
  });
});

describe('the file with the exit code', () => {
  it('tells when nobody saw the end', () => {
    expect(exe(null, run(1003))).toMatchObject({ code: 'install.busy' });
    expect(exe(null)).toMatchObject({ code: 'install.outcome-unknown' });
  });

  it('counts when it was written after the restart, whatever was said before', () => {
    expect(exe(101, after(0)).outcome).toBe('done');
    expect(exe(0, after(2002)).code).toBe('install.left-bare');
  });

  it('otherwise the worse of both counts, and both are told', () => {
    expect(exe(0, run(2002))).toMatchObject({ code: 'install.left-bare' });
    expect(exe(2002, run(0))).toMatchObject({ code: 'install.left-bare' });
    expect(exe(0, run(104)).outcome).toBe('done-reboot');
    expect(exe(1, run(1005)).code).toBe('install.old-agent-locked');
    expect(exe(77, run(0)).code).toBe('install.unknown-exit');
    expect(exe(2002, run(0)).text).toMatch(/2002.*process ended with 2002, its file says 0/);
  });

  it('says nothing new when it agrees', () => {
    expect(exe(2002, run(2002))).toEqual(exe(2002));
  });
});

describe('a verbose log of msiexec', () => {
  const log = [
    'Action ended 10:11:58: LaunchConditions. Return value 1.',
    'Action ended 10:12:01: InstallDriver. Return value 3.',
    'Action ended 10:12:02: INSTALL. Return value 3.',
  ].join('\r\n');

  it('names the action that failed', () => {
    const meaning = classifyWindowsExit('msi', { code: 1603, signal: null, output: log, reported: null });
    expect(meaning.text).toContain('the action InstallDriver failed');
  });

  it('is not asked when it went well', () => {
    const meaning = classifyWindowsExit('msi', { code: 3010, signal: null, output: log, reported: null });
    expect(meaning.text).not.toContain('InstallDriver');
  });
});

describe('installer(8)', () => {
  const end = (code: number | null, output = '', signal: string | null = null) =>
    classifyMacosExit({ code, signal, output });

  it('knows 0, 1 and nothing else', () => {
    expect(end(0).outcome).toBe('done');
    expect(end(1).code).toBe('install.failed');
    expect(end(37).code).toBe('install.unknown-exit');
    expect(end(null).code).toBe('install.outcome-unknown');
    expect(end(null, '', 'SIGKILL').code).toBe('install.crashed');
  });

  it('reads the number in any language', () => {
    const german =
      'Install Failed: Error Domain=PKInstallErrorDomain Code=112 "Beim Ausführen von Skripten ist ein Fehler aufgetreten."';
    expect(end(1, german)).toMatchObject({ code: 'install.scriptlet-failed', text: expect.stringContaining('112') });
  });

  it('tells a script that took too long from one that failed', () => {
    const log =
      'PackageKit: Terminating PKInstallTask(pid=1). Task has exceeded its 600 seconds of runtime.\nPKInstallErrorDomain Code=112';
    expect(end(1, log).text).toMatch(/longer than macOS allows/);
  });

  it('believes the last of several', () => {
    expect(end(1, 'PKInstallErrorDomain Code=112\nPKInstallErrorDomain Code=120').text).toContain('120');
  });

  it('a number nobody has seen is not guessed', () => {
    expect(end(1, 'PKInstallErrorDomain Code=9999').code).toBe('install.failed');
  });

  it('0 is done whatever an old log says', () => {
    expect(end(0, 'PKInstallErrorDomain Code=112').outcome).toBe('done');
  });
});

describe('any end at all', () => {
  it('has exactly one meaning, and only documented codes are success', () => {
    const code = fc.option(
      fc.oneof(fc.integer({ min: -2_147_483_648, max: 4_294_967_295 }), fc.integer({ min: 0, max: 2100 })),
    );
    const stage = fc.constantFrom('run' as const, 'after-reboot' as const);
    const end = fc.record({
      code,
      signal: fc.option(fc.constantFrom('SIGKILL', 'SIGTERM')),
      output: fc.string(),
      reported: fc.option(fc.record({ code: fc.integer({ min: 0, max: 4000 }), stage })),
    });
    fc.assert(
      fc.property(fc.constantFrom('exe' as const, 'msi' as const), end, (format, exit) => {
        const meaning = classifyWindowsExit(format, exit);
        const bad = meaning.outcome === 'fault' || meaning.outcome === 'degraded';
        expect(meaning.code !== null && isFaultCode(meaning.code)).toBe(bad);
        expect(meaning.text.length).toBeLessThanOrEqual(200);
        if (bad) return;
        const rows = format === 'exe' ? exeRows : msiRows;
        const spoke = [exit.code, exit.reported?.code ?? null].map((each) => (each === null ? null : rows[each >>> 0]));
        expect(spoke.some((row) => row != null && row.outcome !== 'fault')).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
