import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, type Target } from './runtime.ts';
import { plainEnvironment, run } from './run.ts';

/** What a single program is made of. */
export interface Ingredients {
  readonly target: Target;
  readonly blob: Buffer;
  /** Of the agent, for the version resource: "0.1.0+test-trust". */
  readonly version: string;
  /** A folder that is thrown away afterwards. */
  readonly work: string;
}

export const blobName = 'NODE_SEA_BLOB';
/** Stands once in every runtime, followed by `:0`; `:1` makes it look for a blob. */
export const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** Puts the blob into a program of Linux or macOS and turns the fuse. */
export function inject(runtime: Buffer, blob: Buffer, work: string, more: readonly string[] = []): Buffer {
  const [program, data] = [join(work, 'injected'), join(work, 'injected.blob')];
  writeFileSync(program, runtime, { mode: 0o755 });
  writeFileSync(data, blob);
  const injector = join(root, 'node_modules/postject/dist/cli.js');
  const args = [injector, program, blobName, data, '--sentinel-fuse', fuse, ...more];
  run(process.execPath, args, { env: plainEnvironment() });
  return readFileSync(program);
}
