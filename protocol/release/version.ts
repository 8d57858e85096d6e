/** Versions of our own agent: semantic ones, with `+test-trust` on builds that believe stand-ins. */
import * as z from 'zod';

const shape = /^(\d{1,6})\.(\d{1,6})\.(\d{1,6})(?:-([0-9a-z]{1,10}(?:\.[0-9a-z]{1,10}){0,3}))?(?:\+test-trust)?$/;

const lengthMax = 60;

export const agentVersionText = z.string().max(lengthMax).regex(shape);

/** Below 0: `a` is older. What comes after the plus sign does not count; what cannot be read is older than everything. */
export function compareAgentVersions(a: string, b: string): number {
  const [left, right] = [parts(a), parts(b)];
  if (left === null || right === null) return Number(left !== null) - Number(right !== null);
  for (const index of [0, 1, 2] as const) {
    if (left.numbers[index] !== right.numbers[index]) return left.numbers[index] - right.numbers[index];
  }
  return comparePre(left.pre, right.pre);
}

interface Parts {
  readonly numbers: readonly [number, number, number];
  readonly pre: readonly string[];
}

function parts(text: string): Parts | null {
  const match = text.length > lengthMax ? null : shape.exec(text);
  if (match === null) return null;
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], pre: match[4]?.split('.') ?? [] };
}

/** As semver has it: a version with a suffix comes before the same without; numbers before words. */
function comparePre(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (let index = 0; index < Math.min(a.length, b.length); index += 1) {
    const [left, right] = [a[index] ?? '', b[index] ?? ''];
    const order = compareIdentifier(left, right);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function compareIdentifier(a: string, b: string): number {
  const [left, right] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (left && right) return Number(a) - Number(b);
  if (left !== right) return left ? -1 : 1;
  return a < b ? -1 : Number(a > b);
}
