import { realpathSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { win32 } from 'node:path';
import { nullOn } from '#platform/files/errors.ts';
import { folders } from '#platform/windows/folders.ts';
import { isAdministratorsPlace } from '#platform/windows/parse/processes.ts';
import { rowsOf, wordOf } from '#platform/windows/parse/powershell.ts';
import {
  parseSddl,
  type SecurityDescriptor,
  whyNotAncestor,
  whyNotPrivate,
  whyNotUnwritable,
} from '#platform/windows/parse/sddl.ts';
import { askOne } from '#platform/windows/powershell.ts';
import { nullOnError } from '#platform/windows/quiet.ts';
import type { Starter } from '#platform/windows/runner.ts';
import { securityDescriptors } from '#platform/windows/scripts.ts';

/**
 * Whose a path is. Asking costs a start of PowerShell, so what is proved private is remembered as a root: nobody but the
 * system and administrators can have put anything below it, and those may do everything anyway. Links below are still
 * looked for each time.
 */
export class Protection {
  readonly #starter: Starter;
  readonly #privateRoots = new Set<string>();

  readonly #whyLinked: (path: string) => Promise<string | null>;

  /** `linked`: why a path is not what it says; the tests have paths of no disk. */
  constructor(starter: Starter, linked: (path: string) => Promise<string | null> = whyLinked) {
    this.#starter = starter;
    this.#whyLinked = linked;
  }

  /** A path that the caller has just made with a private descriptor, or of which a test says so. */
  trust(path: string): void {
    this.#privateRoots.add(path.toLowerCase());
  }

  isBelowPrivate(path: string): boolean {
    const key = path.toLowerCase();
    return [...this.#privateRoots].some((root) => key === root || key.startsWith(`${root}\\`));
  }

  /**
   * Null when `path` exists, is reached without a link, and is private below ancestors that only trusted ones can replace,
   * in a place that no user can ever have held (G10).
   */
  async whyNotPrivate(path: string): Promise<string | null> {
    const linked = await this.#whyLinked(path);
    if (linked !== null) return linked;
    if (this.isBelowPrivate(path)) return null;
    const chain = [...ancestorsOf(path), path];
    const found = await this.descriptors(chain);
    if (typeof found === 'string') return found;
    for (const [index, descriptor] of found.entries()) {
      const place = chain[index] ?? path;
      const refusal = place === path ? whyNotPrivate(descriptor) : whyNotAncestor(descriptor);
      if (refusal !== null) return place === path ? refusal : `lies below ${place}, which ${refusal}`;
    }
    // Rights are read by path. Where users make folders, one of theirs could have led elsewhere for that moment.
    if (!isAdministratorsPlace(path, folders())) return 'lies where others may make folders (not below Program Files)';
    const root = chain.find((_, index) => whyNotPrivate(found[index] ?? nobodys) === null);
    if (root !== undefined) this.trust(root);
    return null;
  }

  /**
   * Null when no one but trusted ones can have put what stands there, judged as `judge` judges it itself; `judgeFolder`
   * judges the directory it lies in.
   */
  async whyForeign(path: string, judge: Judge, judgeFolder: Judge = whyNotAncestor): Promise<string | null> {
    const folder = win32.dirname(path);
    return this.#whyNot(path, (place) => (place === path ? judge : place === folder ? judgeFolder : whyNotAncestor));
  }

  /** Null when no one but trusted ones may write `path` or any directory from `root` down to it; others may read. */
  async whyWritable(path: string, root: string): Promise<string | null> {
    const isInside = (place: string): boolean => place === root || place.startsWith(`${root}\\`);
    return this.#whyNot(path, (place) => (isInside(place) ? whyNotUnwritable : whyNotAncestor));
  }

  async #whyNot(path: string, judgeOf: (place: string) => Judge): Promise<string | null> {
    const linked = await this.#whyLinked(path);
    if (linked !== null) return linked;
    if (this.isBelowPrivate(path)) return null;
    const chain = [...ancestorsOf(path), path];
    const found = await this.descriptors(chain);
    if (typeof found === 'string') return found;
    for (const [index, descriptor] of found.entries()) {
      const place = chain[index] ?? path;
      const refusal = judgeOf(place)(descriptor);
      if (refusal !== null) return place === path ? refusal : `lies below ${place}, which ${refusal}`;
    }
    return null;
  }

  /** In the order asked; a sentence when one cannot be read. */
  async descriptors(paths: readonly string[]): Promise<readonly SecurityDescriptor[] | string> {
    const asked = paths.at(-1) ?? '';
    const answer = await askOne(this.#starter, 'rights', securityDescriptors(paths), asked);
    if (answer.status !== 'ok') return `could not be judged: ${answer.detail}`;
    const rows = rowsOf(answer.value);
    const found: SecurityDescriptor[] = [];
    for (const path of paths) {
      const row =
        rows.find((each) => wordOf(each['path']).toLowerCase() === path.toLowerCase()) ??
        rows.find((each) => each['path'] === '*');
      const descriptor = typeof row?.['sddl'] === 'string' ? parseSddl(row['sddl']) : null;
      if (descriptor === null) return `could not be judged: the rights of ${path} are not understood`;
      found.push(descriptor);
    }
    return found;
  }
}

type Judge = (descriptor: SecurityDescriptor) => string | null;

const nobodys: SecurityDescriptor = { owner: '', entries: null };

/** "C:\\", "C:\\a", … up to the parent. */
function ancestorsOf(path: string): readonly string[] {
  const found: string[] = [];
  for (let at = win32.dirname(path); ; at = win32.dirname(at)) {
    found.unshift(at);
    if (win32.dirname(at) === at) return found;
  }
}

/**
 * Null when the path is what it says: no link, junction or mount point in it, no short name. Two looks, for `lstat` sees a
 * link at the end and the real path one anywhere above.
 */
async function whyLinked(path: string): Promise<string | null> {
  const stat = await nullOn(['ENOENT', 'ENOTDIR'], () => lstat(path));
  if (stat === null) return 'does not exist';
  if (stat.isSymbolicLink()) return 'is a link';
  const real = nullOnError(() => realpathSync.native(path));
  return real?.toLowerCase() === path.toLowerCase() ? null : `leads elsewhere (${real ?? 'nowhere'})`;
}
