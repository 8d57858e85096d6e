import { describe, expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { generateSealingKey, generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import { acceptKeySet, type KeySet } from '#protocol/key-set.ts';

const owner = generateSigningKey();
const online = generateSigningKey();

function keySet(change: Partial<KeySet> = {}): KeySet {
  return {
    consoleId: 'c1',
    epoch: 1,
    number: 5,
    issuedAt: '2026-01-01T00:00:00.000Z',
    notAfter: '2036-01-01T00:00:00.000Z',
    signingKeys: [online.publicKey],
    sealingKey: generateSealingKey().publicKey,
    tlsPins: [],
    addresses: ['https://garrison.example'],
    vendorHosts: ['usea1-acme.sentinelone.net'],
    trust: 'console-only',
    ...change,
  };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof Fault) return error.code;
  }
  return 'accepted';
}

describe('G3 the owner key stands above the online keys', () => {
  const held = keySet();
  const accept = (next: KeySet, signer = owner): string =>
    codeOf(() => acceptKeySet(signEnvelope('keySet', next, [signer]), owner.publicKey, held));

  it.each([
    ['the same again', keySet({ number: 5 }), 'accepted'],
    ['a newer number', keySet({ number: 6 }), 'accepted'],
    ['a newer epoch with a lower number, as after a restore', keySet({ epoch: 2, number: 1 }), 'accepted'],
    ['an older number', keySet({ number: 4 }), 'keys.older'],
    ['an older epoch', keySet({ epoch: 0, number: 900 }), 'keys.older'],
    ['another console', keySet({ consoleId: 'c2', number: 6 }), 'keys.untrusted'],
  ])('%s: %s', (_, next, expected) => {
    expect(accept(next)).toBe(expected);
  });

  it('refuses what only the online key has signed', () => {
    expect(accept(keySet({ number: 6 }), online)).toBe('keys.untrusted');
  });

  it('refuses what is signed and no key set', () => {
    expect(
      codeOf(() => acceptKeySet(signEnvelope('keySet', { consoleId: 'c1' }, [owner]), owner.publicKey, null)),
    ).toBe('keys.untrusted');
  });

  it('refuses addresses and keys that are none', () => {
    expect(accept(keySet({ number: 6, signingKeys: ['short'] }))).toBe('keys.untrusted');
    expect(accept(keySet({ number: 6, addresses: ['not an address'] }))).toBe('keys.untrusted');
  });
});
