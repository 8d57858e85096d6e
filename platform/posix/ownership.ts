/** Who could have made or changed a file, judged by owner and mode. */
import type { Stats } from 'node:fs';
import { Fault } from '#protocol/codes.ts';

const groupAndOthers = 0o077;

/** Null when the directory is the expected user's and closed to everybody else. */
export function whyNotPrivate(stat: Pick<Stats, 'uid' | 'mode'>, expectedUid: number): string | null {
  if (stat.uid !== expectedUid) return `belongs to user ${stat.uid}, not to ${expectedUid}`;
  if ((stat.mode & groupAndOthers) !== 0) return `has mode ${(stat.mode & 0o7777).toString(8)}, not 700`;
  return null;
}

/** Null for a file that carries orders or secrets and that only we can have written. */
export function whyNotTrusted(
  stat: Pick<Stats, 'uid' | 'mode' | 'nlink'> & { isFile(): boolean },
  expectedUid: number,
): string | null {
  if (!stat.isFile()) return 'is not a regular file';
  if (stat.uid !== expectedUid) return `belongs to user ${stat.uid}`;
  if ((stat.mode & groupAndOthers) !== 0) return 'can be read or written by others';
  return stat.nlink === 1 ? null : 'has other names (hard links)';
}

/** Null for a log of somebody else's that root wrote, and that is new enough (G7). */
export function whyNotBelieved(
  stat: Pick<Stats, 'uid' | 'nlink' | 'mtimeMs'> & { isFile(): boolean },
  uid: number,
  newerThanMs: number,
): string | null {
  if (!stat.isFile()) return 'is not a regular file';
  if (stat.uid !== 0 && stat.uid !== uid) return `belongs to user ${stat.uid}`;
  if (stat.nlink !== 1) return 'has other names (hard links)';
  if (stat.mtimeMs <= newerThanMs) return 'is older than what it should tell about';
  return null;
}

/** Directory and last component of an absolute path. */
export function splitPath(path: string): { parent: string; name: string } {
  const parts = path.split('/').filter((part) => part !== '');
  const name = parts.pop();
  if (!path.startsWith('/') || name === undefined || parts.includes('..') || name === '..') {
    throw new Fault('agent.defect', `not an absolute path of a directory: ${path}`);
  }
  return { parent: `/${parts.join('/')}`, name };
}
