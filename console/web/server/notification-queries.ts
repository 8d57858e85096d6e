/** What the page reads of notifications. */
import { queryOptions } from '@tanstack/react-query';
import { notificationRoutes } from '#console/api/notifications.ts';
import { call } from '#console/web/server/client.ts';

export const targetsQuery = queryOptions({
  queryKey: ['notifications', 'targets'],
  queryFn: ({ signal }) => call(notificationRoutes.list, {}, signal),
  refetchInterval: 15_000,
});

export const deliveriesQuery = (targetId: string) =>
  queryOptions({
    queryKey: ['notifications', 'deliveries', targetId],
    queryFn: ({ signal }) => call(notificationRoutes.deliveries, { params: { targetId } }, signal),
    refetchInterval: 5_000,
  });

export const mailServerQuery = queryOptions({
  queryKey: ['notifications', 'mail-server'],
  queryFn: ({ signal }) => call(notificationRoutes.mailServer, {}, signal),
});
