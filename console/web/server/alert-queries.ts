/** What the page reads of alerts. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type * as z from 'zod';
import { alertRoutes } from '#console/api/alerts.ts';
import { call } from '#console/web/server/client.ts';

export type AlertFilters = Omit<z.input<typeof alertRoutes.list.query>, 'after' | 'limit'>;

/** Hints of other console processes do not come here, so it looks by itself too. */
const lookEveryMs = 30_000;

export const alertListOptions = (filters: AlertFilters) =>
  infiniteQueryOptions({
    queryKey: ['alerts', 'list', filters],
    queryFn: ({ pageParam, signal }) =>
      call(alertRoutes.list, { query: { ...filters, ...(pageParam !== null && { after: pageParam }) } }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
    refetchInterval: lookEveryMs,
  });

export const alertCountsQuery = queryOptions({
  queryKey: ['alerts', 'counts'],
  queryFn: ({ signal }) => call(alertRoutes.counts, {}, signal),
  refetchInterval: lookEveryMs,
});

export const alertRulesQuery = queryOptions({
  queryKey: ['alert-rules'],
  queryFn: ({ signal }) => call(alertRoutes.rules, {}, signal),
});
