import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PrivateDirectory } from '#platform/files/directory.ts';
import { WindowsAnchor } from '#platform/windows/anchor.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'anchor-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true });
});

/** What is flushed, in order; `sync` belongs to every open file. */
async function flushes() {
  writeFileSync(join(root, 'any'), '');
  const handle = await open(join(root, 'any'));
  const sync = vi.spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync');
  await handle.close();
  return sync;
}

/** Names with a backslash are as good as any other here. */
class FlatAnchor extends WindowsAnchor {
  override at(name: string): string {
    return join(this.path, name);
  }
}

describe('a name in a directory of ours on Windows', () => {
  it('is durable when the call returns: flushed once more after it was given', async () => {
    const directory = await PrivateDirectory.over(new FlatAnchor(root));
    const sync = await flushes();
    expect(await directory.create('claim', Buffer.from('x'))).toBe(true);
    expect(sync).toHaveBeenCalledTimes(2);
    await directory.replace('exited.json', Buffer.from('y'));
    expect(sync).toHaveBeenCalledTimes(4);
  });

  it('that is gone again is no error', async () => {
    await expect(new FlatAnchor(root).sync('gone')).resolves.toBeUndefined();
  });
});
