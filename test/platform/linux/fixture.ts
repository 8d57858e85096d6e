import { readFileSync } from 'node:fs';

/** A recorded output of test/fixtures/linux. */
export function fixture(name: string): string {
  return readFileSync(new URL(`../../fixtures/linux/${name}`, import.meta.url), 'utf8');
}
