/** The load commands of a thin 64-bit Mach-O program. */
export interface LoadCommand {
  readonly kind: number;
  /** Offset in the file. */
  readonly at: number;
  readonly sizeBytes: number;
}

export const machOMagic = 0xfeedfacf;

export function loadCommands(program: Buffer): readonly LoadCommand[] {
  if (program.readUInt32LE(0) !== machOMagic) throw new Error('not a thin 64-bit Mach-O program');
  const found: LoadCommand[] = [];
  let at = 32;
  for (let left = program.readUInt32LE(16); left > 0; left -= 1) {
    const command = { kind: program.readUInt32LE(at), at, sizeBytes: program.readUInt32LE(at + 4) };
    if (command.sizeBytes < 8) throw new Error('a load command without a size');
    found.push(command);
    at += command.sizeBytes;
  }
  return found;
}
