/** A program for Windows: what the runtime says about itself is replaced, the blob becomes a resource. */
import { readFileSync } from 'node:fs';
import { NtExecutable, NtExecutableResource, Resource } from 'resedit';
import { blobName, fuse, type Ingredients } from './inject.ts';
import { pinnedNode } from './runtime.ts';

const english = { lang: 1033, codepage: 1200 };
/** RT_RCDATA: where the runtime looks for its blob. */
const rawData = 10;
const icons = [3, 14];
const agent = {
  name: 'garrison-agent',
  description: 'Garrison agent',
  legal: 'Apache-2.0; contains Node.js, MIT',
} as const;

/**
 * The signature of whoever made the runtime goes: it does not hold for the result, and a certificate table in the middle of
 * the file is one that nobody can replace. So do the runtime's icons.
 */
export function peProgram({ target, blob, version }: Ingredients): Buffer {
  const program = NtExecutable.from(withFuse(readFileSync(pinnedNode(target))), { ignoreCert: true });
  const resources = NtExecutableResource.from(program);
  resources.entries = resources.entries.filter(({ type }) => typeof type !== 'number' || !icons.includes(type));
  about(agent, version).outputToResourceEntries(resources.entries);
  const bin = Uint8Array.from(blob).buffer;
  resources.entries.push({ type: rawData, id: blobName, lang: 0, codepage: 0, bin });
  resources.outputResource(program);
  return Buffer.from(program.generate());
}

interface Program {
  /** Without ".exe". */
  readonly name: string;
  readonly description: string;
  readonly legal: string;
}

/** The program with a version resource; for one that has no resources yet. */
export function withVersion(bytes: Buffer, program: Program, version: string): Buffer {
  const parsed = NtExecutable.from(bytes);
  const resources = NtExecutableResource.from(parsed);
  about(program, version).outputToResourceEntries(resources.entries);
  resources.outputResource(parsed);
  return Buffer.from(parsed.generate());
}

/** What Windows shows of a program: its version as four numbers and as text. */
function about({ name, description, legal }: Program, version: string): Resource.VersionInfo {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.+-]/).map(Number);
  const info = Resource.VersionInfo.createEmpty();
  info.lang = english.lang;
  info.setFileVersion(major, minor, patch, 0);
  info.setProductVersion(major, minor, patch, 0);
  info.setStringValues(english, {
    ProductName: 'Garrison',
    FileDescription: description,
    FileVersion: version,
    ProductVersion: version,
    InternalName: name,
    OriginalFilename: `${name}.exe`,
    LegalCopyright: legal,
  });
  return info;
}

/** Before all else: the checksum at the end is over it too. */
function withFuse(bytes: Buffer): Buffer {
  const at = bytes.indexOf(`${fuse}:0`);
  if (at < 0) throw new Error('the runtime has no fuse');
  bytes.write('1', at + fuse.length + 1, 'latin1');
  return bytes;
}
