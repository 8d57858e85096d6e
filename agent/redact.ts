/**
 * Takes secrets out of text before it is written or sent: by value, in the forms in which programs repeat them (plain,
 * UTF-16LE, base64, percent-encoded), and by the name of the field that carries them (G18).
 */
export const secretField = /token|secret|password|passphrase|authorization|cookie|sealed|privatekey|sitekey$/i;
/** What a site token looks like, known or not: base64 of a JSON object (with a blank behind its brace or none), at least 90 characters. */
const tokenShape = /ey[AJ][A-Za-z0-9+/_-]{80,}={0,2}/g;
/** Secrets that others print beside their name: parts of a token in a vendor's log, a passphrase on a command line. */
const labelled =
  /\b((?:s1_agent_)?(?:site|management)[ _-]?(?:key|token)|passphrase|uninstall_key|(?:server|ioc)_proxy_credentials)(["']?\s{0,60}[:=]\s{0,60})("[^"\n]{1,4096}"|'[^'\n]{1,4096}'|[^\s"',;]{4,4096})/gi;
const mask = '[redacted]';

export interface Redactor {
  /** Remembers a secret for as long as the process lives. */
  add(secret: string): void;
  text(text: string): string;
}

export function createRedactor(): Redactor {
  const needles = new Set<string>();
  return {
    add(secret) {
      if (secret.length < 6) return;
      for (const form of formsOf(secret)) needles.add(form);
    },
    text(text) {
      let clean = text.replaceAll(tokenShape, mask).replaceAll(labelled, `$1$2${mask}`);
      for (const needle of needles) clean = clean.replaceAll(needle, mask);
      return clean;
    },
  };
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const wide = Buffer.from(secret, 'utf16le').toString('latin1');
  return [
    secret,
    wide,
    bytes.toString('base64'),
    bytes.toString('base64url'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ];
}

export function redactFields(fields: Readonly<Record<string, unknown>>, redactor: Redactor): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, redactValue(key, value, redactor)]));
}

function redactValue(key: string, value: unknown, redactor: Redactor): unknown {
  if (secretField.test(key)) return mask;
  if (typeof value === 'string') return redactor.text(value);
  if (value instanceof Error) return redactor.text(`${value.name}: ${value.message}`);
  if (Array.isArray(value)) return value.map((entry) => redactValue('', entry, redactor));
  if (typeof value === 'object' && value !== null) return redactFields(value as Record<string, unknown>, redactor);
  return value;
}
