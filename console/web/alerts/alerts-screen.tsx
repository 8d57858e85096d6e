import { Button, Group, NativeSelect, Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { alertNames } from '#console/api/alert-words.ts';
import { alertKindSchema } from '#console/api/alerts.ts';
import { AlertTable } from '#console/web/alerts/alert-table.tsx';
import { counted } from '#console/web/format.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { Quiet } from '#console/web/parts/panel.tsx';
import { alertCountsQuery, alertListOptions, type AlertFilters } from '#console/web/server/alert-queries.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

const route = getRouteApi('/alerts');

export function AlertsScreen() {
  const filters = route.useSearch();
  const alerts = useInfiniteQuery(alertListOptions(filters));
  const open = useQuery(alertCountsQuery).data?.items.reduce((sum, row) => sum + row.alerts, 0);
  return (
    <Stack gap="md">
      <PageHead title="Alerts" below={open !== undefined && <Quiet>{`${counted(open, 'alert')} open`}</Quiet>} />
      <Filters filters={filters} />
      <section className="panel" aria-label="Alerts">
        <Loaded of={alerts} rows={5}>
          {({ pages }) => (
            <AlertTable alerts={pages.flatMap((page) => page.items)} ended={filters.state === 'closed'} />
          )}
        </Loaded>
        {alerts.hasNextPage && (
          <Group p="md">
            <Button variant="default" onClick={() => void alerts.fetchNextPage()} loading={alerts.isFetchingNextPage}>
              Show more
            </Button>
          </Group>
        )}
      </section>
    </Stack>
  );
}

/** Of those that are open, how many are of each kind. */
function Filters({ filters }: { filters: AlertFilters }) {
  const navigate = route.useNavigate();
  const organisations = useQuery(organisationsQuery).data?.items ?? [];
  const counts = useQuery(alertCountsQuery).data?.items ?? [];
  const set = (part: AlertFilters): void => void navigate({ search: { ...filters, ...part }, replace: true });
  const kinds = alertKindSchema.options.map((kind) => {
    const many = counts.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.alerts, 0);
    return { value: kind, label: many === 0 ? alertNames[kind] : `${alertNames[kind]} (${many})` };
  });
  return (
    <Group gap="sm" align="flex-end">
      <NativeSelect
        label="Show"
        value={filters.state ?? 'open'}
        onChange={(event) => set({ state: event.currentTarget.value === 'closed' ? 'closed' : undefined })}
        data={[
          { value: 'open', label: 'Open' },
          { value: 'closed', label: 'Ended' },
        ]}
      />
      <NativeSelect
        label="Kind"
        value={filters.kind ?? ''}
        onChange={(event) => set({ kind: alertKindSchema.safeParse(event.currentTarget.value).data })}
        data={[{ value: '', label: 'Every kind' }, ...kinds]}
      />
      <NativeSelect
        label="Organisation"
        maw={260}
        value={filters.organisationId ?? ''}
        onChange={(event) => set({ organisationId: event.currentTarget.value || undefined })}
        data={[
          { value: '', label: 'All organisations' },
          ...organisations.map((one) => ({ value: one.organisationId, label: one.name })),
        ]}
      />
      {filters.deviceId !== undefined && (
        <Button variant="default" onClick={() => set({ deviceId: undefined })}>
          Of all devices
        </Button>
      )}
    </Group>
  );
}
