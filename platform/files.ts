/**
 * Private, durable file access. A directory handle is proved on opening to be ours: root-owned (or owned by the running
 * user in tests), mode 0700, not a link, every ancestor writable by root only. Names are single path components.
 * Every method that changes something has made the change durable (file and directory fsynced) when it resolves, and
 * leaves either the old or the new state when it is cut off at any point.
 */
export interface Files {
  /** Creates it (mode 0700) when missing; refuses one with another owner, mode or a link with `state.untrusted-directory`. */
  openPrivateDirectory(path: string): Promise<Directory>;
  /** Reads a root-owned 0600 regular file (not a link, ancestors checked); `file.untrusted` else, with `missing: true` when it is not there. */
  readTrusted(path: string, bytesMax: number): Promise<Uint8Array>;
  /** Reads the tail of a log others may have written: no links, non-blocking open, regular, root-owned, single-linked,
   *  modified after `newerThanMs`; null when absent; `log.untrusted` when it fails a check (G7). */
  readForeign(path: string, options: { newerThanMs: number; bytesMax: number }): Promise<Uint8Array | null>;
  /** Plain files in a directory of everybody's, for choosing what to read: nothing of it is believed. Empty when it cannot be read. */
  listForeign(directory: string): Promise<readonly ForeignEntry[]>;
}

export interface ForeignEntry {
  readonly name: string;
  /** By this machine's own clock. */
  readonly changedAtMs: number;
}

export interface Directory {
  readonly path: string;
  directory(name: string): Promise<Directory>;
  /** null when absent; `file.too-large` past the bound. */
  read(name: string, bytesMax: number): Promise<Uint8Array | null>;
  /** Last `bytesMax` bytes; null when absent. */
  readTail(name: string, bytesMax: number): Promise<Uint8Array | null>;
  /** Exclusive create: false (and nothing changed) when the name exists. Mode 0600. */
  create(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Temp file, fsync, rename, fsync directory. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
  list(): Promise<readonly string[]>;
  /** Files, or directories with everything below them; nothing happens when absent. Never follows links. */
  remove(name: string): Promise<void>;
  /** Opens for appending at its end, creating it when missing. */
  append(name: string): Promise<AppendFile>;
  /** Streams into a new or partly written file, hashing; for downloads. */
  openDownload(name: string): Promise<DownloadFile>;
  /**
   * Copies a file into another private directory, read through one handle opened without following links, and durable
   * when it resolves; answers what was copied, null when absent. What stood there under the name is replaced.
   */
  copyInto(name: string, target: Directory, targetName: string): Promise<FileDigest | null>;
  /** SHA-256 (hex) and size of the whole file, read through one handle opened without following links; null when absent. */
  digest(name: string): Promise<FileDigest | null>;
}

export interface FileDigest {
  /** Hex, lower case. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface AppendFile {
  readonly sizeBytes: number;
  /** Writes and fsyncs. On an error nothing may be assumed about the tail; the file must be reopened and its tail checked. */
  append(bytes: Uint8Array): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface DownloadFile {
  /** Bytes already there from an interrupted download. */
  readonly sizeBytes: number;
  write(bytes: Uint8Array): Promise<void>;
  /** fsyncs file and directory. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
