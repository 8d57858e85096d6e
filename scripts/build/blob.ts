import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobFor32Bit } from './blob-layout.ts';
import type { Bundle } from './bundle.ts';
import { pinnedNode, runtimeOf, type Target } from './runtime.ts';
import { plainEnvironment, run } from './run.ts';

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
function runtimeFlags(target: Target): readonly string[] {
  return [
    '--disable-sigusr1',
    `--openssl-config=${runtimeOf(target).opensslConfig}`,
    '--disable-warning=ExperimentalWarning',
  ];
}

/** Makes the blob in the folder `work`, for the runtime of a target, and gives its bytes. */
export function makeBlob({ code, parts }: Pick<Bundle, 'code' | 'parts'>, target: Target, work: string): Buffer {
  writeFileSync(join(work, 'main.cjs'), code);
  const maker = pinnedNode('linux-x64');
  const { codeCache, lengthBytes } = runtimeOf(target);
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
    execArgv: [...runtimeFlags(target), ...engineFlags],
    execArgvExtension: 'none',
    assets: Object.fromEntries(names.flatMap((name) => [name, `${name}.cache`].map((file) => [file, file]))),
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
  run(maker, [...engineFlags, '--experimental-sea-config', 'sea.json'], { cwd: work, env: plainEnvironment() });
  const blob = readFileSync(join(work, 'app.blob'));
  return lengthBytes === 4 ? blobFor32Bit(blob) : blob;
}

const cacheMaker = `
  const { Script } = require('node:vm'), { readFileSync, writeFileSync } = require('node:fs');
  for (const name of process.argv.slice(1)) {
    const script = new Script(readFileSync(name, 'latin1'), { filename: name });
    writeFileSync(name + '.cache', script.createCachedData());
  }`;
