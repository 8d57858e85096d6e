import { Alert, Button, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { DeviceDetail } from '#console/api/devices.ts';
import type { VendorLookup, VendorRecord } from '#console/api/vendor-record.ts';
import { PutBack } from '#console/web/device/put-back.tsx';
import { ScanControls } from '#console/web/device/scan-controls.tsx';
import { Threats } from '#console/web/device/threats.tsx';
import { Pairs } from '#console/web/device/pairs.tsx';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { age } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { LeaveButton } from '#console/web/parts/leave-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { vendorRecordQuery } from '#console/web/server/queries.ts';
import { isFirstScan, mismatches, needWords, scanWords, threatWords } from '#console/web/vendor-words.ts';

/** What SentinelOne itself has on record, and where that does not fit what the device says. */
export function VendorPanel({ device }: { device: DeviceDetail }) {
  const lookup = useQuery(vendorRecordQuery(device));
  const { link = null, readAt = null } = lookup.data ?? {};
  return (
    <Panel
      title="SentinelOne console"
      aside={
        <>
          {readAt !== null && <Age at={readAt} before="read " size="xs" />}
          {link !== null && <LeaveButton url={link.url} name="SentinelOne" />}
        </>
      }
    >
      <Loaded of={lookup} rows={6}>
        {(data) => <Answer device={device} lookup={data} onRetry={() => void lookup.refetch()} />}
      </Loaded>
    </Panel>
  );
}

interface AnswerProps {
  readonly device: DeviceDetail;
  readonly lookup: VendorLookup;
  readonly onRetry: () => void;
}

function Answer({ device, lookup, onRetry }: AnswerProps) {
  switch (lookup.looked) {
    case 'not-mapped':
      return <Quiet>No SentinelOne site is chosen for the organisation, so there is nowhere to look.</Quiet>;
    case 'no-agent-id':
      return <Quiet>There is no SentinelOne agent on the device that could be looked up.</Quiet>;
    case 'failed':
      return <Failure fault={lookup.fault} onRetry={onRetry} />;
    case 'ok':
      return <Found device={device} lookup={lookup} />;
  }
}

function Failure({ fault, onRetry }: { fault: VendorLookup['fault']; onRetry: () => void }) {
  const { title, remedy } = faultWords(fault ?? { code: 'internal' });
  return (
    <Alert variant="outline" color="red" c="inherit" icon={<IconAlertTriangle aria-hidden />} title={title}>
      <Text size="sm" className="device-text">
        {plain(fault?.detail ?? '')} ({fault?.code ?? 'internal'})
      </Text>
      <Text size="sm">{remedy}</Text>
      <Button size="xs" variant="default" mt="xs" onClick={onRetry}>
        Look again
      </Button>
    </Alert>
  );
}

function Found({ device, lookup }: { device: DeviceDetail; lookup: VendorLookup }) {
  const { record, mismatches: named, otherSite } = lookup;
  const alive = record !== null && !record.isDecommissioned;
  return (
    <Stack gap="sm">
      {lookup.removal !== null && <PutBack device={device} removal={lookup.removal} />}
      {named.map((name) => (
        <Alert
          key={name}
          variant="outline"
          color="yellow"
          c="inherit"
          icon={<IconAlertTriangle aria-hidden />}
          title={mismatches[name].title}
        >
          {name === 'wrong-site' && otherSite !== null && (
            <Text size="sm" className="device-text">
              It is in “{plain(otherSite)}”.
            </Text>
          )}
          <Text size="sm">{mismatches[name].remedy}</Text>
        </Alert>
      ))}
      {record !== null && <Record record={record} />}
      {alive && <ScanControls device={device} record={record} rights={lookup.rights} />}
      {alive && <Threats device={device} record={record} rights={lookup.rights} />}
      {record === null && named.length === 0 && <Quiet>SentinelOne has no record of it.</Quiet>}
    </Stack>
  );
}

function scan(record: VendorRecord, nowMs: number): string | null {
  if (record.scanStatus === null) return null;
  if (isFirstScan(record)) return 'running for the first time';
  const last = record.lastScanAt === null ? '' : `, last one finished ${age(record.lastScanAt, nowMs)}`;
  return `${scanWords(record.scanStatus)}${last}`;
}

function Record({ record }: { record: VendorRecord }) {
  const nowMs = useNow();
  const contact = record.lastActiveAt === null ? '' : `, last contact ${age(record.lastActiveAt, nowMs)}`;
  return (
    <Pairs
      of={[
        ['Endpoint', record.computerName],
        ['State', record.isDecommissioned ? 'decommissioned' : null],
        ['Online', `${record.isActive ? 'yes' : 'no'}${contact}`],
        ['Network', record.networkStatus],
        ['Site', record.siteName],
        ['Version', record.agentVersion],
        ['Threats', threatWords(record)],
        ['Full disk scan', scan(record, nowMs)],
        ['Mode', record.mitigationMode],
        ['Needs', needWords(record.userActionsNeeded)],
        ['SentinelOne id', record.vendorAgentId],
      ]}
    />
  );
}
