/**
 * A disk that tells apart what was written, what was fsynced, and which directory entries were. Losing power keeps the
 * fsynced part; of the rest everything, nothing or some (also torn, also zeros), as chance has it.
 */
import type { Chance } from '#test/worlds/host/chance.ts';

export interface FileNode {
  readonly kind: 'file';
  bytes: Buffer;
  /** Content as of the last fsync that worked; null before the first. */
  durable: Buffer | null;
  /** After a failed fsync the kernel calls the pages clean: later ones succeed and leave this piece unwritten. */
  unwritten: { readonly from: number; readonly to: number } | null;
  mtimeMs: number;
  /** Owned by root and closed to others, as everything the agent makes. */
  trusted: boolean;
}

export interface DirectoryNode {
  readonly kind: 'directory';
  entries: Map<string, DiskNode>;
  durable: Map<string, DiskNode>;
  /** Changes since the last fsync of this directory; each is lost or kept as a whole. */
  pending: Change[];
  removed: boolean;
}

export type DiskNode = FileNode | DirectoryNode;
type Change = { readonly set: readonly (readonly [string, DiskNode])[]; readonly unset: readonly string[] };
export type Loss = 'all' | 'none' | 'part';

export class DiskError extends Error {
  readonly code: string;
  constructor(code: string, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

export interface Disk {
  readonly root: DirectoryNode;
  /** Bytes that fit; files count with their written size. */
  capacityBytes: number;
  /** So many of the coming fsyncs of files fail with EIO. */
  failingFsyncs: number;
  usedBytes(): number;
  lookup(path: string): DiskNode | null;
  /** All files below, by path. */
  files(): readonly { readonly path: string; readonly file: FileNode }[];
  makeDirectory(parent: DirectoryNode, name: string): DirectoryNode;
  makeFile(parent: DirectoryNode, name: string, mtimeMs: number): FileNode;
  /** Writes what fits, then ENOSPC. */
  write(file: FileNode, bytes: Uint8Array, mtimeMs: number): void;
  truncate(file: FileNode, sizeBytes: number): void;
  fsync(file: FileNode): void;
  fsyncDirectory(directory: DirectoryNode): void;
  link(directory: DirectoryNode, name: string, node: DiskNode): void;
  /** Within one directory, over whatever stands there: one change. */
  rename(directory: DirectoryNode, from: string, to: string): void;
  unlink(directory: DirectoryNode, name: string): void;
  losePower(loss: Loss, chance: Chance): void;
  /** An independent copy of everything written. */
  copy(): DirectoryNode;
  restore(copied: DirectoryNode): void;
}

function newDirectory(): DirectoryNode {
  return { kind: 'directory', entries: new Map(), durable: new Map(), pending: [], removed: false };
}

export function memoryDisk(capacityBytes: number): Disk {
  return new MemoryDisk(capacityBytes);
}

class MemoryDisk implements Disk {
  root: DirectoryNode = newDirectory();
  capacityBytes: number;
  failingFsyncs = 0;

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes;
  }

  usedBytes(): number {
    return this.files().reduce((sum, { file }) => sum + file.bytes.length, 0);
  }

  lookup(path: string): DiskNode | null {
    let node: DiskNode | null = this.root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (node?.kind !== 'directory') return null;
      node = node.entries.get(name) ?? null;
    }
    return node;
  }

  files(): readonly { readonly path: string; readonly file: FileNode }[] {
    const found: { path: string; file: FileNode }[] = [];
    const visit = (directory: DirectoryNode, path: string): void => {
      for (const [name, node] of directory.entries) {
        if (node.kind === 'file') found.push({ path: `${path}/${name}`, file: node });
        else visit(node, `${path}/${name}`);
      }
    };
    visit(this.root, '');
    return found;
  }

  makeDirectory(parent: DirectoryNode, name: string): DirectoryNode {
    const made = newDirectory();
    this.link(parent, name, made);
    return made;
  }

  makeFile(parent: DirectoryNode, name: string, mtimeMs: number): FileNode {
    const made: FileNode = {
      kind: 'file',
      bytes: Buffer.alloc(0),
      durable: null,
      unwritten: null,
      mtimeMs,
      trusted: true,
    };
    this.link(parent, name, made);
    return made;
  }

  write(file: FileNode, bytes: Uint8Array, mtimeMs: number): void {
    const room = Math.max(0, this.capacityBytes - this.usedBytes());
    file.bytes = Buffer.concat([file.bytes, bytes.subarray(0, room)]);
    file.mtimeMs = mtimeMs;
    if (bytes.length > room) throw new DiskError('ENOSPC', 'no space left on device');
  }

  truncate(file: FileNode, sizeBytes: number): void {
    file.bytes = Buffer.from(file.bytes.subarray(0, sizeBytes));
  }

  fsync(file: FileNode): void {
    if (this.failingFsyncs > 0) {
      this.failingFsyncs -= 1;
      file.unwritten = { from: file.durable?.length ?? 0, to: file.bytes.length };
      throw new DiskError('EIO', 'i/o error');
    }
    file.durable = onPlatter(file);
  }

  fsyncDirectory(directory: DirectoryNode): void {
    directory.durable = new Map(directory.entries);
    directory.pending = [];
  }

  link(directory: DirectoryNode, name: string, node: DiskNode): void {
    if (directory.removed) throw new DiskError('ENOENT', 'the directory was removed');
    if (directory.entries.has(name)) throw new DiskError('EEXIST', name);
    this.#change(directory, { set: [[name, node]], unset: [] });
  }

  rename(directory: DirectoryNode, from: string, to: string): void {
    const node = directory.entries.get(from);
    if (node === undefined) throw new DiskError('ENOENT', from);
    this.#change(directory, { set: [[to, node]], unset: [from] });
  }

  unlink(directory: DirectoryNode, name: string): void {
    const node = directory.entries.get(name);
    if (node === undefined) throw new DiskError('ENOENT', name);
    if (node.kind === 'directory') node.removed = true;
    this.#change(directory, { set: [], unset: [name] });
  }

  losePower(loss: Loss, chance: Chance): void {
    const keeps = (): boolean => (loss === 'part' ? chance.happens(0.5) : loss === 'none');
    const visit = (directory: DirectoryNode): void => {
      const entries = new Map(directory.durable);
      for (const change of directory.pending) if (keeps()) apply(entries, change);
      directory.entries = entries;
      directory.durable = new Map(entries);
      directory.pending = [];
      directory.removed = false;
      for (const node of entries.values()) {
        if (node.kind === 'directory') visit(node);
        else settle(node, loss, chance);
      }
    };
    visit(this.root);
  }

  copy(): DirectoryNode {
    return copyOf(this.root);
  }

  restore(copied: DirectoryNode): void {
    this.root = copyOf(copied);
  }

  #change(directory: DirectoryNode, change: Change): void {
    apply(directory.entries, change);
    directory.pending.push(change);
  }
}

function apply(entries: Map<string, DiskNode>, change: Change): void {
  for (const name of change.unset) entries.delete(name);
  for (const [name, node] of change.set) entries.set(name, node);
}

function settle(file: FileNode, loss: Loss, chance: Chance): void {
  const durable = file.durable ?? Buffer.alloc(0);
  const kept = loss === 'none' ? onPlatter(file) : loss === 'part' ? torn(file, chance) : durable;
  file.bytes = kept;
  file.durable = kept;
  file.unwritten = null;
}

/** As the disk would hold it if everything that is still dirty were written. */
function onPlatter({ bytes, unwritten }: FileNode): Buffer {
  if (unwritten === null) return bytes;
  return Buffer.from(bytes).fill(0, unwritten.from, Math.min(unwritten.to, bytes.length));
}

/** Of what was appended and not fsynced a part is there, or the length is and the bytes are zeros. */
function torn(file: FileNode, chance: Chance): Buffer {
  const durable = file.durable ?? Buffer.alloc(0);
  if (file.bytes.length < durable.length || !file.bytes.subarray(0, durable.length).equals(durable)) {
    return chance.happens(0.5) ? file.bytes : durable;
  }
  const keptBytes = durable.length + chance.int(file.bytes.length - durable.length + 1);
  const kept = Buffer.from(file.bytes.subarray(0, keptBytes));
  if (chance.happens(0.2)) kept.fill(0, durable.length + chance.int(kept.length - durable.length + 1));
  return kept;
}

/** A copy taken while the machine stands still: everything written is in it. */
function copyOf(directory: DirectoryNode): DirectoryNode {
  const copied = newDirectory();
  for (const [name, node] of directory.entries) {
    const twin: DiskNode = node.kind === 'directory' ? copyOf(node) : { ...node, durable: node.bytes, unwritten: null };
    copied.entries.set(name, twin);
    copied.durable.set(name, twin);
  }
  return copied;
}
