/**
 * A list of any length, of which only the pages on the screen are held. A page begins after the last device of the one
 * before; one that was jumped to begins at its number until the one before it is known.
 */
import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { deviceRoutes, type DeviceRow } from '#console/api/devices.ts';
import { call } from '#console/web/server/client.ts';
import type { DeviceListFilters } from '#console/web/server/queries.ts';

export interface DevicePages {
  /** null: not here yet. */
  readonly rowAt: (index: number) => DeviceRow | null;
  readonly count: number;
  /** Nothing of this filter is here yet. */
  readonly isFirstLoad: boolean;
  readonly error: unknown;
  readonly refetch: () => void;
}

/** As many as the server gives at once. */
const pageRows = 50;
/** Pages that went out of sight are forgotten after this. */
const keptMs = 60_000;

interface Page {
  readonly items: readonly DeviceRow[];
  readonly next: string | null;
}

/** Where each page begins, as the page before it said. */
type Starts = Map<number, string>;

const keyOf = (filters: DeviceListFilters, page: number) => ['device', 'list', filters, page] as const;

/** Pages that hold these rows. */
export function pagesOf(rows: readonly number[]): number[] {
  return [...new Set([0, ...rows.map((row) => Math.floor(row / pageRows))])].toSorted((one, other) => one - other);
}

/** How long the list is: counted, unless its last page is here and says otherwise. */
export function lengthOf(counted: number | null, pages: ReadonlyMap<number, Page>): number {
  const last = [...pages].find(([, page]) => page.next === null);
  if (last !== undefined) return last[0] * pageRows + last[1].items.length;
  const known = Math.max(0, ...[...pages].map(([number, page]) => number * pageRows + page.items.length));
  return Math.max(counted ?? 0, known);
}

/** Notes where the page after this one begins; answers whether it begins elsewhere than it did. */
function noteNext(starts: Starts, number: number, { next }: Page): boolean {
  const before = starts.get(number + 1);
  if (next === null || next === before) return false;
  starts.set(number + 1, next);
  return before !== undefined;
}

/** `rows`: numbers of those that are on the screen. For one filter; another one is another list. */
export function useDevicePages(
  filters: DeviceListFilters,
  counted: number | null,
  rows: readonly number[],
): DevicePages {
  const client = useQueryClient();
  const [starts] = useState<Starts>(() => new Map());
  const numbers = pagesOf(rows);
  const queries = useQueries({
    queries: numbers.map((number) => ({
      queryKey: keyOf(filters, number),
      queryFn: ({ signal }: { signal: AbortSignal }) => readPage(filters, starts, number, signal),
      gcTime: keptMs,
    })),
  });
  const pages = new Map<number, Page>();
  for (const [at, number] of numbers.entries()) {
    const page = queries[at]?.data;
    if (page !== undefined) pages.set(number, page);
  }
  const read = numbers.map((number, at) => `${number} ${queries[at]?.dataUpdatedAt}`).join();
  useEffect(() => {
    for (const [number, page] of pages)
      if (noteNext(starts, number, page)) void client.invalidateQueries({ queryKey: keyOf(filters, number + 1) });
    // Only what was read anew can say anything new; `read` names it.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [client, filters, read]);
  return {
    rowAt: (index) => pages.get(Math.floor(index / pageRows))?.items[index % pageRows] ?? null,
    count: lengthOf(counted, pages),
    isFirstLoad: pages.size === 0,
    error: queries.find((query) => query.error !== null)?.error ?? null,
    refetch: () => void Promise.all(queries.map((query) => query.refetch())),
  };
}

async function readPage(
  filters: DeviceListFilters,
  starts: Starts,
  number: number,
  signal: AbortSignal,
): Promise<Page> {
  const after = starts.get(number);
  const place = after === undefined ? { from: number * pageRows } : { after };
  return call(deviceRoutes.list, { query: { ...filters, ...(number > 0 && place), limit: pageRows } }, signal);
}
