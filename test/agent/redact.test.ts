import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { createRedactor, redactFields } from '#agent/redact.ts';
import { siteToken } from '#test/worlds/host/console.ts';

const secret = 'S3cret+/value="x"&y';
const canary = (text: string): boolean => text.includes(secret);

describe('a secret is taken out of text', () => {
  const forms: readonly (readonly [string, string])[] = [
    ['as it is', secret],
    ['in UTF-16, as Windows Installer logs', Buffer.from(secret, 'utf16le').toString('latin1')],
    ['in base64', Buffer.from(secret).toString('base64')],
    ['in base64url', Buffer.from(secret).toString('base64url')],
    ['percent-encoded', encodeURIComponent(secret)],
    ['inside JSON', JSON.stringify(secret).slice(1, -1)],
  ];

  it.each(forms)('%s', (_name, form) => {
    const redactor = createRedactor();
    redactor.add(secret);
    const clean = redactor.text(`before ${form} and ${form} after`);
    expect(clean).toBe('before [redacted] and [redacted] after');
  });

  it('wherever it stands', () => {
    const redactor = createRedactor();
    redactor.add(secret);
    fc.assert(
      fc.property(
        fc.string(),
        fc.string(),
        fc.constantFrom(...forms.map(([, form]) => form)),
        (before, after, form) => {
          expect(redactor.text(before + form + after)).not.toContain(form);
        },
      ),
    );
  });

  it('also when nobody has named it but it looks like a site token', () => {
    const clean = createRedactor().text(`S1_AGENT_MANAGEMENT_TOKEN=${siteToken}${'A'.repeat(40)} end`);
    expect(clean).not.toContain(siteToken.slice(0, 40));
    expect(clean).toContain('end');
  });

  it('also with a blank behind the brace', () => {
    const spaced = Buffer.from('{ "url": "https://server-101.sentinelone.net", "site_key": "g_0a1b2c3d4e5f6789" }');
    expect(createRedactor().text(`-t ${spaced.toString('base64')} -q`)).toBe('-t [redacted] -q');
  });

  it.each([
    ['Site Key:                          0a1b2c3d4e5f6789', 'Site Key:                          [redacted]'],
    ['{"site_key": "g_0a1b2c3d", "x": 1}', '{"site_key": [redacted], "x": 1}'],
    ['Property(S): SITE_TOKEN = abcdefgh', 'Property(S): SITE_TOKEN = [redacted]'],
    ['S1_AGENT_MANAGEMENT_TOKEN=abcd1234', 'S1_AGENT_MANAGEMENT_TOKEN=[redacted]'],
    ['UNINSTALL_KEY="a b" next', 'UNINSTALL_KEY=[redacted] next'],
    ['SERVER_PROXY_CREDENTIALS=user:pass', 'SERVER_PROXY_CREDENTIALS=[redacted]'],
    ["passphrase: 'WORD-word-1234'", 'passphrase: [redacted]'],
    ['the site key is wrong', 'the site key is wrong'],
    ['no token: none', 'no token: none'],
  ])('that stands beside its name: %s', (text, clean) => {
    expect(createRedactor().text(text)).toBe(clean);
  });

  it('but not what is too short to be one', () => {
    const redactor = createRedactor();
    redactor.add('ab');
    expect(redactor.text('abc')).toBe('abc');
  });
});

describe('fields of a log line', () => {
  const redactor = createRedactor();
  redactor.add(secret);

  it.each([
    'token',
    'siteToken',
    'apiSecret',
    'password',
    'passphrase',
    'Authorization',
    'cookie',
    'sealed',
    'privateKey',
    'siteKey',
  ])('named %s never show their value', (name) => {
    expect(redactFields({ [name]: 'anything' }, redactor)).toEqual({ [name]: '[redacted]' });
    expect(redactFields({ nested: { [name]: { deep: 'anything' } } }, redactor)).toEqual({
      nested: { [name]: '[redacted]' },
    });
  });

  it('of other names are searched by value, however deep', () => {
    const fields = {
      a: secret,
      b: [secret, { c: `x ${secret}` }],
      d: new Error(`failed with ${secret}`),
      e: 5,
      f: null,
    };
    const clean = redactFields(fields, redactor);
    expect(canary(JSON.stringify(clean))).toBe(false);
    expect(clean).toMatchObject({ e: 5, f: null, d: 'Error: failed with [redacted]' });
  });
});
