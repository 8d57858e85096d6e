/** What must hold of a finished program of any system, also of those that cannot run here. */
import { fuse } from './inject.ts';
import { machOMagic } from './mach-o-layout.ts';
import { verifyMachO } from './mach-o-verify.ts';
import { type Target, runtimeOf } from './runtime.ts';

/** ELF e_machine, PE Machine, Mach-O cputype. */
const machines: Readonly<Record<Target, number>> = {
  'linux-x64': 62,
  'linux-arm64': 183,
  'windows-x64': 0x8664,
  'windows-x86': 0x14c,
  'macos-x64': 0x0100_0007,
  'macos-arm64': 0x0100_000c,
};

/** Throws unless the program is one for the target's system and processor and holds exactly this blob. */
export function checkStructure(program: Buffer, target: Target, blob: Buffer): void {
  const { format } = runtimeOf(target);
  const machine = { elf: elfMachine, pe: peMachine, 'mach-o': machOMachine }[format](program);
  if (machine !== machines[target]) throw new Error(`made for machine ${machine}, wanted is ${machines[target]}`);
  if (occurrences(program, Buffer.from(`${fuse}:1`)) !== 1) throw new Error('the fuse is not turned');
  if (occurrences(program, blob) !== 1) throw new Error('the blob is not in the program');
  if (format === 'pe' && peCertificates(program) !== 0) throw new Error('a signature of somebody else is left');
  if (format !== 'mach-o') return;
  const { adHoc, badPages, badParts } = verifyMachO(program);
  if (!adHoc || badPages.length > 0 || badParts.length > 0) throw new Error('the signature does not hold');
}

function occurrences(program: Buffer, text: Buffer): number {
  let count = 0;
  for (let at = program.indexOf(text); at >= 0; at = program.indexOf(text, at + 1)) count += 1;
  return count;
}

function elfMachine(program: Buffer): number {
  if (program.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') throw new Error('not a 64-bit ELF program');
  return program.readUInt16LE(18);
}

function peHeader(program: Buffer): number {
  const at = program.readUInt32LE(0x3c);
  if (program.toString('latin1', 0, 2) !== 'MZ' || program.toString('latin1', at, at + 4) !== 'PE\0\0')
    throw new Error('not a Windows program');
  return at;
}

function peMachine(program: Buffer): number {
  return program.readUInt16LE(peHeader(program) + 4);
}

/** Size of the certificate table; the directories begin after an optional header of either width. */
function peCertificates(program: Buffer): number {
  const optional = peHeader(program) + 24;
  const directories = optional + (program.readUInt16LE(optional) === 0x20b ? 112 : 96);
  return program.readUInt32LE(directories + 4 * 8 + 4);
}

function machOMachine(program: Buffer): number {
  if (program.readUInt32LE(0) !== machOMagic) throw new Error('not a Mach-O program');
  return program.readUInt32LE(4);
}
