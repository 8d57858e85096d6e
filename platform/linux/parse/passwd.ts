/** User id of a name in passwd(5) text; null when it is not there. */
export function parsePasswdUid(text: string, user: string): number | null {
  for (const line of text.split('\n')) {
    const [name, , uid] = line.split(':');
    if (name === user && uid !== undefined && /^\d+$/.test(uid)) return Number(uid);
  }
  return null;
}
