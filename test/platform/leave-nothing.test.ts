import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { leavingNothing } from '#platform/files/leave-nothing.ts';

const root = mkdtempSync(join(tmpdir(), 'garrison-nothing-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const make = (path: string): Promise<string> => Promise.resolve(mkdirSync(path, { recursive: true }) ?? '');

it('removes the folders that a look made, whether it worked or not', async () => {
  const directory = join(root, 'run', 'garrison', 'scratch');
  mkdirSync(join(root, 'run'));
  await leavingNothing(directory, () => make(directory));
  expect(existsSync(join(root, 'run', 'garrison'))).toBe(false);
  const failing = leavingNothing(directory, () => make(directory).then(() => Promise.reject(new Error('no answer'))));
  await expect(failing).rejects.toThrow('no answer');
  expect(existsSync(join(root, 'run', 'garrison'))).toBe(false);
  expect(existsSync(join(root, 'run'))).toBe(true);
});

it('leaves what was there, and what holds something by now', async () => {
  const kept = join(root, 'kept', 'scratch');
  mkdirSync(kept, { recursive: true });
  await leavingNothing(kept, () => Promise.resolve());
  expect(existsSync(kept)).toBe(true);
  const begun = join(root, 'begun', 'scratch');
  await leavingNothing(begun, async () => {
    await make(begun);
    writeFileSync(join(root, 'begun', 'control.sock'), '');
  });
  expect([existsSync(begun), existsSync(join(root, 'begun', 'control.sock'))]).toEqual([false, true]);
});
