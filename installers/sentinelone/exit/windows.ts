/**
 * What an installer run on Windows meant. Codes are unsigned 32-bit numbers; whatever nobody has documented is
 * `install.unknown-exit`, never success.
 *
 * The vendor's EXE also writes its code into a file. Where the two differ: what it wrote after a restart is later than
 * anything its process could say, and counts; otherwise the worse of both counts, so that neither a wrapper that ends with
 * 0 nor an old file can make a failure look good. Whatever it says is evidence only: the product itself is looked at.
 */
import type { ExitMeaning, InstallerExit } from '#installers/vendor.ts';
import { exeRows } from '#installers/sentinelone/exit/exe-rows.ts';
import { fault, once, unknownExit } from '#installers/sentinelone/exit/meaning.ts';
import { msiRows } from '#installers/sentinelone/exit/msi-rows.ts';

export type WindowsFormat = 'exe' | 'msi';

const rows: Readonly<Record<WindowsFormat, Readonly<Record<number, ExitMeaning>>>> = { exe: exeRows, msi: msiRows };

export function classifyWindowsExit(format: WindowsFormat, exit: InstallerExit): ExitMeaning {
  const own = ownMeaning(format, exit);
  if (exit.reported === null) return own ?? fault('install.outcome-unknown', 'ended without a code', once);
  const { code, stage } = exit.reported;
  const reported = meaningOf(format, code);
  if (own === null) return said(reported, `by its own file, ${shown(code)}`);
  if (stage === 'after-reboot') return said(reported, `by its own file after the restart, ${shown(code)}`);
  if (exit.code === code) return own;
  const differing = `its process ended with ${exit.code === null ? 'a signal' : shown(exit.code)}, its file says ${shown(code)}`;
  return badness(reported) > badness(own) ? said(reported, differing) : said(own, differing);
}

/** null when the process left nothing to read. */
function ownMeaning(format: WindowsFormat, exit: InstallerExit): ExitMeaning | null {
  if (exit.signal !== null) return fault('install.crashed', `ended by signal ${exit.signal.slice(0, 20)}`, once);
  if (exit.code === null) return null;
  const meaning = meaningOf(format, exit.code);
  const action = format === 'msi' && meaning.outcome === 'fault' ? failedAction(exit.output) : null;
  return action === null ? meaning : said(meaning, `the action ${action} failed`);
}

function meaningOf(format: WindowsFormat, code: number): ExitMeaning {
  const unsigned = code >>> 0;
  const row = rows[format][unsigned];
  if (row !== undefined) return said(row, String(unsigned));
  return isCrash(unsigned)
    ? fault('install.crashed', `crashed or was ended from outside (${shown(unsigned)})`, once)
    : unknownExit(shown(unsigned));
}

/** NTSTATUS values of severity "error" (access violation and others), and the one by which Windows ends programs. */
function isCrash(unsigned: number): boolean {
  return (unsigned >= 0xc0000000 && unsigned <= 0xcfffffff) || unsigned === 0x40010004;
}

function shown(code: number): string {
  const unsigned = code >>> 0;
  return unsigned > 0xffff ? `0x${unsigned.toString(16).toUpperCase().padStart(8, '0')}` : String(unsigned);
}

/** In a verbose log, "Action ended 10:12:01: InstallFinalize. Return value 3." names what failed; the first is the cause. */
function failedAction(output: string): string | null {
  return /^Action ended [\d:.]{1,20}: (\w{1,60})\. Return value 3\.\s*$/m.exec(output)?.[1] ?? null;
}

function said(meaning: ExitMeaning, note: string): ExitMeaning {
  return { ...meaning, text: `${meaning.text} (${note})`.slice(0, 200) };
}

function badness({ outcome, code }: ExitMeaning): number {
  if (code === 'install.left-bare') return 5;
  if (outcome === 'fault') return code === 'install.unknown-exit' ? 3 : 4;
  if (outcome === 'degraded') return 2;
  return outcome === 'done-reboot' ? 1 : 0;
}
