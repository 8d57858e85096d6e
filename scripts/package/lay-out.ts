import { chmodSync, copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { directories, type PackagedFile } from './contents.ts';

/** Lays the package's files out below `root`, with their modes, all of one time, so that two builds are alike. */
export function layOut(root: string, files: readonly PackagedFile[], epochSeconds: number): void {
  for (const { path, mode } of directories) {
    mkdirSync(join(root, path), { recursive: true });
    chmodSync(join(root, path), mode);
  }
  for (const { path, mode, content } of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
    if ('file' in content) copyFileSync(content.file, target);
    else writeFileSync(target, content.text);
    chmodSync(target, mode);
    utimesSync(target, epochSeconds, epochSeconds);
  }
}
