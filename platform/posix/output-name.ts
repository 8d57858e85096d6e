import { posix } from 'node:path';
import type { InstallerOptions } from '#platform/platform.ts';
import { Fault } from '#protocol/codes.ts';

/** A name, or a path directly in the attempt's directory. */
export function outputName(options: InstallerOptions): string {
  const { dir, base } = posix.parse(options.outputFile);
  if (dir === '' || posix.normalize(dir) === posix.normalize(options.directory)) return base;
  throw new Fault('agent.defect', 'the output of an installer belongs into its own directory');
}
