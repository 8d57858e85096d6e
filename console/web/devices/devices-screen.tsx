import { Button, Group, NativeSelect, Stack, TextInput, Text } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { deviceSorts } from '#console/api/devices.ts';
import { BelongingMenu } from '#console/web/decisions/belonging-menu.tsx';
import { BulkRetry } from '#console/web/devices/bulk-retry.tsx';
import { DeviceTable } from '#console/web/devices/device-table.tsx';
import { StateChips } from '#console/web/devices/state-chips.tsx';
import { counted, number } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import {
  deviceCountsQuery,
  deviceListOptions,
  organisationsQuery,
  type DeviceListFilters,
} from '#console/web/server/queries.ts';
import { causeName } from '#console/web/state-words.ts';
import { sorts, states, systems } from '#console/web/words.ts';

const route = getRouteApi('/devices');

export function DevicesScreen() {
  const filters: DeviceListFilters = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: DeviceListFilters): void => {
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  };
  const { sort: _sort, ...bulkFilters } = filters;
  const { state: _state, ...countFilters } = bulkFilters;
  const list = useInfiniteQuery(deviceListOptions(filters));
  const counts = useQuery(deviceCountsQuery(countFilters));
  const total = counts.data?.counts.find((row) => row.state === filters.state)?.devices;
  const shown = filters.state === undefined ? counts.data?.devices : (total ?? 0);

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
            <BulkRetry filters={bulkFilters} />
          </Group>
        }
      />
      <Filters filters={filters} set={set} />
      <StateChips counts={counts.data} chosen={filters.state} choose={(state) => set({ state })} />
      <section className="panel" aria-label="List of devices">
        <Loaded of={list} rows={8}>
          {(data) => <DeviceTable rows={data.pages.flatMap((page) => page.items)} old={list.isPlaceholderData} />}
        </Loaded>
      </section>
      {list.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more{shown !== undefined && ` (${number(rowsOf(list.data))} of ${number(shown)} shown)`}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function rowsOf(data: { pages: readonly { items: readonly unknown[] }[] } | undefined): number {
  return (data?.pages ?? []).reduce((sum, page) => sum + page.items.length, 0);
}

interface FilterProps {
  readonly filters: DeviceListFilters;
  readonly set: (change: DeviceListFilters) => void;
}

function Filters({ filters, set }: FilterProps) {
  const organisations = useQuery(organisationsQuery);
  const names = (organisations.data?.items ?? []).map((one) => ({ value: one.organisationId, label: one.name }));
  return (
    <Group gap="sm" align="flex-end" role="search">
      <SearchBox filters={filters} set={set} />
      <NativeSelect
        label="Organisation"
        w={{ base: '100%', xs: 210 }}
        value={filters.organisationId ?? ''}
        onChange={(event) => set({ organisationId: event.currentTarget.value || undefined })}
        data={[{ value: '', label: 'All organisations' }, ...names]}
      />
      <NativeSelect
        label="System"
        w={{ base: '46%', xs: 130 }}
        value={filters.os ?? ''}
        onChange={(event) => set({ os: (event.currentTarget.value || undefined) as DeviceListFilters['os'] })}
        data={[{ value: '', label: 'All' }, ...Object.entries(systems).map(([value, label]) => ({ value, label }))]}
      />
      <NativeSelect
        label="Sort by"
        w={{ base: '46%', xs: 170 }}
        value={filters.sort ?? 'name'}
        onChange={(event) => set({ sort: event.currentTarget.value as DeviceListFilters['sort'] })}
        data={deviceSorts.map((value) => ({ value, label: sorts[value] }))}
      />
      {filters.cause !== undefined && (
        <Button
          variant="default"
          rightSection={<IconX size={14} aria-hidden />}
          onClick={() => set({ cause: undefined })}
          aria-label={`Remove the filter: ${causeName(filters.cause)}`}
        >
          {causeName(filters.cause)}
        </Button>
      )}
    </Group>
  );
}

/** Types at once, searches a moment later; the console does the searching. */
function SearchBox({ filters, set }: FilterProps) {
  const [text, setText] = useState(filters.search ?? '');
  const search = useDebouncedCallback((value: string) => set({ search: value.trim() || undefined }), 250);
  useEffect(
    () => setText((typed) => (typed.trim() === (filters.search ?? '') ? typed : (filters.search ?? ''))),
    [filters.search],
  );
  return (
    <TextInput
      label="Search by name"
      type="search"
      w={{ base: '100%', xs: 230 }}
      maxLength={100}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}
