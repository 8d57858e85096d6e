import { NativeSelect } from '@mantine/core';
import { noProduct, type DeviceFacets } from '#console/api/devices.ts';
import { plain } from '#console/web/device-text.ts';
import { number } from '#console/web/format.ts';
import type { DeviceListFilters } from '#console/web/server/queries.ts';

interface VersionFiltersProps {
  readonly filters: DeviceListFilters;
  readonly facets: DeviceFacets | undefined;
  readonly set: (change: DeviceListFilters) => void;
}

/** By version of either agent, each with how many devices it leaves. */
export function VersionFilters({ filters, facets, set }: VersionFiltersProps) {
  return (
    <>
      <NativeSelect
        label="SentinelOne agent"
        w={{ base: '46%', xs: 170 }}
        value={filters.productVersion ?? ''}
        onChange={(event) => set({ productVersion: event.currentTarget.value || undefined })}
        data={choices(facets?.productVersions, filters.productVersion)}
      />
      <NativeSelect
        label="Garrison agent"
        w={{ base: '46%', xs: 150 }}
        value={filters.agentVersion ?? ''}
        onChange={(event) => set({ agentVersion: event.currentTarget.value || undefined })}
        data={choices(facets?.agentVersions, filters.agentVersion)}
      />
    </>
  );
}

/** The chosen one stands there also when no device has it any more. */
function choices(counted: DeviceFacets['agentVersions'] | undefined, chosen: string | undefined) {
  const rows = counted ?? [];
  const isThere = chosen === undefined || rows.some(({ version }) => version === chosen);
  const all = isThere ? rows : [...rows, { version: chosen, devices: 0 }];
  const name = (version: string): string => (version === noProduct ? 'Not installed' : plain(version));
  return [
    { value: '', label: 'Any version' },
    ...all.map(({ version, devices }) => ({ value: version, label: `${name(version)} (${number(devices)})` })),
  ];
}
