import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { makeBlob } from './blob.ts';
import type { Bundle, Flavour } from './bundle.ts';
import { testMarker } from './bundle.ts';
import { elfProgram } from './elf.ts';
import { machOProgram } from './mach-o.ts';
import { peProgram } from './pe.ts';
import { cache, runtimeOf, type Target } from './runtime.ts';
import { plainEnvironment } from './run.ts';
import { checkStructure } from './structure.ts';

/** The one system of which this build starts the result. */
const own: Target = 'linux-x64';

const makers = { elf: elfProgram, pe: peProgram, 'mach-o': machOProgram } as const;

/**
 * Puts a bundle and its runtime into one program. Replaces `output` only when the result is what it should be: its structure
 * always, and where this machine can start it, its answer to `--version`.
 */
export function makeExecutable(
  bundled: Pick<Bundle, 'code' | 'parts'>,
  target: Target,
  output: string,
  version: string,
): void {
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'build-'));
  try {
    const blob = makeBlob(bundled, target, work);
    const bytes = makers[runtimeOf(target).format]({ target, blob, version, work });
    checkStructure(bytes, target, blob);
    const program = join(work, 'program');
    writeFileSync(program, bytes, { mode: 0o755 });
    if (target === own) {
      verifyAnswers(program, version);
      if (Object.keys(bundled.parts).length > 0) verifyLoads(program);
    }
    mkdirSync(dirname(output), { recursive: true });
    renameSync(program, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** A failed injection leaves a plain Node behind, a rejected code cache says so on standard error: both are caught here. */
function verifyAnswers(program: string, version: string): void {
  const answer = spawnSync(program, ['--version'], { env: plainEnvironment(), encoding: 'utf8' });
  const expected = `garrison-agent ${version} `;
  if (answer.status !== 0 || !answer.stdout.startsWith(expected) || answer.stderr !== '') {
    throw new Error(
      `the binary answers --version with ${answer.status ?? answer.signal}: ${answer.stdout}${answer.stderr}`,
    );
  }
}

/** The rest of the program is there, starts, and has a code cache that this runtime takes. */
function verifyLoads(program: string): void {
  const answer = spawnSync(program, ['--help'], { env: plainEnvironment(), encoding: 'utf8' });
  if (answer.status === 0 && answer.stdout.includes('Usage: garrison-agent') && answer.stderr === '') return;
  throw new Error(`the binary answers --help with ${answer.status ?? answer.signal}: ${answer.stdout}${answer.stderr}`);
}

/** Throws when a release holds test trust, or a test build does not, in whatever way it got there. */
export function checkProgramTrust(program: string, trust: Flavour, usesTrust: boolean): void {
  const bytes = readFileSync(program);
  const marked = bytes.includes(testMarker) || bytes.includes(Buffer.from(testMarker, 'utf16le'));
  if (trust === 'release' && marked) throw new Error('test trust is in the bytes of a release build');
  if (trust === 'test' && usesTrust && !marked) throw new Error('the test build does not hold its trust');
}
