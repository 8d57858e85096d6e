import type { Inventory, InventoryQuery, PathRecord, Probe, SystemExtensionRecord } from '#platform/inventory.ts';
import { failed } from '#platform/looks.ts';
import { outputOf } from '#platform/macos/answer.ts';
import type { Outside } from '#platform/macos/outside.ts';
import { receipts } from '#platform/macos/packages.ts';
import { entryOf, parsePlist, stringOf } from '#platform/macos/parse/plist.ts';
import { extensionCount, parseSystemExtensions } from '#platform/macos/parse/system-extensions.ts';
import { surveyProcesses } from '#platform/macos/processes.ts';
import type { Runner } from '#platform/macos/runner.ts';
import { launchDaemons } from '#platform/macos/services.ts';

const absent = { status: 'unsupported', detail: 'does not exist on macOS' } as const;

/** One reading of every source; each answers for itself, none is asked twice. */
export async function surveyInventory(
  runner: Runner,
  outside: Pick<Outside, 'system'>,
  query: InventoryQuery,
): Promise<Inventory> {
  const [extensions, daemons, processes, paths, bundleIds, receiptIds] = await Promise.all([
    guarded(() => systemExtensions(runner)),
    guarded(() => launchDaemons(runner, outside, query.launchDaemons)),
    guarded(() => surveyProcesses(runner, outside)),
    guarded(() => surveyPaths(outside, query.paths)),
    guarded(() => surveyBundles(outside)),
    guarded(() => receipts(runner)),
  ]);
  return {
    os: 'macos',
    product: 'client',
    packages: absent,
    services: absent,
    processes,
    drivers: absent,
    paths,
    securityCenter: absent,
    uninstallEntries: absent,
    systemExtensions: extensions,
    launchDaemons: daemons,
    bundleIds,
    receipts: receiptIds,
    defender: absent,
  };
}

export async function systemExtensions(runner: Runner): Promise<Probe<readonly SystemExtensionRecord[]>> {
  const listed = await outputOf(runner, ['systemextensionsctl', 'list'], { timeoutMs: 20_000 });
  if (listed.status !== 'ok') return listed;
  const found = parseSystemExtensions(listed.value);
  // An extension that was announced and not understood may be the one that matters.
  if (found === null || found.length < extensionCount(listed.value)) {
    return failed('systemextensionsctl answered in a form that is not known');
  }
  return { status: 'ok', value: found };
}

/** Paths as given, or with `*` at the end of the last component. */
async function surveyPaths(
  { system }: Pick<Outside, 'system'>,
  patterns: readonly string[],
): Promise<Inventory['paths']> {
  const paths = (await Promise.all(patterns.map((pattern) => expandPath(system, pattern)))).flat();
  const records = await Promise.all(paths.map((path) => pathRecord(system, path)));
  return { status: 'ok', value: records.filter((record) => record !== null) };
}

async function expandPath(system: Outside['system'], pattern: string): Promise<readonly string[]> {
  if (!pattern.endsWith('*')) return [pattern];
  const end = pattern.lastIndexOf('/');
  const directory = pattern.slice(0, end);
  const prefix = pattern.slice(end + 1, -1);
  const names = await system.list(directory === '' ? '/' : directory);
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${directory}/${name}`);
}

async function pathRecord(system: Outside['system'], path: string): Promise<PathRecord | null> {
  const found = await system.look(path, 'administrators');
  return found.status === 'absent' ? null : { path, trusted: found.distrust === null };
}

const applications = '/Applications';
const infoBytesMax = 1024 * 1024;
/** Of folders in /Applications; a vendor's suite has its own, and nothing lies deeper. */
const bundlesMax = 2_000;

/**
 * Identifiers of the applications of the whole machine that only administrators can have put there: an application may
 * belong to whoever copied it, and could be made to say anything. What a person keeps in his home is not looked at.
 */
async function surveyBundles({ system }: Pick<Outside, 'system'>): Promise<Inventory['bundleIds']> {
  const top = await system.list(applications);
  const below = await Promise.all(top.filter((name) => !name.endsWith('.app')).map((name) => appsIn(system, name)));
  const bundles = [...top.filter((name) => name.endsWith('.app')), ...below.flat()].slice(0, bundlesMax);
  const ids: string[] = [];
  for (const bundle of bundles) {
    const path = `${applications}/${bundle}/Contents/Info.plist`;
    const found = await system.look(path, 'administrators');
    const trusted = found.status === 'found' && found.distrust === null;
    const bytes = trusted ? await system.readRange(path, 0, infoBytesMax) : null;
    const id = bytes === null ? null : stringOf(entryOf(parsePlist(bytes), 'CFBundleIdentifier'));
    if (id !== null && /^[\w.-]{1,255}$/.test(id)) ids.push(id);
  }
  return { status: 'ok', value: [...new Set(ids)].sort() };
}

async function appsIn(system: Outside['system'], folder: string): Promise<readonly string[]> {
  const names = await system.list(`${applications}/${folder}`);
  return names.filter((name) => name.endsWith('.app')).map((name) => `${folder}/${name}`);
}

/** What we did not foresee about one source must not take the others with it. */
async function guarded<T>(look: () => Promise<Probe<T>>): Promise<Probe<T>> {
  try {
    return await look();
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}
