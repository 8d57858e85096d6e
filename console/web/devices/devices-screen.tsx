import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { BelongingMenu } from '#console/web/decisions/belonging-menu.tsx';
import { BulkRetry } from '#console/web/devices/bulk-retry.tsx';
import { CauseChips } from '#console/web/devices/cause-chips.tsx';
import { DeviceTable } from '#console/web/devices/device-table.tsx';
import { ExportDevices } from '#console/web/devices/export-devices.tsx';
import { Filters } from '#console/web/devices/filters.tsx';
import { StateChips } from '#console/web/devices/state-chips.tsx';
import { counted } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { deviceCountsQuery, deviceFacetsQuery, type DeviceListFilters } from '#console/web/server/queries.ts';
import { states } from '#console/web/words.ts';

const route = getRouteApi('/devices');

export function DevicesScreen() {
  const filters: DeviceListFilters = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: DeviceListFilters): void => {
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  };
  const { sort: _sort, ...bulkFilters } = filters;
  const { state: _state, ...countFilters } = bulkFilters;
  const counts = useQuery(deviceCountsQuery(countFilters));
  const facets = useQuery(deviceFacetsQuery(bulkFilters)).data;
  const inState = counts.data?.counts.find((row) => row.state === filters.state)?.devices ?? 0;
  const shown = filters.state === undefined ? counts.data?.devices : inState;

  return (
    <Stack gap="md">
      <PageHead
        title="Devices"
        below={
          counts.data && (
            <Text size="sm" c="dimmed" aria-live="polite">
              {counted(shown ?? 0, 'device')}
              {filters.state !== undefined && `: ${states[filters.state].name}`}.{' '}
              <Age at={counts.data.countedAt} before="Counted " />
            </Text>
          )
        }
        aside={
          <Group gap="sm">
            <BelongingMenu which={{ filter: bulkFilters }} what="the devices shown" label="Move or retire these" />
            <ExportDevices filters={bulkFilters} />
            <BulkRetry filters={bulkFilters} />
          </Group>
        }
      />
      <Filters filters={filters} facets={facets} set={set} />
      <StateChips counts={counts.data} chosen={filters.state} choose={(state) => set({ state })} />
      <CauseChips causes={facets?.causes} chosen={filters.cause} choose={(cause) => set({ cause })} />
      <section className="panel" aria-label="List of devices">
        <DeviceTable
          key={JSON.stringify(filters)}
          filters={filters}
          counted={counts.data === undefined || counts.isPlaceholderData ? null : (shown ?? 0)}
        />
      </section>
    </Stack>
  );
}
