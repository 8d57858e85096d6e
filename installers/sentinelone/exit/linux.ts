/**
 * What an installer run on Linux meant. Package managers have few exit codes, so their output is read too, in the C
 * locale: first the scripts of the vendor's package, then the manager's own words, then the bare code. Whatever nobody
 * has documented is `install.unknown-exit`, never success.
 */
import type { ExitMeaning, InstallerExit } from '#installers/vendor.ts';
import { codeRows, debRows, rpmRows, scriptRows, type OutputRow } from '#installers/sentinelone/exit/linux-rows.ts';
import { degraded, done, fault, once, stop, unknownExit } from '#installers/sentinelone/exit/meaning.ts';
import { scriptFailures, type ScriptFailure } from '#installers/sentinelone/exit/linux-scripts.ts';

export type LinuxFormat = 'deb' | 'rpm';

const outputRows: Readonly<Record<LinuxFormat, readonly OutputRow[]>> = { deb: debRows, rpm: rpmRows };

/** Of the output only the end is read: managers say last why they gave up. */
const outputCharactersMax = 64 * 1024;

export function classifyLinuxExit(format: LinuxFormat, exit: Omit<InstallerExit, 'reported'>): ExitMeaning {
  const output = exit.output.slice(-outputCharactersMax);
  if (exit.signal !== null) return fault('install.crashed', `ended by signal ${exit.signal.slice(0, 20)}`, once);
  if (exit.code === null) return fault('install.outcome-unknown', 'ended without a code', once);
  const failures = scriptFailures(output);
  const own = failures.find((failure) => failure.own);
  if (exit.code === 0) return own === undefined ? endedWell(format, output) : scriptMeaning(own, true);
  if (own !== undefined) return scriptMeaning(own, false);
  const [foreign] = failures;
  if (foreign !== undefined) {
    const text = `a script of ${foreign.packageName ?? 'another package'} failed, not of the agent`;
    return fault('install.package-manager-broken', text, [stop]);
  }
  const row = outputRows[format].find((candidate) => !candidate.onSuccess && candidate.pattern.test(output));
  return row?.meaning ?? codeRows[format][exit.code] ?? unknownExit(String(exit.code));
}

/** Code 0 with "nothing to do" is another answer than code 0 with an installation; both are verified by facts. */
function endedWell(format: LinuxFormat, output: string): ExitMeaning {
  const row = outputRows[format].find((candidate) => candidate.onSuccess && candidate.pattern.test(output));
  return row?.meaning ?? done('the package manager succeeded');
}

/**
 * rpm ends with 0 although %post failed, since the files are in place; dpkg does not. Then the package is there and a
 * part of its set-up is not: degraded, and the verification tells how much is missing.
 */
function scriptMeaning(failure: ScriptFailure, installed: boolean): ExitMeaning {
  if (failure.signal !== null) {
    const text = `a script of the package was ended by signal ${failure.signal}`;
    return installed ? degraded('install.crashed', text) : fault('install.crashed', text, once);
  }
  const row = scriptRows.find((candidate) => candidate.status === failure.status);
  const meaning = row?.meaning ?? {
    code: 'install.scriptlet-failed' as const,
    text: 'a script of the package failed',
    ladder: once,
  };
  const text = failure.status === null ? meaning.text : `${meaning.text} (exit status ${failure.status})`;
  return installed ? degraded(meaning.code, text) : fault(meaning.code, text, meaning.ladder);
}
