/**
 * Release keys that only test builds believe (`protocol/release/trust.test.ts` holds the public halves). Made once with
 * `generateSigningKey`; that they can be read here is what makes them worthless elsewhere.
 */
import type { KeyPair } from '#protocol/crypto.ts';

export const testReleaseKey: KeyPair = {
  publicKey: 'BSRMDdqB0wQNhec9HIHeO2oXDwtgJ24pQKI0FybebL4',
  privateKey: 'UZIOrnTSiLWnqseEIW7WB8p5i6WKbm2GD191EzHyxzA',
};

export const spareTestReleaseKey: KeyPair = {
  publicKey: 'AlaqDTVBJvkbULzRLJHrPvjj-QqLK_fGocNfMg-AxGs',
  privateKey: 'rDFxV54pBzBH1ZwqXdrV89W2jftBHMr0Fj_l4yPfy8g',
};
