import type { SystemExtensionRecord } from '#platform/inventory.ts';

/** A team of ten characters and a bundle in reverse DNS, wherever they stand: flag columns are empty when unset. */
const teamPattern = /^[A-Z0-9]{10}$/;
const bundlePattern = /^([A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9_-]+)+) \(([^()]*)\)$/;
const statePattern = /\[([^[\]]+)\]\s*$/;

/**
 * Rows of `systemextensionsctl list`: tab separated, one heading a category. After an update the old and the new
 * version of a bundle are both listed. Null when it is not such a list: a Mac without extensions says "0 extension(s)".
 */
export function parseSystemExtensions(output: string): readonly SystemExtensionRecord[] | null {
  if (!/^\s*\d+ extension\(s\)/m.test(output)) return null;
  return output.split('\n').flatMap((line) => {
    const state = statePattern.exec(line)?.[1]?.trim();
    const columns = line.split('\t').map((column) => column.trim());
    const teamId = columns.find((column) => teamPattern.test(column));
    const bundle = columns.flatMap((column) => bundlePattern.exec(column) ?? []);
    if (state === undefined || teamId === undefined || bundle[1] === undefined) return [];
    return [{ teamId, bundleId: bundle[1], version: bundle[2]?.split('/')[0] ?? '', state }];
  });
}

/** How many the list says it holds; more than were understood means that it has another form now. */
export function extensionCount(output: string): number {
  return Number(/^\s*(\d+) extension\(s\)/m.exec(output)?.[1] ?? 0);
}

const enabled = 'activated enabled';
const untilRestart = / on reboot$/;

/**
 * Whether a bundle is kept only until the next start, and none of its versions works: an update leaves the old version
 * behind for weeks, and nothing waits for that.
 */
export function waitsForRestart(extensions: readonly SystemExtensionRecord[]): boolean {
  const works = new Set(
    extensions.filter(({ state }) => state === enabled).map(({ teamId, bundleId }) => `${teamId} ${bundleId}`),
  );
  return extensions.some(
    ({ state, teamId, bundleId }) => untilRestart.test(state) && !works.has(`${teamId} ${bundleId}`),
  );
}
