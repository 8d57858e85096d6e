/** G18: what leaves a device in an archive holds no secret in any spelling that programs are known to write. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanValue, withoutHidden } from '#agent/diagnose/hidden.ts';
import { createRedactor, type Redactor } from '#agent/redact.ts';
import { siteToken } from '#test/worlds/host/console.ts';

const secret = 'S3cret+/value="x"&y';

function knowing(): Redactor {
  const redactor = createRedactor();
  redactor.add(secret);
  return redactor;
}

const base64 = (text: string, encoding: BufferEncoding = 'utf8'): string =>
  Buffer.from(text, encoding).toString('base64');
const everyLetter = (text: string, digits: (hex: string) => string): string =>
  Array.from(Buffer.from(text), (byte) => `%${digits(byte.toString(16).padStart(2, '0'))}`).join('');
const wide = (text: string): string => Buffer.from(text, 'utf16le').toString('latin1');
const bigEndian = (text: string): string => Buffer.from(text, 'utf16le').swap16().toString('latin1');

const spellings: readonly (readonly [string, string])[] = [
  ['as it is', secret],
  ['UTF-16LE read byte by byte', wide(secret)],
  ['UTF-16BE read byte by byte', bigEndian(secret)],
  ['percent-encoded where it must be', encodeURIComponent(secret)],
  ['every letter percent-encoded, upper case', everyLetter(secret, (hex) => hex.toUpperCase())],
  ['every letter percent-encoded, lower case', everyLetter(secret, (hex) => hex)],
  ['base64', base64(secret)],
  ['base64 of UTF-16LE, as encoded commands are', base64(secret, 'utf16le')],
  ['base64 of more than the secret', base64(`user:${secret}`)],
  ['base64url of more than the secret', Buffer.from(`{"key":"${secret}"}`).toString('base64url')],
  ['base64 out of step, behind other letters', `key${base64(`xy ${secret} and more`)}`],
  ['base64 in lines of 20', (base64(`some text before ${secret} and after`).match(/.{1,20}/g) ?? []).join('\n')],
  ['base64 in lines of 20 with CRLF', (base64(`a ${secret} b`).match(/.{1,20}/g) ?? []).join('\r\n  ')],
  ['base64 of base64', base64(base64(`a ${secret} b`))],
  ['percent-encoded base64', encodeURIComponent(base64(`user:${secret}=`))],
  ['base64 of a percent-encoded text', base64(`token=${encodeURIComponent(secret)}`)],
];

/** Whether it can still be read out of the text, by whoever tries all of these too. */
function tells(text: string): boolean {
  return spellings.some(([, form]) => text.includes(form));
}

describe('G18: a secret that is known does not get through', () => {
  it.each(spellings)('%s', (_name, form) => {
    const clean = withoutHidden(`before "${form}" after\n`, knowing());
    expect(clean).toContain('[redacted]');
    expect(tells(clean)).toBe(false);
    expect(clean).toMatch(/^before .* after\n$/s);
  });

  it('wherever it stands in whatever text', () => {
    const forms = fc.constantFrom(...spellings.map(([, form]) => form));
    fc.assert(
      fc.property(fc.string(), fc.string(), forms, (before, after, form) => {
        expect(withoutHidden(`${before}\n${form}\n${after}`, knowing())).not.toContain(form);
      }),
    );
  });

  it('in a value, in a list, under a key, as a key', () => {
    const value = { a: [{ b: `x ${secret}` }], [base64(`k ${secret}`)]: 1, password: 'short', tokenPresent: null };
    const clean = JSON.stringify(cleanValue(value, knowing()));
    expect(tells(clean)).toBe(false);
    expect(clean).not.toContain('short');
    expect(clean).toContain('"tokenPresent":null');
  });

  it('in a document that is text inside a document', () => {
    const clean = JSON.stringify(cleanValue({ log: JSON.stringify({ out: `line\n${secret}\nline` }) }, knowing()));
    expect(tells(clean)).toBe(false);
    expect(clean).not.toContain('S3cret');
  });
});

describe('what nobody has named but looks like a site token', () => {
  const long = Buffer.from(`{"url":"https://x.sentinelone.net","site_key":"${'0a1b2c3d'.repeat(5)}"}`).toString(
    'base64',
  );

  it.each([
    ['as it is', long],
    ['in UTF-16', wide(long)],
    ['percent-encoded', encodeURIComponent(long)],
    ['base64 of it', base64(`token=${long}`)],
    ['base64 of it in UTF-16', base64(`-t ${long}`, 'utf16le')],
  ])('%s', (_name, form) => {
    const clean = withoutHidden(`x ${form} y`, createRedactor());
    expect(clean).toContain('[redacted]');
    expect(clean).not.toContain(form.slice(0, 60));
  });

  it('the token of our worlds too', () => {
    const redactor = createRedactor();
    redactor.add(siteToken);
    expect(withoutHidden(base64(`a ${siteToken}`, 'utf16le'), redactor)).toBe('[redacted]');
  });
});

describe('what is no secret stays readable', () => {
  it.each([
    'sha256 3f0a9d0c5f6f1e0b5d7f8a6f5c4e3d2b1a0f9e8d7c6b5a493827161504f3e2d1',
    'SentinelAgent_linux_x86_64_v24_2_2_20.deb 100% of 24.2.2.20',
    '2026-06-01T12:00:00.000Z info "installed, running, healthy and connected" /var/lib/garrison/runs/run-1',
    'https://console.test/agent/commands?after=0&wait=240 %20',
  ])('%s', (text) => {
    expect(withoutHidden(text, knowing())).toBe(text);
  });

  it('and a megabyte of log takes no longer than a person would wait', () => {
    const line = '2026-06-01T12:00:00.000Z info checked in seq=120 digest=3f0a9d0c5f6f1e0b5d7f8a6f5c4e3d2b1a0f9e8d\n';
    const text = line.repeat(10_000);
    expect(withoutHidden(text, knowing())).toBe(text);
  });
});
