import { Fault } from '#protocol/codes.ts';

const nameLengthMax = 255;
/** Of every system: on Windows a backslash separates too, a colon names a stream, and a final dot or blank is dropped. */
const separators = /[/\\:\0]|[. ]$/;

/** Names inside a private directory are single path components; anything else is a mistake of ours. */
export function requireName(name: string): string {
  const bad = name === '' || name === '.' || name === '..' || separators.test(name);
  if (bad || name.length > nameLengthMax) {
    throw new Fault('agent.defect', `not a single path component: ${JSON.stringify(name.slice(0, 80))}`);
  }
  return name;
}
