/** Loaded file system filters (`fltmc filters`) and drivers by the service manager (`sc query type= driver`). */
import type { DriverRecord } from '#platform/inventory.ts';

/**
 * Name, instances, altitude and frame, read from the right: names may hold blanks, altitudes decimals, and a filter of the
 * old kind has neither instances nor altitude. The head is in the language of the system and has no numbers at its end.
 */
export function parseFilters(output: string): readonly DriverRecord[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const found = /^(\S.*?)\s+\d+\s+(\d+(?:\.\d+)?)\s+\S+\s*$/.exec(line);
    return found === null ? [] : { name: found[1] ?? '', state: 'loaded' as const, altitude: found[2] ?? null };
  });
}

const running = 4;

/** Blocks begin with the one label that is the same in every language; state is the second number of a block. */
export function parseDriverStates(output: string): readonly Omit<DriverRecord, 'altitude'>[] {
  return output
    .split(/^SERVICE_NAME: /m)
    .slice(1)
    .flatMap((block) => {
      const [name, ...lines] = block.split(/\r?\n/);
      const numbers = lines.flatMap((line) => /^\s+[^:]+:\s*([0-9a-f]+)\s/i.exec(`${line} `)?.[1] ?? []);
      if (name === undefined || numbers.length < 2) return [];
      return { name: name.trim(), state: Number(numbers[1]) === running ? ('loaded' as const) : ('stopped' as const) };
    });
}

/** One record a name, whose filter says the altitude; a filter that no driver list names is loaded all the same. */
export function withAltitudes(
  drivers: readonly Omit<DriverRecord, 'altitude'>[],
  filters: readonly DriverRecord[],
): readonly DriverRecord[] {
  const byName = new Map(filters.map((filter) => [filter.name.toLowerCase(), filter]));
  const known = drivers.map((driver) => {
    const filter = byName.get(driver.name.toLowerCase());
    byName.delete(driver.name.toLowerCase());
    return filter === undefined ? { ...driver, altitude: null } : { ...driver, ...filter, name: driver.name };
  });
  return [...known, ...byName.values()];
}
