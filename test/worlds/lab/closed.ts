/** Who could change what runs in a container: every name on the way to it, links followed hop by hop, owners, modes, ACLs. */
import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Container } from './container.ts';

const writableByOthers = 0o022;
const readableByOthers = 0o077;
/** More hops than any path has: a loop. */
const linksMax = 40;

/**
 * Every name on the way from the root directory to these paths and to what they lead to, each once: directories, links, and
 * the files at the end.
 */
export function namesOnTheWay(container: Container, paths: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  for (const path of paths) {
    let links = 0;
    let at = '/';
    const parts = partsOf(path);
    for (let part = parts.shift(); part !== undefined; part = parts.shift()) {
      const next = resolve(at, part);
      seen.add(next);
      const stat = lstatSync(container.pathOnHost(next));
      if (!stat.isSymbolicLink()) {
        at = next;
        continue;
      }
      if ((links += 1) > linksMax) throw new Error(`${path} leads in a circle`);
      const target = readlinkSync(container.pathOnHost(next));
      parts.unshift(...partsOf(target));
      if (target.startsWith('/')) at = '/';
    }
  }
  return [...seen];
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

/** One line for each of these names that anybody but root could change, by owner, group, mode or ACL. A link has no mode. */
export function openToOthers(container: Container, names: readonly string[]): readonly string[] {
  const onHost = names.map((name) => container.pathOnHost(name));
  const listed = execFileSync('ls', ['-ld', '--', ...onHost], { encoding: 'utf8' })
    .trim()
    .split('\n');
  const withAcl = listed.filter((line) => /^\S{10}\+/.test(line)).map((line) => `ACL: ${line}`);
  const byMode = names.flatMap((name, index) => {
    const { uid, gid, mode } = lstatSync(onHost[index] ?? '');
    const isLink = (mode & 0o170000) === 0o120000;
    return uid === 0 && gid === 0 && (isLink || (mode & writableByOthers) === 0)
      ? []
      : [`${name}: ${uid}:${gid} ${(mode & 0o7777).toString(8)}`];
  });
  return [...withAcl, ...byMode];
}

/** Everything below a private directory, itself included, that is not root's alone to read and to write. */
export function notPrivate(container: Container, directory: string): readonly string[] {
  const below = readdirSync(container.pathOnHost(directory), { recursive: true, encoding: 'utf8' });
  return [directory, ...below.map((name) => join(directory, name))].flatMap((name) => {
    const { uid, gid, mode } = lstatSync(container.pathOnHost(name));
    return uid === 0 && gid === 0 && (mode & readableByOthers) === 0
      ? []
      : [`${name}: ${uid}:${gid} ${(mode & 0o7777).toString(8)}`];
  });
}

/** What a running process has open to execute: its program and every library it has mapped. */
export async function executedBy(container: Container, pid: number): Promise<readonly string[]> {
  const maps = await container.run(['cat', `/proc/${pid}/maps`]);
  const mapped = maps.split('\n').flatMap((line) => /^\S+ ..x. .* (\/\S+)$/.exec(line)?.[1] ?? []);
  return [...new Set(mapped)];
}
