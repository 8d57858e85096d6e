/** What the screens about people read. All keys begin with the topic of their hints. */
import { queryOptions } from '@tanstack/react-query';
import { accountRoutes } from '#console/api/account.ts';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { call } from '#console/web/server/client.ts';

export const operatorsQuery = queryOptions({
  queryKey: ['operators', 'list'],
  queryFn: ({ signal }) => call(operatorManagementRoutes.list, {}, signal),
});

export const sessionsQuery = (everybody: boolean) =>
  queryOptions({
    queryKey: ['operators', 'sessions', everybody],
    queryFn: ({ signal }) =>
      call(accountRoutes.sessions, { query: everybody ? { everybody: 'true' as const } : {} }, signal),
  });

export const apiKeysQuery = queryOptions({
  queryKey: ['operators', 'api-keys'],
  queryFn: ({ signal }) => call(apiKeyRoutes.list, {}, signal),
});

export const signOnQuery = queryOptions({
  queryKey: ['operators', 'sign-on'],
  queryFn: ({ signal }) => call(signOnRoutes.settings, {}, signal),
});

export const accountQuery = queryOptions({
  queryKey: ['operators', 'account'],
  queryFn: ({ signal }) => call(accountRoutes.read, {}, signal),
});
