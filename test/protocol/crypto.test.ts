import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { agree, generateSealingKey, generateSigningKey, seal, sign, unseal, verify } from '#protocol/crypto.ts';
import {
  requestMac,
  requestMacHolds,
  sessionMacKey,
  signTranscript,
  verifyTranscript,
  type SessionTranscript,
} from '#protocol/session.ts';

describe('keys', () => {
  it('are the raw 32 bytes that other implementations write (JWK)', () => {
    const pair = generateKeyPairSync('ed25519');
    const jwk = pair.privateKey.export({ format: 'jwk' });
    const signature = sign(jwk.d ?? '', Buffer.from('hello'));
    expect(verify(jwk.x ?? '', Buffer.from('hello'), signature)).toBe(true);
    expect(verify(jwk.x ?? '', Buffer.from('hellp'), signature)).toBe(false);
  });

  it('answers false, not an error, for malformed keys and signatures', () => {
    const { publicKey } = generateSigningKey();
    expect(verify(publicKey, Buffer.from('x'), Buffer.alloc(64))).toBe(false);
    expect(verify(publicKey, Buffer.from('x'), Buffer.alloc(3))).toBe(false);
    expect(verify('AAAA', Buffer.from('x'), Buffer.alloc(64))).toBe(false);
  });

  it('agree on the same secret from both sides, another one per context', () => {
    const [a, b] = [generateSealingKey(), generateSealingKey()];
    expect(agree(a.privateKey, b.publicKey, 'x')).toEqual(agree(b.privateKey, a.publicKey, 'x'));
    expect(agree(a.privateKey, b.publicKey, 'x')).not.toEqual(agree(a.privateKey, b.publicKey, 'y'));
  });
});

describe('G12 what is sealed opens for one key and one purpose only', () => {
  const [mine, other] = [generateSealingKey(), generateSealingKey()];
  const sealed = seal(mine.publicKey, 'site-token:d1:7', Buffer.from('secret'));

  it('opens for its key and purpose', () => {
    expect(unseal(mine.privateKey, 'site-token:d1:7', sealed)?.toString()).toBe('secret');
  });

  it('opens for nobody else, for nothing else, and not when changed or cut', () => {
    expect(unseal(other.privateKey, 'site-token:d1:7', sealed)).toBeNull();
    expect(unseal(mine.privateKey, 'site-token:d1:8', sealed)).toBeNull();
    const bytes = Buffer.from(sealed, 'base64url');
    for (let index = 0; index < bytes.length; index++) {
      const changed = Buffer.from(bytes);
      changed[index] = (changed[index] ?? 0) ^ 0x10;
      expect(unseal(mine.privateKey, 'site-token:d1:7', changed.toString('base64url'))).toBeNull();
    }
    expect(unseal(mine.privateKey, 'site-token:d1:7', bytes.subarray(0, 40).toString('base64url'))).toBeNull();
    expect(unseal(mine.privateKey, 'site-token:d1:7', '')).toBeNull();
  });

  it('never looks the same twice', () => {
    expect(seal(mine.publicKey, 'p', Buffer.from('x'))).not.toBe(seal(mine.publicKey, 'p', Buffer.from('x')));
  });
});

describe('G12 a copied access token alone is worthless', () => {
  const device = generateSigningKey();
  const console = generateSealingKey();
  const ephemeral = generateSealingKey();
  const transcript: SessionTranscript = {
    consoleId: 'c1',
    deviceId: 'd1',
    challenge: 'once',
    ephemeralKey: ephemeral.publicKey,
    consoleSealingKey: console.publicKey,
  };

  it('gives both sides the same MAC key, bound to every part of the transcript', () => {
    const ours = sessionMacKey(transcript, ephemeral.privateKey, console.publicKey);
    expect(sessionMacKey(transcript, console.privateKey, ephemeral.publicKey)).toEqual(ours);
    for (const change of [{ consoleId: 'c2' }, { deviceId: 'd2' }, { challenge: 'twice' }]) {
      expect(sessionMacKey({ ...transcript, ...change }, ephemeral.privateKey, console.publicKey)).not.toEqual(ours);
    }
  });

  it('binds the proof to console, device, console key, challenge and ephemeral key', () => {
    const signature = signTranscript(transcript, device.privateKey);
    expect(verifyTranscript(transcript, device.publicKey, signature)).toBe(true);
    const changes: Partial<SessionTranscript>[] = [
      { consoleId: 'c2' },
      { deviceId: 'd2' },
      { challenge: 'twice' },
      { ephemeralKey: generateSealingKey().publicKey },
      { consoleSealingKey: generateSealingKey().publicKey },
    ];
    for (const change of changes)
      expect(verifyTranscript({ ...transcript, ...change }, device.publicKey, signature)).toBe(false);
  });

  it('covers method, path, counter and body of a request', () => {
    const key = sessionMacKey(transcript, ephemeral.privateKey, console.publicKey);
    const request = { method: 'POST', path: '/agent/check-in', counter: 3, body: '{}' };
    const mac = requestMac(key, request);
    expect(requestMacHolds(key, { ...request, method: 'post' }, mac)).toBe(true);
    for (const change of [{ method: 'GET' }, { path: '/agent/check-in?x' }, { counter: 4 }, { body: '{ }' }]) {
      expect(requestMacHolds(key, { ...request, ...change }, mac)).toBe(false);
    }
    expect(requestMacHolds(key, request, '')).toBe(false);
  });
});
