/**
 * What a run of installer(8) meant. It knows 0 and not 0 (nearly always 1); the cause stands in what it prints and in
 * /var/log/install.log since the run began. 0 is evidence only: without a token the package installs all the same.
 */
import type { ExitMeaning, InstallerExit } from '#installers/vendor.ts';
import { domainRows, phraseRows } from '#installers/sentinelone/exit/macos-rows.ts';
import { done, fault, few, once, unknownExit } from '#installers/sentinelone/exit/meaning.ts';

const outputCharactersMax = 128 * 1024;

export function classifyMacosExit(exit: Omit<InstallerExit, 'reported'>): ExitMeaning {
  if (exit.signal !== null) return fault('install.crashed', `ended by signal ${exit.signal.slice(0, 20)}`, once);
  if (exit.code === null) return fault('install.outcome-unknown', 'ended without a code', once);
  if (exit.code === 0) return done('installer succeeded');
  const output = exit.output.slice(-outputCharactersMax);
  return byDomain(output) ?? byPhrase(output) ?? bare(exit.code);
}

/** The last number logged is the end of the story; several runs may stand in the same log. */
function byDomain(output: string): ExitMeaning | null {
  const number = [...output.matchAll(/PKInstallErrorDomain Code=(\d{1,6})\b/g)].at(-1)?.[1];
  if (number === undefined) return null;
  const row = domainRows[Number(number)];
  if (row === undefined) return null;
  const phrase = number === '112' ? phraseRows[0] : undefined;
  const meaning = phrase?.pattern.test(output) === true ? phrase.meaning : row;
  return { ...meaning, text: `${meaning.text} (PKInstallErrorDomain ${number})` };
}

function byPhrase(output: string): ExitMeaning | null {
  return phraseRows.find(({ pattern }) => pattern.test(output))?.meaning ?? null;
}

function bare(code: number): ExitMeaning {
  return code === 1
    ? fault('install.failed', 'installer failed without a known reason (1)', few)
    : unknownExit(String(code));
}
