import { Fault } from '#protocol/codes.ts';

const nameLengthMax = 255;

/** Names inside a private directory are single path components; anything else is a mistake of ours. */
export function requireName(name: string): string {
  const bad = name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0');
  if (bad || name.length > nameLengthMax) {
    throw new Fault('agent.defect', `not a single path component: ${JSON.stringify(name.slice(0, 80))}`);
  }
  return name;
}
