/** Secrets come from a file or standard input, never from the command line, where every process can read them. */
import { readFileSync } from 'node:fs';
import { Fault } from '#protocol/codes.ts';
import { keyPairOf, type KeyPair } from '#console/owner-key.ts';

/** `-`: standard input. Blanks around it are forgiven. */
export function readSecret(file: string, what: string): string {
  try {
    const text = readFileSync(file === '-' ? 0 : file, 'utf8').trim();
    if (text !== '') return text;
  } catch (error) {
    throw new Fault('console.bad-configuration', `${what} cannot be read from ${file}`, { cause: error });
  }
  throw new Fault('console.bad-configuration', `${what} is empty`);
}

export function readOwnerKey(file: string): KeyPair {
  return keyPairOf(readSecret(file, 'the owner key'));
}
