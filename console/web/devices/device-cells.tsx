import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { DeviceRow } from '#console/api/devices.ts';
import { plain, systemText } from '#console/web/device-text.ts';
import { Age, Countdown } from '#console/web/parts/age.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { deviceWords } from '#console/web/state-words.ts';
import { systems } from '#console/web/words.ts';

export interface Column {
  readonly id: string;
  readonly header: string;
  /** In percent of the table. */
  readonly width: number;
  readonly cell: (device: DeviceRow) => ReactNode;
}

/** Sorting and filtering are the console's. Widths are fixed, so that nothing moves while rows come and go. */
export const columns: readonly Column[] = [
  { id: 'name', header: 'Device', width: 20, cell: (device) => <NameCell device={device} /> },
  { id: 'state', header: 'State', width: 29, cell: (device) => <StateCell device={device} /> },
  {
    id: 'organisation',
    header: 'Organisation',
    width: 15,
    cell: (device) => <span className="device-text two-lines">{plain(device.organisationName)}</span>,
  },
  { id: 'system', header: 'System', width: 14, cell: (device) => <SystemCell device={device} /> },
  { id: 'version', header: 'SentinelOne', width: 10, cell: (device) => plain(device.productVersion ?? 'none') },
  { id: 'seen', header: 'Last contact', width: 12, cell: (device) => <Age at={device.lastSeenAt} /> },
];

function NameCell({ device }: { device: DeviceRow }) {
  return (
    <div className="two-lines" title={plain(device.hostname)}>
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
      {device.testTrust && ' '}
      {device.testTrust && <ToneLabel tone="attention">test build</ToneLabel>}
    </div>
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
  return <span className="device-text two-lines">{name === '' ? systems[device.os] : name}</span>;
}
