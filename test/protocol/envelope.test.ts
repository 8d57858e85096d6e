import { describe, expect, it } from 'vitest';
import { generateSigningKey } from '#protocol/crypto.ts';
import { openEnvelope, signEnvelope, type Envelope } from '#protocol/envelope.ts';

const key = generateSigningKey();
const other = generateSigningKey();
const value = { consoleId: 'c', text: 'héllo', list: [1, 2, { a: null }] };

function resigned(payload: string): Envelope {
  // Signs bytes that JSON.stringify would never make, as a hostile but genuine signer could.
  const raw = Buffer.from(payload);
  const envelope = signEnvelope('command', 'x', [key]);
  const withRaw = signRaw(raw);
  return { ...envelope, payload: raw.toString('base64'), signatures: withRaw.signatures };
}

function signRaw(raw: Buffer): Envelope {
  const stringify = JSON.stringify;
  try {
    JSON.stringify = () => raw.toString('utf8');
    return signEnvelope('command', null, [key]);
  } finally {
    JSON.stringify = stringify;
  }
}

describe('G25 envelopes: raw bytes are signed, parsed only afterwards', () => {
  it('gives back what was signed, and by whom', () => {
    expect(openEnvelope('command', signEnvelope('command', value, [key]), [other.publicKey, key.publicKey])).toEqual({
      ok: true,
      value,
      signedBy: [key.publicKey],
    });
  });

  it('refuses another type, another key, a changed byte and a missing signature', () => {
    const envelope = signEnvelope('command', value, [key]);
    const changed = Buffer.from(envelope.payload, 'base64');
    changed[5] = (changed[5] ?? 0) ^ 1;
    expect(openEnvelope('assignment', envelope, [key.publicKey]).ok).toBe(false);
    expect(openEnvelope('command', envelope, [other.publicKey]).ok).toBe(false);
    expect(openEnvelope('command', { ...envelope, payload: changed.toString('base64') }, [key.publicKey]).ok).toBe(
      false,
    );
    expect(openEnvelope('command', { ...envelope, signatures: [{ keyid: '', sig: '' }] }, [key.publicKey]).ok).toBe(
      false,
    );
    expect(openEnvelope('command', envelope, []).ok).toBe(false);
  });

  it('refuses a signature of one type under the name of another', () => {
    const envelope = {
      ...signEnvelope('command', value, [key]),
      payloadType: 'application/vnd.garrison.assignment.v1+json',
    };
    expect(openEnvelope('assignment', envelope, [key.publicKey])).toEqual({
      ok: false,
      why: 'no signature of a known key',
    });
  });

  it('refuses loose base64 of the same bytes', () => {
    const envelope = signEnvelope('command', { a: 1 }, [key]);
    const loose = `${envelope.payload.replace(/=+$/, '')}`;
    expect(loose).not.toBe(envelope.payload);
    expect(openEnvelope('command', { ...envelope, payload: loose }, [key.publicKey])).toMatchObject({ ok: false });
  });

  it.each([
    ['a key that stands twice', '{"a":1,"a":2}'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['a key twice, deep inside', '{"x":[{"b":{"c":1,"c":2}}]}'],
    ['__proto__', '{"__proto__":{"mode":"deploy"}}'],
    ['constructor', '{"x":{"constructor":1}}'],
    ['no JSON', '{"a":'],
  ])('refuses %s although it is signed', (_, text) => {
    expect(openEnvelope('command', resigned(text), [key.publicKey])).toMatchObject({
      ok: false,
      why: expect.stringContaining('strict JSON'),
    });
  });

  it.each(['{"a":"{\\"a\\":1}","b":"a"}', '[{"a":1},{"a":2}]', '{"a":{"a":{"a":"]}"}}}'])('takes %s', (text) => {
    expect(openEnvelope('command', resigned(text), [key.publicKey])).toMatchObject({
      ok: true,
      value: JSON.parse(text),
    });
  });
});
