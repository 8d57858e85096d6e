import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { activityRoutes } from '#console/api/activity.ts';
import type { ActivityFilters } from '#console/web/server/activity-queries.ts';
import { dayOf, endOfDay, lastDayOf, startOfDay } from '#console/web/activity/days.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

const route = getRouteApi('/activity');
const { source: sourceSchema, what: whatSchema } = activityRoutes.export.body.shape;

export function ActivityFilter({ filters }: { filters: ActivityFilters }) {
  const navigate = route.useNavigate();
  const organisations = useQuery(organisationsQuery).data?.items ?? [];
  const [who, setWho] = useState(filters.who ?? '');
  const [what, setWhat] = useState(filters.what ?? '');
  const set = (part: ActivityFilters): void => void navigate({ search: { ...filters, ...part }, replace: true });
  const [from, until] = [dayOf(filters.from), lastDayOf(filters.until)];
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    set({ who: who.trim() || undefined, what: whatSchema.safeParse(what.trim()).data });
  };
  return (
    <form onSubmit={submit}>
      <Group gap="sm" align="flex-end">
        <NativeSelect
          label="Of"
          value={filters.source ?? ''}
          onChange={(event) => set({ source: sourceSchema.safeParse(event.currentTarget.value).data })}
          data={[
            { value: '', label: 'Everybody' },
            { value: 'audit', label: 'People and console' },
            { value: 'devices', label: 'Devices' },
          ]}
        />
        <NativeSelect
          label="Organisation"
          maw={240}
          value={filters.organisationId ?? ''}
          onChange={(event) => set({ organisationId: event.currentTarget.value || undefined })}
          data={[
            { value: '', label: 'All organisations' },
            ...organisations.map((one) => ({ value: one.organisationId, label: one.name })),
          ]}
        />
        <TextInput label="Who" w={140} value={who} onChange={(event) => setWho(event.currentTarget.value)} />
        <TextInput
          label="What"
          placeholder="device.revoked"
          w={180}
          value={what}
          onChange={(event) => setWhat(event.currentTarget.value)}
        />
        <TextInput
          label="From"
          type="date"
          w={150}
          max={until || undefined}
          value={from}
          onChange={(event) => set({ from: startOfDay(event.currentTarget.value) })}
        />
        <TextInput
          label="Up to and with"
          type="date"
          w={150}
          min={from || undefined}
          value={until}
          onChange={(event) => set({ until: endOfDay(event.currentTarget.value) })}
        />
        <Button type="submit" variant="default">
          Filter
        </Button>
        {filters.deviceId !== undefined && (
          <Button variant="default" onClick={() => set({ deviceId: undefined })}>
            Of all devices
          </Button>
        )}
      </Group>
    </form>
  );
}
