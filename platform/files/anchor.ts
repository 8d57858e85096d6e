/**
 * An open directory and how names below it are reached. What stands at the directory's path may be swapped while we
 * work; an anchor keeps meaning the directory that was proved. Each OS brings its own (`linux/anchor.ts`).
 */
export interface Anchor {
  /** Where it was found; for people only, never opened again. */
  readonly path: string;
  /** Where `name` stands, for people and for programs that are given it. */
  pathOf(name: string): string;
  /** A path for system calls that reaches `name` in this very directory. */
  at(name: string): string;
  /** Makes what changed in the directory durable; `name` is the entry that was made or replaced, if that is what changed. */
  sync(name?: string): Promise<void>;
  /** Opens a directory below without following links and without asking whose it is; for removal. */
  openBelow(name: string): Promise<Anchor>;
  /** As `openBelow`, refused with `state.untrusted-directory` unless it is ours and private. */
  openPrivateBelow(name: string): Promise<Anchor>;
  /** Gives the handle back; nothing is reached through it afterwards. Who lives long need not call it. */
  close(): void;
  /**
   * Runs what changes a name. Where another process may hold a file for a moment (Windows: a scanner that has it open), it
   * is tried again for a bounded time; elsewhere it runs once.
   */
  patiently<T>(work: () => Promise<T>): Promise<T>;
  /** The file system it lies on, as `stat` numbers it. */
  readonly device: number;
}
