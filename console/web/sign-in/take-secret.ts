/** A secret stands in the fragment, which a browser never sends; it is taken out of the address at once. */
export function takeSecret(): string {
  const secret = window.location.hash.slice(1);
  if (secret !== '') window.history.replaceState(null, '', window.location.pathname);
  return secret;
}
