import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Directory, Files } from '#platform/files.ts';
import { Boot, firstProcess } from '#platform/windows/boot.ts';
import { fakeStarter, framed } from '#test/platform/windows/starter.ts';

const began = '2026-01-01T00:00:03Z';
/** Far from what the clock of this machine says. */
const other = 'boot-1000';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'boot-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** The runtime directory with such a note; a backslash is as good a letter as any here. */
function noted(text: string): string {
  writeFileSync(join(root, 'run\\boot'), text);
  return join(root, 'run');
}

describe('the name of a boot', () => {
  it('stays when the clock was set: the first process is the same', async () => {
    expect(await new Boot(noted(`${other} ${began}`), async () => began).id()).toBe(other);
  });

  it.each([
    ['the first process is another one', `${other} ${began}`, '2026-01-02T00:00:03Z'],
    ['nobody can be asked', `${other} ${began}`, null],
    ['nothing was noted of it', other, began],
  ])('is a new one when %s', async (_, note, now) => {
    expect(await new Boot(noted(note), async () => now).id()).not.toBe(other);
  });

  it('is noted with its first process, once', async () => {
    const written: string[] = [];
    const directory = {
      replace: async (_: string, bytes: Uint8Array) => void written.push(Buffer.from(bytes).toString()),
    };
    const files = { openPrivateDirectory: async () => directory as unknown as Directory } as unknown as Files;
    const boot = new Boot(join(root, 'run'), async () => began);
    await boot.note(files);
    const id = await boot.id();
    await vi.waitFor(() => expect(written).toEqual([id, `${id} ${began}`]));
    noted(written[1] ?? '');
    await boot.note(files);
    expect(written).toHaveLength(2);
    expect(await new Boot(join(root, 'run'), () => expect.unreachable()).id()).toBe(id);
  });

  it('rests on a time and nothing else', async () => {
    const said = (value: unknown) => firstProcess(fakeStarter(() => ({ stdout: framed({ 'first-process': value }) })));
    expect(await said([began])).toBe(began);
    expect(await said(began)).toBe(began);
    for (const value of [[], 'soon', 5, { a: 1 }]) expect(await said(value)).toBeNull();
  });
});
