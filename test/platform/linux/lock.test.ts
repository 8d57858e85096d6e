import { type ChildProcess, spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { linuxWorld, type LinuxWorld } from '#test/platform/linux/world.ts';

const house = fileURLToPath(new URL('../../..', import.meta.url));
const holdScript = `
  import { linuxPlatform } from '#platform/linux/index.ts';
  const [root] = process.argv.slice(1);
  const platform = linuxPlatform({ selfCommand: { program: '', args: [] }, expectedUid: process.getuid(), trustedRoot: root });
  const lock = await platform.lockExclusively(await platform.files.openPrivateDirectory(root + '/state'));
  process.stdout.write(lock === null ? 'refused' : 'held');
  if (lock !== null) setInterval(() => {}, 1000);
`;

let world: LinuxWorld;
const children: ChildProcess[] = [];
beforeEach(async () => {
  world = await linuxWorld();
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await world.cleanup();
});

interface Holder {
  readonly child: ChildProcess;
  readonly said: string;
  readonly noise: () => string;
}

async function holder(): Promise<Holder> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', holdScript, world.root], { cwd: house });
  children.push(child);
  let noise = '';
  child.stderr.on('data', (data) => (noise += String(data)));
  const said = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (data) => resolve(String(data)));
    child.once('exit', () => reject(new Error(noise)));
  });
  return { child, said, noise: () => noise };
}

describe('the lock of the state directory', () => {
  it('keeps other processes out and dies with its holder, however that ends', async () => {
    const first = await holder();
    expect(first.said).toBe('held');
    const state = await world.platform.files.openPrivateDirectory(world.stateRoot);
    expect(await world.platform.lockExclusively(state)).toBeNull();
    expect((await holder()).said).toBe('refused');
    first.child.kill('SIGKILL');
    const mine = await vi.waitFor(async () => {
      const lock = await world.platform.lockExclusively(state);
      if (lock === null) throw new Error('still held');
      return lock;
    });
    expect((await holder()).said).toBe('refused');
    await mine.release();
    expect((await holder()).said).toBe('held');
  });

  it('leaves one private empty file and says nothing on standard error', async () => {
    const { noise } = await holder();
    const stat = statSync(join(world.stateRoot, 'lock'));
    expect([stat.size, (stat.mode & 0o777).toString(8)]).toEqual([0, '600']);
    const state = await world.platform.files.openPrivateDirectory(world.stateRoot);
    expect(await state.list()).toEqual(['lock']);
    expect(noise()).toBe('');
  });
});
