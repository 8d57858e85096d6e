/**
 * Checks the code signature of a thin 64-bit Mach-O program against its bytes, as the kernel does when it loads a page. It
 * reads the file by itself and takes nothing from our signer, so that a mistake there is found here; it is proved on programs
 * that Apple's own tool has signed. Whose signature it is, it does not ask.
 */
import { createHash } from 'node:crypto';

export interface SignatureCheck {
  readonly identifier: string;
  readonly adHoc: boolean;
  /** Pages of all code directories (there may be one for each kind of hash). */
  readonly pages: number;
  /** Numbers of those whose bytes are not the signed ones. */
  readonly badPages: readonly number[];
  /** Parts of the signature itself that have a hash (requirements, entitlements …), by slot number. */
  readonly parts: readonly number[];
  readonly badParts: readonly number[];
}

interface Part {
  readonly kind: number;
  readonly bytes: Buffer;
}

const hashNames: Readonly<Record<number, string>> = { 1: 'sha1', 2: 'sha256' };

/** Throws when there is no signature, or it is not well-formed. */
export function verifyMachO(program: Buffer): SignatureCheck {
  const { offset, size } = signaturePlace(program);
  if (offset + size !== program.length) throw new Error('the signature does not end the program');
  const parts = signatureParts(program.subarray(offset, offset + size));
  const directories = parts.filter(({ bytes }) => bytes.readUInt32BE(0) === 0xfade0c02);
  const first = directories[0];
  if (first === undefined) throw new Error('the signature has no code directory');
  const checks = directories.map(({ bytes }) => checkDirectory(bytes, program, offset, parts));
  const identifierAt = first.bytes.readUInt32BE(20);
  return {
    identifier: first.bytes.toString('latin1', identifierAt, first.bytes.indexOf(0, identifierAt)),
    adHoc: (first.bytes.readUInt32BE(12) & 2) !== 0,
    pages: checks.reduce((sum, check) => sum + check.pages, 0),
    badPages: checks.flatMap((check) => check.badPages),
    parts: checks.flatMap((check) => check.parts),
    badParts: checks.flatMap((check) => check.badParts),
  };
}

function signaturePlace(program: Buffer): { readonly offset: number; readonly size: number } {
  if (program.length < 32 || program.toString('hex', 0, 4) !== 'cffaedfe') throw new Error('not a 64-bit Mach-O file');
  const count = program.readUInt32LE(16);
  const end = 32 + program.readUInt32LE(20);
  let place: { offset: number; size: number } | null = null;
  let at = 32;
  for (let command = 0; command < count; command += 1) {
    const [kind, size] = [program.readUInt32LE(at), program.readUInt32LE(at + 4)];
    if (size < 8 || at + size > end) throw new Error('a load command leaves its area');
    if (kind === 0x1d && place !== null) throw new Error('two signatures');
    if (kind === 0x1d) place = { offset: program.readUInt32LE(at + 8), size: program.readUInt32LE(at + 12) };
    at += size;
  }
  if (at !== end) throw new Error('the load commands do not fill their area');
  if (place === null) throw new Error('the program is not signed');
  return place;
}

function signatureParts(signature: Buffer): readonly Part[] {
  if (signature.readUInt32BE(0) !== 0xfade0cc0) throw new Error('the signature has another beginning');
  const whole = signature.subarray(0, signature.readUInt32BE(4));
  return Array.from({ length: whole.readUInt32BE(8) }, (_, index) => {
    const offset = whole.readUInt32BE(16 + 8 * index);
    const length = whole.readUInt32BE(offset + 4);
    if (offset + length > whole.length) throw new Error('a part leaves the signature');
    return { kind: whole.readUInt32BE(12 + 8 * index), bytes: whole.subarray(offset, offset + length) };
  });
}

type DirectoryCheck = Pick<SignatureCheck, 'pages' | 'badPages' | 'parts' | 'badParts'>;

function checkDirectory(directory: Buffer, program: Buffer, signatureAt: number, all: readonly Part[]): DirectoryCheck {
  const [hashesAt, , special, pages, limit] = [16, 20, 24, 28, 32].map((at) => directory.readUInt32BE(at)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [hashSize, hashKind, , pageShift] = [...directory.subarray(36, 40)] as [number, number, number, number];
  const name = hashNames[hashKind];
  if (name === undefined) throw new Error(`an unknown kind of hash: ${hashKind}`);
  // A scatter table or a limit beyond 4 GiB would mean other bytes than the ones looked at here.
  if (directory.readUInt32BE(44) !== 0) throw new Error('a scattered code directory');
  if (limit !== signatureAt) throw new Error('the signature does not begin where the signed bytes end');
  const pageBytes = 2 ** pageShift;
  if (pages !== Math.ceil(limit / pageBytes)) throw new Error('the number of pages does not fit their size');
  const hashed = (bytes: Buffer): Buffer => createHash(name).update(bytes).digest().subarray(0, hashSize);
  const signed = (index: number): Buffer =>
    directory.subarray(hashesAt + index * hashSize, hashesAt + (index + 1) * hashSize);
  const badPages: number[] = [];
  for (let page = 0; page < pages; page += 1) {
    const bytes = program.subarray(page * pageBytes, Math.min((page + 1) * pageBytes, limit));
    if (!hashed(bytes).equals(signed(page))) badPages.push(page);
  }
  const parts = all.filter(({ kind }) => kind > 0 && kind <= special && kind < 0x1000);
  const badParts = parts.filter(({ kind, bytes }) => !hashed(bytes).equals(signed(-kind)));
  return { pages, badPages, parts: parts.map(({ kind }) => kind), badParts: badParts.map(({ kind }) => kind) };
}
