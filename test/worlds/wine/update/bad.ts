/** Versions of the agent for Windows that are bad in a way of one's choice. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../../scripts/build/run.ts';
import { cache } from '../../../../scripts/build/runtime.ts';
import type { WindowsTarget } from '../../../../scripts/build/service-host.ts';

const compilers = { 'windows-x64': 'x86_64-w64-mingw32-gcc', 'windows-x86': 'i686-w64-mingw32-gcc' } as const;

/** `exitCode`: of one that ends at once; null: it stays and reaches nobody. */
export function badAgent(target: WindowsTarget, version: string, exitCode: number | null): Buffer {
  const work = mkdtempSync(join(cache, 'bad-'));
  try {
    const program = join(work, 'agent.exe');
    const says = [
      `-DVERSION="${version}"`,
      `-DTARGET="${target}"`,
      ...(exitCode === null ? [] : [`-DCODE=${exitCode}`]),
    ];
    const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-Os', '-s'];
    run(compilers[target], [...flags, ...says, '-o', program, join(import.meta.dirname, 'bad.c')]);
    return readFileSync(program);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
