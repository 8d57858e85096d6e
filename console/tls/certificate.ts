/** A certificate of our own: X.509 v3, EC P-256, signed by its own key. Devices know it by that key, not by who signed. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  GeneralName,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_subjectAltName,
  id_kp_serverAuth,
  Name,
  RelativeDistinguishedName,
  SubjectAlternativeName,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';

const ecdsaWithSha256 = '1.2.840.10045.4.3.2';
const commonName = '2.5.4.3';

export interface Wanted {
  /** PEM, PKCS #8 */
  readonly key: string;
  /** Hosts it is for: names and addresses. */
  readonly names: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
}

/** PEM, PKCS #8. */
export function newTlsKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What a key set pins: SHA-256 (hex) of the public key (SPKI) of a private key or certificate in PEM. */
export function pinOf(pem: string | Buffer): string {
  const text = pem.toString();
  const key = text.includes('CERTIFICATE') ? new X509Certificate(text).publicKey : createPublicKey(text);
  return createHash('sha256').update(spki(key)).digest('hex');
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function subject(): Name {
  const value = new AttributeValue({ utf8String: 'Garrison console' });
  return new Name([new RelativeDistinguishedName([new AttributeTypeAndValue({ type: commonName, value })])]);
}

function extension(id: string, critical: boolean, value: object): Extension {
  return new Extension({ extnID: id, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

/** Seconds are the finest that a certificate knows. */
function second(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

export function makeCertificate({ key, names, fromMs, toMs }: Wanted): string {
  const privateKey = createPrivateKey(key);
  const algorithm = new AlgorithmIdentifier({ algorithm: ecdsaWithSha256 });
  const alternatives = names.map((name) => new GeneralName(isIP(name) === 0 ? { dNSName: name } : { iPAddress: name }));
  // A serial number is a positive integer of at most 20 bytes.
  const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
  const content = new TBSCertificate({
    version: Version.v3,
    serialNumber: new Uint8Array(serial).buffer,
    signature: algorithm,
    issuer: subject(),
    validity: new Validity({ notBefore: second(fromMs), notAfter: second(toMs) }),
    subject: subject(),
    subjectPublicKeyInfo: AsnConvert.parse(spki(createPublicKey(privateKey)), SubjectPublicKeyInfo),
    extensions: new Extensions([
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: false })),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectAltName, false, new SubjectAlternativeName(alternatives)),
    ]),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(content)), privateKey);
  const certificate = new Certificate({
    tbsCertificate: content,
    signatureAlgorithm: algorithm,
    signatureValue: new Uint8Array(signature).buffer,
  });
  const lines =
    Buffer.from(AsnConvert.serialize(certificate))
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
