/** MSIs of the service host with a stand-in for the agent: small, quick, and told what to do by a file beside it. */
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../../scripts/build/run.ts';
import { cache } from '../../../../scripts/build/runtime.ts';
import { buildServiceHost, compileServiceHost } from '../../../../scripts/build/service-host.ts';
import { buildMsi } from '../../../../scripts/package/msi.ts';
import type { Windows } from '#test/worlds/wine/machine.ts';

const compilers = { x64: 'x86_64-w64-mingw32-gcc', x86: 'i686-w64-mingw32-gcc' } as const;

/** The stand-in as a program. */
export function standInAgent(windows: Windows): string {
  const folder = join(cache, 'wine');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, `stand-in-agent-${windows}.exe`);
  const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-Os', '-s', '-Wl,--no-insert-timestamp'];
  run(compilers[windows], [...flags, '-o', program, join(import.meta.dirname, 'agent.c')]);
  return program;
}

/** One of a version; its file. `patienceMs`: how long its host waits for a sign of life, null: as long as the shipped one. */
// oxlint-disable-next-line max-params -- what it is made of
export function standInPackage(
  windows: Windows,
  version: string,
  agent: string,
  patienceMs: number | null = null,
): string {
  const target = `windows-${windows}` as const;
  const output = join(cache, 'wine', `stand-in-${version}-${windows}-${patienceMs ?? 'shipped'}.msi`);
  const work = mkdtempSync(join(cache, 'msi-'));
  try {
    const notices = 'of the stand-in\n';
    const host = patienceMs === null ? buildServiceHost(target) : join(work, 'impatient.exe');
    if (patienceMs !== null) writeFileSync(host, compileServiceHost(target, [`-DPATIENCE_MS=${patienceMs}`]));
    buildMsi({ target, version, agent, host, notices, epochSeconds: 1_767_225_600 }, work);
    renameSync(join(work, 'agent.msi'), output);
    return output;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
