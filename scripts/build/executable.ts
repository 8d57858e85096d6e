import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import type { Bundle, Flavour } from './bundle.ts';
import { testMarker } from './bundle.ts';
import { cache, pinnedNode, root, runtimeOf, type Target } from './runtime.ts';
import { plainEnvironment, run } from './run.ts';

const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Flags of V8 itself, for a daemon that mostly waits: small young generation, compact code, no optimising compilers (their
 * code alone is 6 MB resident), one helper thread. Measured together: 9 MB less at rest, nothing lost where time is spent
 * (hashing and the network are native). The code cache holds only for the same flags, so the blob's maker gets them too.
 */
export const engineFlags: readonly string[] = [
  '--max-semi-space-size=1',
  '--optimize-for-size',
  '--max-opt=1',
  '--v8-pool-size=1',
];

/**
 * Baked into the binary: no debugger on SIGUSR1, no OpenSSL configuration and providers from elsewhere, no notes about
 * experimental features among an administrator's output. Nothing on a command line or in NODE_OPTIONS adds to them.
 */
const runtimeFlags: readonly string[] = [
  '--disable-sigusr1',
  '--openssl-config=/dev/null',
  '--disable-warning=ExperimentalWarning',
];

/** Puts a bundle and its runtime into one program. Replaces `output` only when the result answers `--version` as expected. */
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
    const program = join(work, 'program');
    copyFileSync(strippedNode(target), program);
    chmodSync(program, 0o755);
    inject(program, blob);
    verifyAnswers(program, version);
    if (Object.keys(bundled.parts).length > 0) verifyLoads(program);
    mkdirSync(dirname(output), { recursive: true });
    renameSync(program, output);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function makeBlob({ code, parts }: Pick<Bundle, 'code' | 'parts'>, target: Target, work: string): string {
  writeFileSync(join(work, 'main.cjs'), code);
  const maker = pinnedNode('linux-x64');
  const { codeCache } = runtimeOf(target);
  for (const [name, text] of Object.entries(parts)) {
    writeFileSync(join(work, name), text);
    writeFileSync(join(work, `${name}.cache`), '');
  }
  const names = Object.keys(parts);
  if (codeCache && names.length > 0)
    run(maker, [...engineFlags, '-e', cacheMaker, ...names], { cwd: work, env: plainEnvironment() });
  const config = {
    main: 'main.cjs',
    output: 'app.blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: codeCache,
    execArgv: [...runtimeFlags, ...engineFlags],
    execArgvExtension: 'none',
    assets: Object.fromEntries(names.flatMap((name) => [name, `${name}.cache`].map((file) => [file, file]))),
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  run(maker, [...engineFlags, '--experimental-sea-config', 'sea.json'], { cwd: work, env: plainEnvironment() });
  return join(work, 'app.blob');
}

const cacheMaker = `
  const { Script } = require('node:vm'), { readFileSync, writeFileSync } = require('node:fs');
  for (const name of process.argv.slice(1)) {
    const script = new Script(readFileSync(name, 'latin1'), { filename: name });
    writeFileSync(name + '.cache', script.createCachedData());
  }`;

/** Stripping must come before the injection: afterwards it breaks the program. */
function strippedNode(target: Target): string {
  const source = pinnedNode(target);
  const work = mkdtempSync(join(cache, 'strip-'));
  const stripped = join(dirname(source), 'node-stripped');
  copyFileSync(source, join(work, 'node'));
  run(runtimeOf(target).strip, [join(work, 'node')]);
  renameSync(join(work, 'node'), stripped);
  rmSync(work, { recursive: true });
  return stripped;
}

function inject(program: string, blob: string): void {
  run(
    process.execPath,
    [join(root, 'node_modules/postject/dist/cli.js'), program, 'NODE_SEA_BLOB', blob, '--sentinel-fuse', fuse],
    {
      env: plainEnvironment(),
    },
  );
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
