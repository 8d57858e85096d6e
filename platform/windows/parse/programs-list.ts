/** Installed programs, from the uninstall keys of one registry view. */
import type { UninstallRecord } from '#platform/inventory.ts';
import type { PackageState } from '#platform/platform.ts';
import { leafOf, type RegistryKey, textOf } from '#platform/windows/parse/reg-query.ts';

/** Entries with a name; updates of a program (`ParentKeyName`) are part of it. `view` is told where there are two. */
export function uninstallRecords(keys: readonly RegistryKey[], view: string): readonly UninstallRecord[] {
  return keys.flatMap((key) => {
    const displayName = textOf(key, 'DisplayName')?.trim() ?? '';
    if (displayName === '' || textOf(key, 'ParentKeyName') !== null) return [];
    return {
      key: `${leafOf(key.path)}${view === '' ? '' : ` (${view})`}`,
      displayName,
      displayVersion: textOf(key, 'DisplayVersion'),
      publisher: textOf(key, 'Publisher'),
    };
  });
}

/**
 * The program with exactly such a name, the first name that is there. The version is the entry's own, which for the
 * vendor's four-part versions may hold three parts; the state `partial` does not exist here: an entry is all or nothing.
 */
export function packageStateOf(records: readonly UninstallRecord[], names: readonly string[]): PackageState {
  for (const name of names) {
    const found = records.filter((record) => record.displayName === name);
    const first = found[0];
    if (first === undefined) continue;
    const more = found.length > 1 ? ` and ${found.length - 1} more` : '';
    const version = found.find((record) => record.displayVersion !== null)?.displayVersion ?? null;
    return { state: 'present', version, detail: `uninstall entry ${first.key}${more}`.slice(0, 200) };
  }
  return { state: 'absent', version: null, detail: 'no uninstall entry' };
}
