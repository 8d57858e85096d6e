import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { errnoOf } from '#platform/files/errors.ts';

const linksMax = 40;
const groupWrite = 0o020;
const othersWrite = 0o002;

/** Root's own; nobody else is in it. Members of `admin` are the machine's administrators. */
export const wheelGroup = 0;
export const adminGroup = 80;

export interface PathRules {
  /** Users that may own what is walked through, besides root. */
  readonly owners: readonly number[];
  /** Groups that may write there. */
  readonly groups: readonly number[];
  /** Taken as trusted without a look at it or above; `/` looks at everything. */
  readonly trustedRoot: string;
}

export interface FoundPath {
  readonly status: 'found';
  /** Why others could have changed or planted it; null when only those of the rules can write here and anywhere above. */
  readonly distrust: string | null;
  /**
   * Components that were walked below the first that others can write. From the second on nothing here is certain: the one
   * before may have become a link between two steps.
   */
  readonly stepsBelowOpen: number;
  /** With all links resolved. */
  readonly realPath: string;
  readonly stat: Stats;
}

/** `refused`: a link in a directory that others can write, or `..` where it could mean two things. */
export type WalkedPath =
  | FoundPath
  | { readonly status: 'absent' }
  | { readonly status: 'refused'; readonly detail: string };

interface Walk {
  readonly rules: PathRules;
  stat: Stats;
  position: string[];
  pending: string[];
  distrust: string | null;
  stepsBelowOpen: number;
  links: number;
}

/**
 * Walks an absolute path component by component and judges each. macOS has neither O_PATH nor a way through an open
 * directory that Node could use (its /dev/fd/N ends at the descriptor, nothing can be reached below it), so the walk goes
 * by names. That is enough where it matters: what is found trusted lies below directories that only root can write, and
 * nobody else can put another one in their place between this look and the next. Elsewhere only what lies directly in an
 * open directory can be opened for sure: without following a link, and if it is the very file that the walk saw. Darwin's O_NOFOLLOW_ANY would say the same in
 * one call, but is refused together with O_NOFOLLOW, and could be tried on no machine of ours.
 */
export async function walkPath(path: string, rules: PathRules): Promise<WalkedPath> {
  try {
    const walk = await begin(rules, components(path));
    while (walk.pending.length > 0) {
      const refusal = await step(walk);
      if (refusal !== null) return { status: 'refused', detail: refusal };
    }
    const { distrust, stepsBelowOpen, stat } = walk;
    return { status: 'found', distrust, stepsBelowOpen, realPath: positionOf(walk), stat };
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '')) return { status: 'absent' };
    throw error;
  }
}

async function begin(rules: PathRules, parts: readonly string[]): Promise<Walk> {
  const stat = await lstat('/');
  const walk: Walk = { rules, stat, position: [], pending: [], distrust: null, stepsBelowOpen: 0, links: 0 };
  await enter(walk, parts);
  return walk;
}

/** Starts at the trusted root when the path lies below it, else at `/`. */
async function enter(walk: Walk, parts: readonly string[]): Promise<void> {
  const root = components(walk.rules.trustedRoot);
  const below = root.every((part, index) => parts[index] === part);
  const start = below ? root : [];
  walk.stat = await lstat(`/${start.join('/')}`);
  walk.position = start;
  walk.pending = parts.slice(start.length);
  walk.distrust = below && root.length > 0 ? null : whyDistrust(walk);
}

/** One component further; the reason when it cannot be gone on. */
async function step(walk: Walk): Promise<string | null> {
  const name = walk.pending.shift() ?? '.';
  if (name === '..') return `".." below ${positionOf(walk)}`;
  const next = [...walk.position, name];
  const stat = await lstat(`/${next.join('/')}`);
  if (stat.isSymbolicLink()) return followLink(walk, name);
  if (walk.distrust !== null) walk.stepsBelowOpen += 1;
  walk.stat = stat;
  walk.position = next;
  walk.distrust ??= whyDistrust(walk);
  return null;
}

/** The directory that holds the link was judged already: only who may write there can have made it. */
async function followLink(walk: Walk, name: string): Promise<string | null> {
  walk.links += 1;
  if (walk.distrust !== null) return `${name} is a link, and ${walk.distrust}`;
  if (walk.links > linksMax) return 'too many links';
  const target = await readlink(`/${[...walk.position, name].join('/')}`);
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

function whyDistrust({ stat, rules, position }: Walk): string | null {
  const path = `/${position.join('/')}`;
  if (stat.uid !== 0 && !rules.owners.includes(stat.uid)) return `${path} belongs to user ${stat.uid}`;
  const byGroup = (stat.mode & groupWrite) !== 0 && !rules.groups.includes(stat.gid);
  if (!byGroup && (stat.mode & othersWrite) === 0) return null;
  return `${path} can be written by others (mode ${(stat.mode & 0o7777).toString(8)}, group ${stat.gid})`;
}

function positionOf(walk: Walk): string {
  return `/${walk.position.join('/')}`;
}

function components(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}
