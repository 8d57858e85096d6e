import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { PackagedDirectory, PackagedFile } from './contents.ts';

export interface Laid {
  readonly files: readonly PackagedFile[];
  /** Owned by the package, made with this mode. */
  readonly directories: readonly PackagedDirectory[];
  readonly epochSeconds: number;
}

/**
 * Lays the package's files out below `root`, with their modes whatever this process's umask is, all of one time, so that two
 * builds are alike.
 */
export function layOut(root: string, { files, directories, epochSeconds }: Laid): void {
  for (const { path } of [...directories, ...files.map((file) => ({ path: dirname(file.path) }))])
    mkdirSync(join(root, path), { recursive: true });
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true }))
    if (entry.isDirectory()) chmodSync(join(entry.parentPath, entry.name), 0o755);
  chmodSync(root, 0o755);
  for (const { path, mode } of directories) chmodSync(join(root, path), mode);
  for (const { path, mode, content } of files) {
    const target = join(root, path);
    if ('link' in content) {
      symlinkSync(content.link, target);
      lutimesSync(target, epochSeconds, epochSeconds);
      continue;
    }
    if ('file' in content) copyFileSync(content.file, target);
    else writeFileSync(target, content.text);
    chmodSync(target, mode);
    utimesSync(target, epochSeconds, epochSeconds);
  }
}
