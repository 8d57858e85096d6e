import { Skeleton, Text } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { defaultRangeExtractor, useWindowVirtualizer, type Range } from '@tanstack/react-virtual';
import { Fragment, memo, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { DeviceRow } from '#console/api/devices.ts';
import { columns } from '#console/web/devices/device-cells.tsx';
import { useDevicePages } from '#console/web/devices/device-pages.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import type { DeviceListFilters } from '#console/web/server/queries.ts';

interface DeviceTableProps {
  readonly filters: DeviceListFilters;
  /** How many devices fit, as counted last; null: not counted yet. */
  readonly counted: number | null;
}

/** Every line is as high, as `page.css` says, so that nothing is measured; cards are, where there is no room for columns. */
const lineHeight = 62;
const cardHeight = 172;
const narrow = '(max-width: 69.99em)';
const firstRows = Array.from({ length: 20 }, (_, index) => index);

/**
 * Only the rows on the screen are in the page. The row that holds the focus stays, wherever the page is scrolled to, so
 * that the keyboard goes on from it.
 */
export function DeviceTable({ filters, counted }: DeviceTableProps) {
  const table = useRef<HTMLTableElement>(null);
  const isCards = useMediaQuery(narrow, window.matchMedia(narrow).matches, { getInitialValueInEffect: false });
  const [top, setTop] = useState(0);
  const [focused, setFocused] = useState<number | null>(null);
  const [shown, setShown] = useState(firstRows);
  const pages = useDevicePages(filters, counted, focused === null ? shown : [...shown, focused]);
  const rows = useWindowVirtualizer({
    count: pages.count,
    estimateSize: () => (isCards ? cardHeight : lineHeight),
    overscan: 8,
    // Thirty rows that arrive together are laid out once, not thirty times.
    useFlushSync: false,
    scrollMargin: top,
    rangeExtractor: (range: Range) => withFocused(defaultRangeExtractor(range), focused, range.count),
  });
  useEffect(() => rows.measure(), [rows, isCards]);
  const items = rows.getVirtualItems();
  const indexes = items.map((item) => item.index);
  useEffect(() => setShown((before) => (String(before) === String(indexes) ? before : indexes)));
  useLayoutEffect(() => {
    const element = table.current;
    if (element !== null) setTop(Math.round(element.getBoundingClientRect().top + window.scrollY));
  });
  const move = useRowKeys(table, pages.count, (index) => rows.scrollToIndex(index, { align: 'auto' }));

  if (pages.isFirstLoad) {
    return (
      <Loaded of={{ data: undefined, error: pages.error, refetch: pages.refetch }} rows={8}>
        {() => null}
      </Loaded>
    );
  }
  if (pages.count === 0) {
    return (
      <Text p="lg" c="dimmed">
        No device fits these filters.
      </Text>
    );
  }
  let end = top;
  const keys = new Set<string>();
  return (
    <>
      {pages.error !== null && <ProblemNotice error={pages.error} onRetry={pages.refetch} />}
      <table className="rows device-rows" aria-rowcount={pages.count + 1} ref={table}>
        <Head />
        <tbody onKeyDown={move} onFocus={(event) => setFocused(indexOf(event.target))} onBlur={() => setFocused(null)}>
          {items.map((item) => {
            const gap = item.start - end;
            end = item.end;
            const device = pages.rowAt(item.index);
            return (
              <Fragment key={keyFor(device, item.index, keys)}>
                {gap > 0 && <Gap height={gap} />}
                <Row index={item.index} device={device} measure={isCards ? rows.measureElement : null} />
              </Fragment>
            );
          })}
          {rows.getTotalSize() + top > end && <Gap height={rows.getTotalSize() + top - end} />}
        </tbody>
      </table>
    </>
  );
}

/** A device keeps its element when it moves in the list. For a moment it may stand on two pages that were read apart. */
function keyFor(device: DeviceRow | null, index: number, taken: Set<string>): string {
  if (device === null || taken.has(device.deviceId)) return `at ${index}`;
  taken.add(device.deviceId);
  return device.deviceId;
}

function withFocused(indexes: number[], focused: number | null, count: number): number[] {
  if (focused === null || focused >= count || indexes.includes(focused)) return indexes;
  return [...indexes, focused].toSorted((one, other) => one - other);
}

function indexOf(target: EventTarget): number | null {
  const row = target instanceof Element ? target.closest('tr[data-index]') : null;
  return row === null ? null : Number(row.getAttribute('data-index'));
}

/** Arrow keys, Page up and down, Home and End go from device to device; one that is not here yet gets the focus when it comes. */
function useRowKeys(
  table: { readonly current: HTMLTableElement | null },
  count: number,
  show: (index: number) => void,
) {
  const wanted = useRef<number | null>(null);
  useEffect(() => {
    if (wanted.current === null) return;
    const link = table.current?.querySelector<HTMLElement>(`tr[data-index="${wanted.current}"] a`);
    if (link === null || link === undefined) return;
    wanted.current = null;
    link.focus({ preventScroll: true });
  });
  return (event: KeyboardEvent<HTMLElement>): void => {
    const index = wanted.current ?? indexOf(event.target);
    const to = index === null ? null : targetOf(event.key, index, count);
    if (to === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    wanted.current = to;
    show(to);
  };
}

const pageStep = 10;

function targetOf(key: string, index: number, count: number): number | null {
  const targets: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + pageStep,
    PageUp: index - pageStep,
    Home: 0,
    End: count - 1,
  };
  const to = Object.hasOwn(targets, key) ? targets[key] : undefined;
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}

function Head() {
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => (
          <th key={column.id} scope="col" style={{ width: `${column.width}%` }}>
            {column.header}
          </th>
        ))}
      </tr>
    </thead>
  );
}

/** The height of rows that are not in the page. */
function Gap({ height }: { height: number }) {
  return (
    <tr className="gap" aria-hidden>
      <td colSpan={columns.length} style={{ height }} />
    </tr>
  );
}

interface RowProps {
  readonly index: number;
  readonly device: DeviceRow | null;
  readonly measure: ((element: Element | null) => void) | null;
}

const Row = memo(function Row({ index, device, measure }: RowProps) {
  return (
    <tr data-index={index} aria-rowindex={index + 2} aria-busy={device === null} ref={measure}>
      {columns.map((column) => (
        <td key={column.id} data-label={column.id === 'name' ? undefined : column.header}>
          {device === null ? <Skeleton height={14} width="70%" my={4} /> : column.cell(device)}
        </td>
      ))}
    </tr>
  );
});
