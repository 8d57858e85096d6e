/** A program for macOS: the blob becomes a segment of its own, and the whole is signed ad hoc. */
import { readFileSync } from 'node:fs';
import { inject, type Ingredients } from './inject.ts';
import { signAdHoc } from './mach-o-sign.ts';
import { pinnedNode } from './runtime.ts';

export function machOProgram({ target, blob, work }: Ingredients): Buffer {
  // The injector drops the signature of the runtime, which would not hold any more.
  const program = inject(readFileSync(pinnedNode(target)), blob, work, ['--macho-segment-name', 'NODE_SEA']);
  return signAdHoc(program, 'garrison-agent');
}
