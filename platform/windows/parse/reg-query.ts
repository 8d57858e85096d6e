/** Output of `reg query`, whose labels differ by language and whose types do not. */

export interface RegistryValue {
  readonly type: string;
  readonly data: string;
}

export interface RegistryKey {
  /** As printed: "HKEY_LOCAL_MACHINE\\SOFTWARE\\…". */
  readonly path: string;
  /** By name in lower case; the unnamed one, which is printed in the language of the system, by what stands there. */
  readonly values: ReadonlyMap<string, RegistryValue>;
}

const valueLine = /^ {4}(.*?) {4}(REG_[A-Z_]+)(?: {4}(.*))?$/;

/** A line that is neither a key nor a value continues the text before it. */
export function parseRegQuery(output: string): RegistryKey[] {
  const keys: { path: string; values: Map<string, RegistryValue> }[] = [];
  let last: { values: Map<string, RegistryValue>; name: string } | null = null;
  for (const line of output.split(/\r?\n/)) {
    if (/^HKEY_[A-Z_]+(?:\\|$)/.test(line)) {
      keys.push({ path: line.trimEnd(), values: new Map() });
      last = null;
      continue;
    }
    const key = keys.at(-1);
    const found = valueLine.exec(line);
    if (key !== undefined && found !== null) {
      last = { values: key.values, name: (found[1] ?? '').toLowerCase() };
      key.values.set(last.name, { type: found[2] ?? '', data: found[3] ?? '' });
    } else if (last !== null && line !== '') {
      const before = last.values.get(last.name);
      if (before !== undefined) last.values.set(last.name, { ...before, data: `${before.data}\n${line}` });
    } else if (line === '') last = null;
  }
  return keys;
}

/** Text of a value; null when it is missing. */
export function textOf(key: RegistryKey | undefined, name: string): string | null {
  return key?.values.get(name.toLowerCase())?.data ?? null;
}

/** A REG_DWORD; null when it is missing or none. */
export function numberOf(key: RegistryKey | undefined, name: string): number | null {
  const value = key?.values.get(name.toLowerCase());
  return value?.type === 'REG_DWORD' && /^0x[0-9a-f]{1,8}$/i.test(value.data) ? Number(value.data) : null;
}

/** Text of the unnamed value, "(Default)" in English and something else in brackets elsewhere; null when it is not set. */
export function defaultOf(key: RegistryKey | undefined): string | null {
  const found = [...(key?.values ?? [])].find(([name]) => /^\(.*\)$/.test(name))?.[1];
  return found?.type === 'REG_SZ' || found?.type === 'REG_EXPAND_SZ' ? found.data : null;
}

/** Last part of a key's path. */
export function leafOf(path: string): string {
  return path.slice(path.lastIndexOf('\\') + 1);
}
