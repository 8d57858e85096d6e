/** `PendingFileRenameOperations`: pairs of a file and what it becomes at the next start; empty for one that is deleted. */

export interface PendingRename {
  readonly from: string;
  /** null: deleted. */
  readonly to: string | null;
}

/** As `reg query` prints a list of texts: with `\0` between them, also after the empty ones. */
export function pendingRenames(text: string): readonly PendingRename[] {
  const parts = text.split('\\0');
  const found: PendingRename[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const from = parts[index] ?? '';
    const to = parts[index + 1] ?? '';
    if (from !== '') found.push({ from, to: to === '' ? null : to });
  }
  return found;
}
