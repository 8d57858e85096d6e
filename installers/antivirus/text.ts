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

/**
 * An id for something that no catalogue entry names; always `unnamed-…`, so it never equals an entry's id. What letters,
 * digits and length cannot tell apart ("火绒", "腾讯") gets a checksum, so that an exception names one product only.
 */
export function unnamedId(name: string): string {
  const folded = name.slice(0, 200).toLowerCase().trim();
  const slug = folded.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '');
  // eslint-disable-next-line no-control-regex
  const whole = slug.length > 0 && slug.length <= slugMax && !/[^\u0000-\u007f]/.test(folded.replace(/[™®©]/g, ''));
  if (whole) return `unnamed-${slug}`;
  return `unnamed-${slug.slice(0, slugMax - 9) || 'program'}-${checksum(folded)}`;
}

const slugMax = 48;

/** FNV-1a over UTF-16 units, 8 hex digits: tells names apart, protects nothing. */
function checksum(text: string): string {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Never ends in half a surrogate pair. */
function cutWhole(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? length - 1 : length);
}
