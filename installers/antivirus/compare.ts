/**
 * How identifiers are compared with facts. A score says how exact a match is: a place (the product's own folder) beats
 * a name, a longer identifier beats a shorter one, and `weak` (0) matches are shown and decide nothing.
 */

const weak = 0;
const byMark = 500;
const byName = 1_000;
const byPlace = 10_000;

/** null: no match. */
export type Score = number | null;

/** Whether a match may decide anything, or is only shown. */
export function decides(score: number): boolean {
  return score >= byName;
}

/** Equality, or a prefix where the identifier ends in `*`. */
export function named(identifiers: readonly string[], key: string): Score {
  return longest(identifiers, (identifier) =>
    identifier.endsWith('*') ? key.startsWith(identifier.slice(0, -1)) : key === identifier,
  );
}

/** As `named`, without regard to case. */
export function namedAnyCase(identifiers: readonly string[], key: string): Score {
  return named(
    identifiers.map((identifier) => identifier.toLowerCase()),
    key.toLowerCase(),
  );
}

/** Display names carry trademark signs and stray blanks. */
export function namedLikeBrand(identifiers: readonly string[], displayName: string): Score {
  return namedAnyCase(identifiers.map(brand), brand(displayName));
}

/** Driver names come with or without `.sys`, and with a `64` ending on 64-bit systems. */
export function namedLikeDriver(identifiers: readonly string[], key: string): Score {
  const name = bareDriver(key);
  return longest(
    identifiers,
    (identifier) => name === bareDriver(identifier) || name === `${bareDriver(identifier)}64`,
  );
}

/**
 * Whether any expression (flag `i`) holds for the trimmed display name. Always less than a whole name; one seen on a
 * machine (`recorded`) is more than one that was put together from a brand.
 */
export function expressed(expressions: readonly string[], displayName: string, recorded = true): Score {
  if (!compiled(expressions).some((expression) => expression.test(displayName.trim()))) return null;
  return recorded ? byName + 1 : byName;
}

const memory = new WeakMap<readonly string[], readonly RegExp[]>();

/** Compiled once for each list: a machine has hundreds of programs, the catalogue hundreds of expressions. */
function compiled(expressions: readonly string[]): readonly RegExp[] {
  const known = memory.get(expressions);
  if (known !== undefined) return known;
  const fresh = expressions.map((expression) => new RegExp(expression, 'i'));
  memory.set(expressions, fresh);
  return fresh;
}

/** A file at or below one of the folders. Relative parts never count: `/opt/x/../y` is not below `/opt/x`. */
export function placedIn(folders: readonly string[], file: string | null): Score {
  if (file === null || file.split('/').includes('..')) return null;
  const lengths = folders.filter((folder) => file === folder || file.startsWith(`${folder}/`)).map((f) => f.length);
  return lengths.length === 0 ? null : byPlace + Math.max(...lengths);
}

/** Less than a name: tells a vendor, not a product. */
export function marked(matches: boolean): Score {
  return matches ? byMark : null;
}

/** The better of two scores. */
export function better(a: Score, b: Score): Score {
  if (a === null) return b;
  return b === null ? a : Math.max(a, b);
}

/** A match that counts for nothing but diagnostics. */
export function weakened(score: Score): Score {
  return score === null ? null : weak;
}

/** The longest identifier that matches; a whole name beats a prefix of the same length. */
function longest(identifiers: readonly string[], matches: (identifier: string) => boolean): Score {
  const scores = identifiers
    .filter(matches)
    .map((identifier) => (identifier.endsWith('*') ? 2 * (identifier.length - 1) : 2 * identifier.length + 1));
  return scores.length === 0 ? null : byName + 1 + Math.max(...scores);
}

/** A display name without trademark signs and stray blanks. */
export function brand(name: string): string {
  return name.replace(/[™®©]/g, '').replace(/\s+/g, ' ').trim();
}

function bareDriver(name: string): string {
  return name.toLowerCase().replace(/\.sys$/, '');
}
