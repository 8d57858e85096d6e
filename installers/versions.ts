/** Vendor versions are numbers and dots, four parts by habit: "24.2.2.20". Missing parts count as 0. */

/** Negative when `a` is older, 0 when equal, positive when newer. Parts are compared as numbers: 24.10 is newer than 24.9. */
export function compareVersions(a: string, b: string): number {
  const left = numbersOf(a);
  const right = numbersOf(b);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Leading version of a longer text ("24.2.2.20-1" of a package database); null when it does not begin with one. */
export function leadingVersion(text: string): string | null {
  return /^\d{1,9}(?:\.\d{1,9}){1,4}(?![\d.])/.exec(text.trim())?.[0] ?? null;
}

/** Whether `version` lies in `from` (included) to `below` (excluded); null leaves that side open. */
export function isWithin(version: string, from: string | null, below: string | null): boolean {
  return (
    (from === null || compareVersions(version, from) >= 0) && (below === null || compareVersions(version, below) < 0)
  );
}

function numbersOf(version: string): number[] {
  return version.split('.').map((part) => Number.parseInt(part, 10) || 0);
}
