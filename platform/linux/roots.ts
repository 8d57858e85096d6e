import { readSystemFile } from '#platform/linux/read.ts';

/** Where distributions keep the roots their administrator maintains. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
];

/** Trusted roots of this system as PEM texts; what is missing is left out. */
export async function systemRoots(bundles: readonly string[] = systemBundles): Promise<readonly string[]> {
  const texts = await Promise.all(bundles.map(readSystemFile));
  return texts.filter((text) => text !== null);
}
