/** Signer and verifier on a program made here: a header, three segments, and filler for pages. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { loadCommands } from '../../scripts/build/mach-o-layout.ts';
import { signAdHoc } from '../../scripts/build/mach-o-sign.ts';
import { verifyMachO } from '../../scripts/build/mach-o-verify.ts';

const textBytes = 5 * 4096;
const linkBytes = 4096 + 77;

function segment(name: string, offset: number, size: number, sectionOffset?: number): Buffer {
  const command = Buffer.alloc(72 + (sectionOffset === undefined ? 0 : 80));
  command.writeUInt32LE(0x19, 0);
  command.writeUInt32LE(command.length, 4);
  command.write(name, 8, 'latin1');
  command.writeBigUInt64LE(BigInt(size), 32);
  command.writeBigUInt64LE(BigInt(offset), 40);
  command.writeBigUInt64LE(BigInt(size), 48);
  if (sectionOffset === undefined) return command;
  command.writeUInt32LE(1, 64);
  command.writeUInt32LE(sectionOffset, 72 + 48);
  return command;
}

function program(firstSection = 2048): Buffer {
  const commands = [
    segment('__PAGEZERO', 0, 0),
    segment('__TEXT', 0, textBytes, firstSection),
    segment('__LINKEDIT', textBytes, linkBytes),
  ];
  const bytes = randomBytes(textBytes + linkBytes);
  bytes.fill(0, 0, firstSection);
  [0xfeedfacf, 0x0100_000c, 0, 2, commands.length, Buffer.concat(commands).length, 0, 0].forEach((word, index) =>
    bytes.writeUInt32LE(word, 4 * index),
  );
  Buffer.concat(commands).copy(bytes, 32);
  return bytes;
}

describe('an ad-hoc signature', () => {
  const signed = signAdHoc(program(), 'garrison-agent');

  test('covers every page, itself begins at a multiple of 16 and ends the file', () => {
    const codeBytes = Math.ceil((textBytes + linkBytes) / 16) * 16;
    expect(verifyMachO(signed)).toEqual({
      identifier: 'garrison-agent',
      adHoc: true,
      pages: Math.ceil(codeBytes / 4096),
      badPages: [],
      parts: [2],
      badParts: [],
    });
    const command = loadCommands(signed).at(-1);
    expect(command).toMatchObject({ kind: 0x1d, sizeBytes: 16 });
    expect(signed.readUInt32LE((command?.at ?? 0) + 8)).toBe(codeBytes);
  });

  test('the last segment has grown over it', () => {
    const link = loadCommands(signed)[2];
    const at = link?.at ?? 0;
    expect(Number(signed.readBigUInt64LE(at + 40) + signed.readBigUInt64LE(at + 48))).toBe(signed.length);
    expect(Number(signed.readBigUInt64LE(at + 32)) % 16_384).toBe(0);
  });

  test('one flipped byte is found, in every page and in the signature', () => {
    const { pages } = verifyMachO(signed);
    for (let page = 1; page < pages; page += 1) {
      const flipped = Buffer.from(signed);
      const at = page * 4096 + 5;
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(verifyMachO(flipped).badPages).toEqual([page]);
    }
    const header = Buffer.from(signed);
    header.writeUInt32LE(6, 12);
    expect(verifyMachO(header).badPages).toEqual([0]);
    const requirements = Buffer.from(signed);
    requirements.writeUInt32BE(1, signed.indexOf(Buffer.from('fade0c01', 'hex')) + 8);
    expect(verifyMachO(requirements).badParts).toEqual([2]);
  });

  test('bytes added behind it or cut off are refused', () => {
    expect(() => verifyMachO(Buffer.concat([signed, Buffer.alloc(16)]))).toThrow('does not end the program');
    expect(() => verifyMachO(signed.subarray(0, -16))).toThrow('does not end the program');
  });

  test('is not put over another one, nor over a section', () => {
    expect(() => signAdHoc(signed, 'x')).toThrow('signed already');
    expect(() => signAdHoc(program(32 + 72 * 3 + 80), 'x')).toThrow('no room');
    expect(() => verifyMachO(program())).toThrow('not signed');
  });
});
