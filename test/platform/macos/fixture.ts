import { readFileSync } from 'node:fs';

/** A text of test/fixtures/macos. */
export function fixture(name: string): string {
  return new TextDecoder().decode(fixtureBytes(name));
}

export function fixtureBytes(name: string): Uint8Array {
  return readFileSync(new URL(`../../fixtures/macos/${name}`, import.meta.url));
}
