/** The offline owner key as text: made at first start, shown once, kept by people. */
import { Fault } from '#protocol/codes.ts';
import { generateSigningKey, sign, verify, type KeyPair } from '#protocol/crypto.ts';

export type { KeyPair } from '#protocol/crypto.ts';

const shape = /^garrison-owner-key\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

export function makeOwnerKey(): { readonly pair: KeyPair; readonly text: string } {
  const pair = generateSigningKey();
  return { pair, text: `garrison-owner-key.${pair.publicKey}.${pair.privateKey}` };
}

/** Fault `console.bad-configuration` for anything but a whole owner key; the text is never repeated. */
export function keyPairOf(text: string): KeyPair {
  const [, publicKey, privateKey] = shape.exec(text) ?? [];
  if (publicKey === undefined || privateKey === undefined) {
    throw new Fault('console.bad-configuration', 'this is not an owner key; it begins with garrison-owner-key.');
  }
  const probe = Buffer.from('garrison-owner-key-probe');
  if (!verify(publicKey, probe, sign(privateKey, probe))) {
    throw new Fault('console.bad-configuration', 'the owner key is cut off or changed');
  }
  return { publicKey, privateKey };
}
