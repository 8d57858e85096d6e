/** Runs `look`; null for whatever goes wrong with it. Only for questions whose failing is an answer. */
export function nullOnError<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}
