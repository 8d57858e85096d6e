/** A certificate from files, as an authority or a tool like certbot keeps them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Fault } from '#protocol/codes.ts';
import { pinOf } from '#console/tls/certificate.ts';
import type { KeyAndCertificate } from '#console/tls/own-key.ts';

export interface TlsFiles {
  /** PEM, with the certificates between it and its authority. */
  readonly certificate: string;
  /** PEM */
  readonly key: string;
}

function refuse(why: string, cause?: unknown): Fault {
  return new Fault('console.bad-configuration', why, { cause });
}

/**
 * Fault `console.bad-configuration` when they cannot be read, do not belong together, or are not a key that the key set
 * names while it names any: devices would turn away from it.
 */
export function readTlsFiles(files: TlsFiles, pins: readonly string[]): KeyAndCertificate {
  let pair: KeyAndCertificate;
  try {
    pair = { cert: readFileSync(files.certificate, 'utf8'), key: readFileSync(files.key, 'utf8') };
  } catch (error) {
    throw refuse(`${files.certificate} and ${files.key} cannot be read`, error);
  }
  let belong: boolean;
  try {
    belong = new X509Certificate(pair.cert).checkPrivateKey(createPrivateKey(pair.key));
  } catch (error) {
    throw refuse(`${files.certificate} and ${files.key} are not a certificate and a key in PEM`, error);
  }
  if (!belong) throw refuse(`the key ${files.key} does not belong to ${files.certificate}`);
  const pin = pinOf(pair.cert);
  if (pins.length > 0 && !pins.includes(pin)) {
    throw refuse(
      `devices do not know this certificate; add its pin first: key-set renew --tls-pin ${pin} (and the old one)`,
    );
  }
  return pair;
}
