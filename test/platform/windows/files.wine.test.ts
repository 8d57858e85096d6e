/** Files, locks and processes as Windows has them, under Wine; rights are recorded ones, and Wine makes no junctions either. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinnedNode } from '../../../scripts/build/runtime.ts';
import { startWindows, type Windows, type WindowsMachine } from '#test/worlds/wine/machine.ts';
import { onWine } from '#test/worlds/wine/on-wine.ts';

const root = join(import.meta.dirname, '../../..');
const work = mkdtempSync(join(tmpdir(), 'garrison-witness-'));
const program = join(work, 'witness.mjs');

beforeAll(async () => {
  await build({
    entryPoints: [join(import.meta.dirname, 'witness/main.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    external: ['osx-temperature-sensor'],
    plugins: [
      {
        name: 'recorded answers',
        setup(builder) {
          builder.onResolve({ filter: /answers\.release\.ts$/ }, () => ({
            path: join(root, 'platform/windows/answers.test.ts'),
          }));
        },
      },
    ],
  });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe.each(['x64', 'x86'] as const)('on %s Windows', (windows: Windows) => {
  let seen: Record<string, unknown> = {};

  beforeAll(async () => {
    const start = async (): Promise<{ machine: WindowsMachine; stop(): Promise<void> }> => {
      const machine = await startWindows(`files-${windows}`, windows);
      return { machine, stop: () => machine.stop() };
    };
    await onWine(start, async ({ machine }) => {
      machine.copyIn(pinnedNode(`windows-${windows}`), 'C:\\witness\\node.exe');
      machine.copyIn(program, 'C:\\witness\\witness.mjs');
      const rights = [{ path: '*', sddl: 'O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)' }];
      machine.write('C:\\garrison-answers\\rights.json', JSON.stringify(rights));
      const { code, stdout, stderr } = await machine.run(['C:\\witness\\node.exe', 'C:\\witness\\witness.mjs']);
      if (code !== 0) throw new Error(`the witness ended with ${code}: ${stderr}`);
      seen = JSON.parse(stdout) as Record<string, unknown>;
    });
  });

  it('a file that is held open for a moment is replaced and removed all the same', () => {
    expect(seen).toMatchObject({ replaced: 'new', appended: 'good|next', trusted: 'new' });
    expect(seen['listed']).toEqual(['Runtime', 'a', 'claim', 'lock', 'log']);
  });

  it('a claim is won once, the state has one owner', () => {
    expect(seen).toMatchObject({ winners: 1, locks: [true, true], bootNoted: true });
  });

  it('names are single components of Windows too', () => {
    expect(seen['names']).toEqual(Array.from({ length: 5 }, () => 'agent.defect'));
  });

  it('G7 logs are believed when new, single-linked and an administrator’s', () => {
    expect(seen['foreign']).toEqual(['0', 'log.untrusted', 'log.untrusted', null]);
  });

  it('a process is alive as long as its number is', () => {
    expect(seen).toMatchObject({ alive: [true, false], free: 'ok' });
  });
});
