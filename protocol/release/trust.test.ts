import type { ReleaseTrust } from '#protocol/release/trust.ts';

/** For test builds only; their private halves stand in `test/worlds/release/keys.ts` for everybody to read. */
export const trust: ReleaseTrust & { readonly marker: string } = {
  marker: 'garrison-test-trust:release-keys-never-in-a-release',
  flavour: 'test',
  keys: ['BSRMDdqB0wQNhec9HIHeO2oXDwtgJ24pQKI0FybebL4', 'AlaqDTVBJvkbULzRLJHrPvjj-QqLK_fGocNfMg-AxGs'],
};
