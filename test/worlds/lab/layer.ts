/** A throw-away writable layer over a cached root. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Lays a writable copy of `lower` at `folder`/root: overlayfs, or a real copy where the file system refuses to be an overlay's
 * upper layer. Syncs inside do nothing where the kernel allows it, so measure no durable writes here. Returns the path of the writable root.
 */
export function layOver(lower: string, folder: string): string {
  const [upper, work, root] = ['upper', 'work', 'root'].map((part) => join(folder, part)) as [string, string, string];
  for (const part of [upper, work, root]) mkdirSync(part, { recursive: true });
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const overlay = (more: string) =>
    spawnSync('mount', ['-t', 'overlay', 'overlay', '-o', options + more, root]).status === 0;
  // Volatile: what is thrown away need not reach the disk. Kernels before 5.10 do not know the word.
  if (!overlay(',volatile') && !overlay('')) {
    const copied = spawnSync('cp', ['-a', '--reflink=auto', `${lower}/.`, root], { encoding: 'utf8' });
    if (copied.status !== 0) throw new Error(`The root could not be copied: ${copied.stderr}`);
  }
  return root;
}

/** Unmounts and removes what `layOver` made. Synchronous, so that it also works while the process exits. */
export function liftOff(folder: string): void {
  const root = join(folder, 'root');
  for (let tries = 0; isMountPoint(root); tries += 1) {
    // The last try is lazy: a file still open inside must not leave the mount behind for ever.
    const unmounted = spawnSync('umount', tries < 20 ? [root] : ['-l', root], { encoding: 'utf8' });
    if (unmounted.status !== 0 && tries > 20) throw new Error(`The layer stays mounted: ${unmounted.stderr}`);
    if (unmounted.status !== 0) pauseSync(50);
  }
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}

/** Blocks the whole process: for the way out, where nothing asynchronous runs any more. */
export function pauseSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function isMountPoint(path: string): boolean {
  const escaped = path.replaceAll(' ', String.raw`\040`);
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4] === escaped);
}
