/** Text that a device sent is hostile until it is plain: no control, escape or direction characters. Never made a link. */

/** Terminal escape sequences, with what belongs to them. */
// oxlint-disable-next-line no-control-regex
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** Controls but tab and line feed; whatever turns or hides text (direction, zero width, tags); line separators. */
const hidden = /(?![\t\n])[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** One line. */
export function plain(text: string): string {
  return lines(text).replace(/\s+/g, ' ').trim();
}

/** Name and version of a system; many names say their version already ("Debian GNU/Linux 12 (bookworm)"). */
export function systemText(name: string, version: string): string {
  const [known, given] = [plain(name), plain(version)];
  return known.split(' ').includes(given) ? known : `${known} ${given}`.trim();
}

/** Several lines, for output; a carriage return ends a line like the line feed it often comes with. */
export function lines(text: string): string {
  return text.replace(escapes, '').replace(/\r\n?/g, '\n').replace(hidden, '');
}
