/** Windows' own signature on our programs and packages, when a key is given. Off by default; never on a test build. */
import { existsSync, renameSync } from 'node:fs';
import { run } from './run.ts';

/**
 * `certificates`: PEM file, ours first and then up to the root. `key`: PEM file; its password, if any, stands in
 * `passwordFile`. `timestamp`: address of an RFC 3161 service; without one the signature ends with the certificate.
 */
export interface SigningKey {
  readonly certificates: string;
  readonly key: string;
  readonly passwordFile: string | null;
  readonly timestamp: string | null;
}

/** From the environment of whoever builds; null when none is named. Throws for half a key. */
export function readSigningKey(environment: NodeJS.ProcessEnv): SigningKey | null {
  const named = (part: string): string | null => environment[`GARRISON_AUTHENTICODE_${part}`] ?? null;
  const [certificates, key, passwordFile] = [named('CERTIFICATES'), named('KEY_FILE'), named('PASSWORD_FILE')];
  if (certificates === null && key === null) return null;
  for (const [part, file] of Object.entries({ CERTIFICATES: certificates, KEY_FILE: key }))
    if (file === null || !existsSync(file)) throw new Error(`GARRISON_AUTHENTICODE_${part} names no file`);
  return { certificates: certificates ?? '', key: key ?? '', passwordFile, timestamp: named('TIMESTAMP') };
}

/** Signs a program or MSI in its place. */
export function signAuthenticode(file: string, { certificates, key, passwordFile, timestamp }: SigningKey): void {
  const signed = `${file}.signed`;
  const args = ['sign', '-certs', certificates, '-key', key, '-h', 'sha256', '-n', 'Garrison agent'];
  if (passwordFile !== null) args.push('-readpass', passwordFile);
  if (timestamp !== null) args.push('-ts', timestamp);
  run('osslsigncode', [...args, '-in', file, '-out', signed]);
  renameSync(signed, file);
}
