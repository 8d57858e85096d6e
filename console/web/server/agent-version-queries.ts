/** What the page reads of the agent's own versions. */
import { queryOptions } from '@tanstack/react-query';
import { agentVersionRoutes } from '#console/api/agent-versions.ts';
import { call } from '#console/web/server/client.ts';

/** Devices tell of their updates without a hint that says so. */
const lookEveryMs = 15_000;

export const agentVersionsQuery = queryOptions({
  queryKey: ['organisations', 'agent-versions'],
  queryFn: ({ signal }) => call(agentVersionRoutes.read, {}, signal),
  refetchInterval: lookEveryMs,
});

export interface Wanted {
  readonly organisationId: string;
  readonly version: string;
  readonly downgrade: boolean;
  readonly firstPercent: number;
}

export const rolloutPreviewQuery = ({ organisationId, version, downgrade, firstPercent }: Wanted) =>
  queryOptions({
    queryKey: ['organisations', 'agent-rollout-preview', organisationId, version, downgrade, firstPercent],
    queryFn: ({ signal }) =>
      call(
        agentVersionRoutes.preview,
        { params: { organisationId }, query: { version, downgrade: downgrade ? 'true' : 'false', firstPercent } },
        signal,
      ),
    enabled: organisationId !== '' && version !== '',
  });
