/** Tells by its form alone what was pasted where an API token belongs. Pure; nothing is verified. */
import { Fault } from '#protocol/codes.ts';

export type TokenShape =
  /** The old form: 80 letters and digits. */
  | { readonly kind: 'api-token-legacy' }
  /** `expiresAtMs` as the token itself says, null when it does not. */
  | { readonly kind: 'api-token-jwt'; readonly expiresAtMs: number | null }
  | { readonly kind: 'api-token-cut-off' }
  | { readonly kind: 'site-id' }
  | { readonly kind: 'site-token' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown' };

const legacyLength = 80;
const jwtLengthMax = 4096;

function jsonObject(text: string, encoding: 'base64' | 'base64url'): object | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, encoding).toString('utf8'));
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}

/** Characters of a signature by its algorithm; a shorter one was cut off. */
const signatureLengths: Record<string, number> = { ES256: 86, ES384: 128, HS256: 43 };

function jwtShape(text: string): TokenShape {
  const [header = '', claims = '', signature = ''] = text.split('.');
  const head = jsonObject(header, 'base64url');
  const decoded = jsonObject(claims, 'base64url');
  if (head === null || decoded === null || text.length > jwtLengthMax) return { kind: 'api-token-cut-off' };
  const algorithm = 'alg' in head && typeof head.alg === 'string' ? head.alg : '';
  if (signature.length < (signatureLengths[algorithm] ?? 86)) return { kind: 'api-token-cut-off' };
  const expiry = 'exp' in decoded && typeof decoded.exp === 'number' ? decoded.exp * 1000 : null;
  return { kind: 'api-token-jwt', expiresAtMs: expiry };
}

/** Quotes, blanks and line breaks that come along when copying, and a pasted header name, are taken off. */
function trimToken(pasted: string): string {
  return pasted
    .replace(/[\s"'`\u200B\uFEFF]+/g, ' ')
    .trim()
    .replace(/^(authorization: ?)?(api)?token /i, '')
    .replaceAll(' ', '');
}

export function tokenShape(pasted: string): TokenShape {
  const text = trimToken(pasted);
  if (text === '') return { kind: 'empty' };
  if (/^\d{16,20}$/.test(text)) return { kind: 'site-id' };
  if (/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){1,2}$/.test(text)) return jwtShape(text);
  if (/^[A-Za-z0-9]+$/.test(text) && text.length === legacyLength && !text.startsWith('eyJ')) {
    return { kind: 'api-token-legacy' };
  }
  const inner = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? jsonObject(text, 'base64') : null;
  if (inner !== null && 'site_key' in inner) return { kind: 'site-token' };
  if (/^eyJ[A-Za-z0-9_-]*$/.test(text)) return { kind: 'api-token-cut-off' };
  if (/^[A-Za-z0-9]+$/.test(text) && text.length > 40 && text.length < legacyLength)
    return { kind: 'api-token-cut-off' };
  return { kind: 'unknown' };
}

const mistakes: Record<Exclude<TokenShape['kind'], 'api-token-legacy' | 'api-token-jwt'>, string> = {
  'api-token-cut-off': 'The API token was not copied to its end.',
  'site-id': 'This is a site id. The API token is made under "My user" or "Service users".',
  'site-token':
    'This is a site token, which enrols endpoints. The API token is made under "My user" or "Service users".',
  empty: 'No API token was given.',
  unknown: 'This does not look like an API token: they are 80 letters and digits, or three parts with dots in between.',
};

/** The trimmed API token with its own expiry, or throws `sentinelone.token-shape` naming what it is instead. */
export function readApiToken(pasted: string): { readonly apiToken: string; readonly expiresAtMs: number | null } {
  const shape = tokenShape(pasted);
  if (shape.kind === 'api-token-legacy') return { apiToken: trimToken(pasted), expiresAtMs: null };
  if (shape.kind === 'api-token-jwt') return { apiToken: trimToken(pasted), expiresAtMs: shape.expiresAtMs };
  throw new Fault('sentinelone.token-shape', mistakes[shape.kind], { context: { looksLike: shape.kind } });
}

const siteIdMistakes: Record<Exclude<TokenShape['kind'], 'site-id'>, string> = {
  'api-token-legacy': 'This is an API token; it belongs into the field above.',
  'api-token-jwt': 'This is an API token; it belongs into the field above.',
  'api-token-cut-off': 'This looks like a part of an API token.',
  'site-token': 'This is a site token, the long text that enrols endpoints. The site id stands beside it: digits only.',
  empty: 'No site id was given.',
  unknown: 'This is not a number.',
};

/** The id as digits, or throws `sentinelone.site-id` naming what was pasted instead. */
export function readSiteId(pasted: string): string {
  const text = trimToken(pasted);
  if (/^\d{1,30}$/.test(text)) return text;
  const { kind } = tokenShape(pasted);
  const mistake = kind === 'site-id' ? siteIdMistakes.unknown : siteIdMistakes[kind];
  throw new Fault('sentinelone.site-id', mistake, { context: { looksLike: kind } });
}
