import { Stack, Text } from '@mantine/core';
import { createColumnHelper, tableFeatures, useTable } from '@tanstack/react-table';
import type { DeviceRow } from '#console/api/devices.ts';
import { plain, systemText } from '#console/web/device-text.ts';
import { Age, Countdown } from '#console/web/parts/age.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { deviceWords } from '#console/web/state-words.ts';
import { systems } from '#console/web/words.ts';

const features = tableFeatures({});
const column = createColumnHelper<typeof features, DeviceRow>();

/** Sorting and filtering are the console's; the table only lays out what it is given. */
const columns = column.columns([
  column.display({ id: 'name', header: 'Device', cell: ({ row }) => <NameCell device={row.original} /> }),
  column.display({ id: 'state', header: 'State', cell: ({ row }) => <StateCell device={row.original} /> }),
  column.display({
    id: 'organisation',
    header: 'Organisation',
    cell: ({ row }) => <span className="device-text">{plain(row.original.organisationName)}</span>,
  }),
  column.display({ id: 'system', header: 'System', cell: ({ row }) => <SystemCell device={row.original} /> }),
  column.display({
    id: 'version',
    header: 'SentinelOne',
    cell: ({ row }) => plain(row.original.productVersion ?? 'none'),
  }),
  column.display({ id: 'seen', header: 'Last contact', cell: ({ row }) => <Age at={row.original.lastSeenAt} /> }),
]);

const headers: Readonly<Record<string, string>> = {
  state: 'State',
  organisation: 'Organisation',
  system: 'System',
  version: 'SentinelOne',
  seen: 'Last contact',
};

export function DeviceTable({ rows, old }: { rows: readonly DeviceRow[]; old: boolean }) {
  const table = useTable({ features, columns, data: rows, getRowId: (row: DeviceRow) => row.deviceId });
  if (rows.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        No device fits these filters.
      </Text>
    );
  }
  return (
    <table className="rows" data-old={old} aria-busy={old}>
      <thead>
        {table.getHeaderGroups().map((group) => (
          <tr key={group.id}>
            {group.headers.map((header) => (
              <th key={header.id} scope="col">
                <table.FlexRender header={header} />
              </th>
            ))}
          </tr>
        ))}
      </thead>
      <tbody>
        {table.getRowModel().rows.map((row) => (
          <tr key={row.id}>
            {row.getAllCells().map((cell) => (
              <td key={cell.id} data-label={headers[cell.column.id]}>
                <table.FlexRender cell={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NameCell({ device }: { device: DeviceRow }) {
  return (
    <Stack gap={2} align="flex-start">
      <PageLink
        to="/devices/$deviceId"
        params={{ deviceId: device.deviceId }}
        fw={600}
        size="sm"
        underline="hover"
        className="device-text"
      >
        {plain(device.hostname) || 'unnamed'}
      </PageLink>
      {device.testTrust && <ToneLabel tone="attention">test build</ToneLabel>}
    </Stack>
  );
}

function StateCell({ device }: { device: DeviceRow }) {
  const nowMs = useNow();
  const { line, tone } = deviceWords(device, nowMs);
  const retry = device.notReportingSince === null && device.state?.kind === 'retrying' ? device.state : null;
  return (
    <Stack gap={2} align="flex-start">
      <ToneLabel tone={tone}>{line}</ToneLabel>
      {retry && (
        <Text size="xs" c="dimmed">
          next try <Countdown until={retry.nextAttemptAt} />
        </Text>
      )}
    </Stack>
  );
}

function SystemCell({ device }: { device: DeviceRow }) {
  const name = systemText(device.osName, device.osVersion);
  return <span className="device-text">{name === '' ? systems[device.os] : name}</span>;
}
