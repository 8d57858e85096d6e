/** What the page reads, each with the key under which hints renew it. The first word of a key is the hint's topic. */
import { infiniteQueryOptions, keepPreviousData, QueryClient, queryOptions } from '@tanstack/react-query';
import type * as z from 'zod';
import { bulkRetryRoutes } from '#console/api/bulk-retry.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { coverageRoutes } from '#console/api/coverage.ts';
import { deviceDecisionRoutes, type AskedDevices } from '#console/api/device-decisions.ts';
import { deviceRoutes, type DeviceDetail, type deviceListQuery } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { exceptionRoutes } from '#console/api/exceptions.ts';
import { macosRoutes } from '#console/api/macos.ts';
import { mappingRoutes } from '#console/api/mappings.ts';
import { offboardingRoutes } from '#console/api/offboarding.ts';
import { organisationMakingRoutes } from '#console/api/organisation-making.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { overviewRoutes } from '#console/api/overview.ts';
import { packageRoutes } from '#console/api/packages.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { vendorActionRoutes } from '#console/api/vendor-actions.ts';
import { call, ProblemError } from '#console/web/server/client.ts';

/** Refused requests are not repeated; lost ones are, twice. */
function worthRetrying(failures: number, error: unknown): boolean {
  const status = error instanceof ProblemError ? error.problem.status : null;
  return failures < 2 && (status === 0 || (status !== null && status >= 500));
}

export const queryClient = new QueryClient({
  defaultOptions: { queries: { staleTime: 10_000, retry: worthRetrying }, mutations: { retry: false } },
});

type DeviceQuery = {
  readonly [K in keyof z.output<typeof deviceListQuery>]?: z.output<typeof deviceListQuery>[K] | undefined;
};
export type DeviceFilters = Omit<DeviceQuery, 'after' | 'from' | 'limit' | 'sort' | 'state'>;
export type DeviceListFilters = DeviceFilters & Pick<DeviceQuery, 'sort' | 'state'>;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => call(sessionRoutes.read, {}, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => call(overviewRoutes.read, {}, signal),
});

/** With the overview: whatever makes that old makes this old. */
export const coverageQuery = queryOptions({
  queryKey: ['overview', 'coverage'],
  queryFn: ({ signal }) => call(coverageRoutes.read, { query: {} }, signal),
});

export const deviceCountsQuery = (filters: DeviceFilters) =>
  queryOptions({
    queryKey: ['device', 'counts', filters],
    queryFn: ({ signal }) => call(deviceRoutes.counts, { query: filters }, signal),
    placeholderData: keepPreviousData,
  });

/** Renewed by hand and every half a minute, not by each hint: it counts much and is looked at seldom. */
export const deviceFacetsQuery = (filters: Omit<DeviceListFilters, 'sort'>) =>
  queryOptions({
    queryKey: ['device-facets', filters],
    queryFn: ({ signal }) => call(deviceRoutes.facets, { query: filters }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

export const deviceQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', 'one', deviceId, 'detail'],
    queryFn: ({ signal }) => call(deviceRoutes.read, { params: { deviceId } }, signal),
  });

/** Not renewed by hints, which come often; but at once when the agent on the device is another one than before. */
export const vendorRecordQuery = ({ deviceId, productVersion, mapping, report }: DeviceDetail) =>
  queryOptions({
    queryKey: ['vendor-record', deviceId, productVersion, mapping.siteName, report?.product?.value.agentUuid ?? null],
    queryFn: ({ signal }) => call(deviceRoutes.vendorRecord, { params: { deviceId } }, signal),
    staleTime: 60_000,
    refetchInterval: 60_000,
  });

/** Asked for when somebody opens the list. */
export const threatsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['threats', deviceId],
    queryFn: ({ signal }) => call(vendorActionRoutes.threats, { params: { deviceId } }, signal),
    staleTime: 60_000,
  });

export const elsewhereQuery = (organisationId: string) =>
  queryOptions({
    queryKey: ['elsewhere', organisationId],
    queryFn: ({ signal }) => call(vendorActionRoutes.elsewhere, { params: { organisationId } }, signal),
    staleTime: 0,
    gcTime: 0,
  });

export const attemptsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', 'one', deviceId, 'attempts'],
    queryFn: ({ signal }) => call(deviceRoutes.attempts, { params: { deviceId } }, signal),
  });

export const timelineOptions = (deviceId: string) =>
  infiniteQueryOptions({
    queryKey: ['device', 'one', deviceId, 'timeline'],
    queryFn: ({ pageParam, signal }) =>
      call(
        deviceRoutes.timeline,
        { params: { deviceId }, query: { limit: 30, ...(pageParam !== null && { after: pageParam }) } },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Read more often while one is under way, so that its progress shows even without live updates. */
export const commandsQuery = (deviceId: string) =>
  queryOptions({
    queryKey: ['device', 'one', deviceId, 'commands'],
    queryFn: ({ signal }) => call(deviceRoutes.commands, { params: { deviceId } }, signal),
    refetchInterval: (query) =>
      query.state.data?.items.some((command) => command.result === null) === true ? 3_000 : false,
  });

export const organisationsQuery = queryOptions({
  queryKey: ['organisations', 'list'],
  queryFn: ({ signal }) => call(organisationRoutes.list, {}, signal),
});

export const deploymentPreviewQuery = (organisationId: string) =>
  queryOptions({
    queryKey: ['deployment-preview', organisationId],
    queryFn: ({ signal }) => call(organisationRoutes.previewDeployment, { params: { organisationId } }, signal),
    staleTime: 0,
    gcTime: 0,
  });

export const deviceDecisionsQuery = queryOptions({
  queryKey: ['device', 'list', 'decisions'],
  queryFn: ({ signal }) => call(deviceDecisionRoutes.list, {}, signal),
});

export const retiredDevicesQuery = queryOptions({
  queryKey: ['device', 'list', 'retired'],
  queryFn: ({ signal }) => call(deviceDecisionRoutes.retired, {}, signal),
});

export const movePreviewQuery = (which: AskedDevices, organisationId: string) =>
  queryOptions({
    queryKey: ['move-preview', which, organisationId],
    queryFn: ({ signal }) => call(deviceDecisionRoutes.previewMove, { body: { which, organisationId } }, signal),
    enabled: organisationId !== '',
    gcTime: 0,
  });

export const retirePreviewQuery = (which: AskedDevices) =>
  queryOptions({
    queryKey: ['retire-preview', which],
    queryFn: ({ signal }) => call(deviceDecisionRoutes.previewRetire, { body: { which } }, signal),
    gcTime: 0,
  });

/** With the devices: whoever adds or ends one changes those. */
export const exceptionsQuery = queryOptions({
  queryKey: ['device', 'list', 'exceptions'],
  queryFn: ({ signal }) => call(exceptionRoutes.list, {}, signal),
});

export const offboardingsQuery = queryOptions({
  queryKey: ['organisations', 'leaving'],
  queryFn: ({ signal }) => call(offboardingRoutes.list, {}, signal),
});

export const offboardingPreviewQuery = (organisationId: string) =>
  queryOptions({
    queryKey: ['organisations', 'leaving', organisationId],
    queryFn: ({ signal }) => call(offboardingRoutes.preview, { params: { organisationId } }, signal),
    enabled: organisationId !== '',
    gcTime: 0,
  });

export const installLinesQuery = queryOptions({
  queryKey: ['enrolment-keys', 'lines'],
  queryFn: ({ signal }) => call(enrolmentKeyRoutes.lines, {}, signal),
});

export const enrolmentKeysQuery = queryOptions({
  queryKey: ['enrolment-keys'],
  queryFn: ({ signal }) => call(enrolmentKeyRoutes.list, { query: {} }, signal),
});

export const connectionsQuery = queryOptions({
  queryKey: ['connections', 'list'],
  queryFn: ({ signal }) => call(connectionRoutes.list, {}, signal),
});

export const sitesQuery = (connectionId: string) =>
  queryOptions({
    queryKey: ['connections', 'sites', connectionId],
    queryFn: ({ signal }) => call(connectionRoutes.sites, { params: { connectionId } }, signal),
  });

export const mappingsQuery = queryOptions({
  queryKey: ['mappings'],
  queryFn: ({ signal }) => call(mappingRoutes.list, {}, signal),
});

export type BulkFilters = Omit<DeviceListFilters, 'sort'>;

export const bulkRetryQuery = (filters: BulkFilters) =>
  queryOptions({
    queryKey: ['bulk-retry', filters],
    queryFn: ({ signal }) => call(bulkRetryRoutes.preview, { query: filters }, signal),
    staleTime: 0,
    gcTime: 0,
  });

export const freeSitesQuery = queryOptions({
  queryKey: ['free-sites'],
  queryFn: ({ signal }) => call(organisationMakingRoutes.freeSites, {}, signal),
  staleTime: 0,
  gcTime: 0,
});

export const groupsQuery = (connectionId: string, siteId: string) =>
  queryOptions({
    queryKey: ['connections', 'groups', connectionId, siteId],
    queryFn: ({ signal }) => call(mappingRoutes.groups, { params: { connectionId, siteId } }, signal),
    retry: false,
  });

export const macosStepsQuery = queryOptions({
  queryKey: ['macos-steps'],
  queryFn: ({ signal }) => call(macosRoutes.steps, {}, signal),
  staleTime: Number.POSITIVE_INFINITY,
});

export const packagesQuery = queryOptions({
  queryKey: ['packages'],
  queryFn: ({ signal }) => call(packageRoutes.list, {}, signal),
  refetchInterval: (query) =>
    query.state.data?.targets.some((row) => row.packages.some((one) => one.state === 'fetching')) === true
      ? 2_000
      : false,
});
