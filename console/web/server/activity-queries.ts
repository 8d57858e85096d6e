/** What the page reads of what happened, and of how long it is kept. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import type * as z from 'zod';
import { activityRoutes } from '#console/api/activity.ts';
import { retentionRoutes } from '#console/api/retention.ts';
import { call } from '#console/web/server/client.ts';

export type ActivityFilters = z.input<typeof activityRoutes.export.body>;

export const activityOptions = (filters: ActivityFilters) =>
  infiniteQueryOptions({
    queryKey: ['activity', filters],
    queryFn: ({ pageParam, signal }) =>
      call(activityRoutes.list, { query: { ...filters, ...(pageParam !== null && { after: pageParam }) } }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const retentionQuery = queryOptions({
  queryKey: ['retention'],
  queryFn: ({ signal }) => call(retentionRoutes.read, {}, signal),
});
