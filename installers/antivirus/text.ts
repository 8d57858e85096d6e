/** What a machine says about itself is hostile: one line, no control or direction characters, bounded. */

const lineMax = 200;
// Control characters, zero-width characters, line separators and bidirectional overrides.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

/** At most 200 UTF-16 units, which is what reports accept. */
export function plainLine(text: string): string {
  const line = text
    .slice(0, lineMax * 4)
    .replace(unprintable, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= lineMax ? line : `${cutWhole(line, lineMax - 1)}…`;
}

/** An id for something that no catalogue entry names; always `unnamed-…`, so it never equals an entry's id. */
export function unnamedId(name: string): string {
  const slug = name
    .slice(0, 200)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `unnamed-${slug === '' ? 'program' : slug.slice(0, 48)}`;
}

/** Never ends in half a surrogate pair. */
function cutWhole(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
