import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch, IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { deviceSorts, type DeviceFacets } from '#console/api/devices.ts';
import { organisationsQuery, type DeviceListFilters } from '#console/web/server/queries.ts';
import { VersionFilters } from '#console/web/devices/version-filters.tsx';
import { coverages, silenceName, silencesWith, vendorStandings } from '#console/web/coverage-words.ts';
import { sorts, systems } from '#console/web/words.ts';

interface FilterProps {
  readonly filters: DeviceListFilters;
  readonly set: (change: DeviceListFilters) => void;
}

interface FiltersProps extends FilterProps {
  readonly facets: DeviceFacets | undefined;
}

export function Filters({ filters, facets, set }: FiltersProps) {
  const organisations = useQuery(organisationsQuery);
  const names = (organisations.data?.items ?? []).map((one) => ({ value: one.organisationId, label: one.name }));
  const chosen = (value: string): string | undefined => value || undefined;
  return (
    <Group gap="sm" align="flex-end" role="search">
      <SearchBox filters={filters} set={set} />
      <NativeSelect
        label="Organisation"
        w={{ base: '100%', xs: 210 }}
        value={filters.organisationId ?? ''}
        onChange={(event) => set({ organisationId: chosen(event.currentTarget.value) })}
        data={[{ value: '', label: 'All organisations' }, ...names]}
      />
      <NativeSelect
        label="System"
        w={{ base: '46%', xs: 120 }}
        value={filters.os ?? ''}
        onChange={(event) => set({ os: chosen(event.currentTarget.value) as DeviceListFilters['os'] })}
        data={[{ value: '', label: 'All' }, ...Object.entries(systems).map(([value, label]) => ({ value, label }))]}
      />
      <VersionFilters filters={filters} facets={facets} set={set} />
      <NativeSelect
        label="Last contact"
        w={{ base: '46%', xs: 190 }}
        value={String(filters.silentHours ?? '')}
        onChange={(event) => set({ silentHours: Number(event.currentTarget.value) || undefined })}
        data={[
          { value: '', label: 'At any time' },
          ...silencesWith(filters.silentHours).map((hours) => ({ value: String(hours), label: silenceName(hours) })),
        ]}
      />
      <NativeSelect
        label="Sort by"
        w={{ base: '100%', xs: 170 }}
        value={filters.sort ?? 'name'}
        onChange={(event) => set({ sort: event.currentTarget.value as DeviceListFilters['sort'] })}
        data={deviceSorts.map((value) => ({ value, label: sorts[value] }))}
      />
      {filters.coverage !== undefined && (
        <Chosen name={coverages[filters.coverage]} remove={() => set({ coverage: undefined })} />
      )}
      {filters.record !== undefined && (
        <Chosen name={vendorStandings[filters.record]} remove={() => set({ record: undefined })} />
      )}
    </Group>
  );
}

/** A filter that other screens lead to; here it can only be taken away. */
function Chosen({ name, remove }: { name: string; remove: () => void }) {
  return (
    <Button
      variant="default"
      rightSection={<IconX size={14} aria-hidden />}
      onClick={remove}
      aria-label={`Remove the filter: ${name}`}
    >
      {name}
    </Button>
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
