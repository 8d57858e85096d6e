/** Names of certificates as .NET writes them: `CN="Example, Inc.", O="Example, Inc.", C=US`. */

interface NamePart {
  readonly type: string;
  readonly value: string;
}

/**
 * Values with special letters stand in quotes, a quote in them is doubled. null for what does not parse to its end: half
 * a name must not name anybody.
 */
function parseDistinguishedName(text: string): readonly NamePart[] | null {
  const parts: NamePart[] = [];
  const part =
    /\s*([A-Za-z][A-Za-z0-9]*|OID\.[0-9.]+|[0-9]+(?:\.[0-9]+)+)\s*=\s*(?:"((?:[^"]|"")*)"|([^",+;<>=]*))\s*([,+;]|$)/y;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return null;
    parts.push({
      type: (found[1] ?? '').toUpperCase(),
      value: (found[2]?.replaceAll('""', '"') ?? found[3] ?? '').trim(),
    });
    if (found[4] === '') break;
    if (part.lastIndex >= text.length) return null;
  }
  return parts.length > 0 ? parts : null;
}

/** The one organisation in a name; null when it has none or several. */
export function organisationOf(subject: string): string | null {
  const named = (parseDistinguishedName(subject) ?? []).filter(
    (part) => part.type === 'O' || part.type === 'OID.2.5.4.10',
  );
  return named.length === 1 ? (named[0]?.value ?? null) : null;
}
