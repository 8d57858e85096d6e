/** A program for Linux. */
import { copyFileSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inject, type Ingredients } from './inject.ts';
import { cache, pinnedNode, runtimeOf, type Target } from './runtime.ts';
import { run } from './run.ts';

export function elfProgram({ target, blob, work }: Ingredients): Buffer {
  return inject(readFileSync(strippedNode(target)), blob, work);
}

/** Stripping must come before the injection: afterwards it breaks the program. */
function strippedNode(target: Target): string {
  const { strip } = runtimeOf(target);
  const source = pinnedNode(target);
  if (strip === null) return source;
  const work = mkdtempSync(join(cache, 'strip-'));
  const stripped = join(dirname(source), 'node-stripped');
  copyFileSync(source, join(work, 'node'));
  run(strip, [join(work, 'node')]);
  renameSync(join(work, 'node'), stripped);
  rmSync(work, { recursive: true });
  return stripped;
}
