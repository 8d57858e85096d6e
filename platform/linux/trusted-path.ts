import { constants } from 'node:fs';
import { type FileHandle, open, readlink } from 'node:fs/promises';
import { errnoOf } from '#platform/files/errors.ts';

/** Names a file without opening it: no device is touched, no FIFO waits. Linux's own; Node has no name for it. */
const O_PATH = 0o10000000;
const linksMax = 40;
const groupAndOthersWrite = 0o022;

export interface PathRules {
  /** Users that may own what is walked through, besides root. */
  readonly owners: readonly number[];
  /** Taken as trusted without a look at it or above; `/` looks at everything. */
  readonly trustedRoot: string;
}

export interface FoundPath {
  readonly status: 'found';
  /** Why others could have changed or planted it; null when only root or `owners` can write here and anywhere above. */
  readonly distrust: string | null;
  /** With all links resolved. */
  readonly realPath: string;
  /** An O_PATH handle of what stands there; `usePath` closes it. */
  readonly handle: FileHandle;
}

/** `refused`: a link in a directory that others can write, or `..` where it could mean two things. */
export type WalkedPath =
  | FoundPath
  | { readonly status: 'absent' }
  | { readonly status: 'refused'; readonly detail: string };

interface Walk {
  readonly rules: PathRules;
  handle: FileHandle;
  position: string[];
  pending: string[];
  distrust: string | null;
  links: number;
}

/**
 * Walks an absolute path component by component, each opened from the one before, so that nothing can be swapped in
 * between. Links are followed only out of trusted directories. `use` gets the outcome; handles are closed after it.
 */
export async function usePath<T>(
  path: string,
  rules: PathRules,
  use: (walked: WalkedPath) => Promise<T> | T,
): Promise<T> {
  const root = await open('/', O_PATH | constants.O_DIRECTORY);
  const walk: Walk = { rules, handle: root, position: [], pending: [], distrust: null, links: 0 };
  try {
    return await use(await walkAll(walk, components(path)));
  } finally {
    await walk.handle.close();
  }
}

async function walkAll(walk: Walk, parts: readonly string[]): Promise<WalkedPath> {
  try {
    await enter(walk, parts);
    while (walk.pending.length > 0) {
      const refusal = await step(walk);
      if (refusal !== null) return { status: 'refused', detail: refusal };
    }
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return { status: 'absent' };
    throw error;
  }
  return { status: 'found', distrust: walk.distrust, realPath: positionOf(walk), handle: walk.handle };
}

/** Starts at the trusted root when the path lies below it, else at `/`. */
async function enter(walk: Walk, parts: readonly string[]): Promise<void> {
  const root = components(walk.rules.trustedRoot);
  const below = root.every((part, index) => parts[index] === part);
  const start = below ? root : [];
  await move(walk, await open(`/${start.join('/')}`, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW));
  walk.position = start;
  walk.pending = parts.slice(start.length);
  walk.distrust = below && root.length > 0 ? null : await whyDistrust(walk);
}

/** One component further; the reason when it cannot be gone on. */
async function step(walk: Walk): Promise<string | null> {
  const name = walk.pending.shift() ?? '.';
  if (name === '..') return `".." below ${positionOf(walk)}`;
  const reach = `/proc/self/fd/${walk.handle.fd}/${name}`;
  const next = await open(reach, O_PATH | constants.O_NOFOLLOW);
  if ((await next.stat()).isSymbolicLink()) {
    await next.close();
    return followLink(walk, name, reach);
  }
  await move(walk, next);
  walk.position.push(name);
  walk.distrust ??= await whyDistrust(walk);
  return null;
}

/** The directory that holds the link was judged already: only who may write there can have made it. */
async function followLink(walk: Walk, name: string, reach: string): Promise<string | null> {
  walk.links += 1;
  if (walk.distrust !== null) return `${name} is a link, and ${walk.distrust}`;
  if (walk.links > linksMax) return 'too many links';
  const target = await readlink(reach);
  const parts = components(target);
  const base = target.startsWith('/') ? [] : [...walk.position];
  // Leading ".." only: the position holds no links, so going up by name is what the kernel does too.
  while (parts[0] === '..') {
    parts.shift();
    base.pop();
  }
  await enter(walk, [...base, ...parts, ...walk.pending]);
  return null;
}

async function move(walk: Walk, next: FileHandle): Promise<void> {
  await walk.handle.close();
  walk.handle = next;
}

async function whyDistrust(walk: Walk): Promise<string | null> {
  const stat = await walk.handle.stat();
  const path = positionOf(walk);
  if (stat.uid !== 0 && !walk.rules.owners.includes(stat.uid)) return `${path} belongs to user ${stat.uid}`;
  if ((stat.mode & groupAndOthersWrite) === 0) return null;
  return `${path} can be written by others (mode ${(stat.mode & 0o7777).toString(8)})`;
}

function positionOf(walk: Walk): string {
  return `/${walk.position.join('/')}`;
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
