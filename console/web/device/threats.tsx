import { Group, List, Stack, Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeviceDetail } from '#console/api/devices.ts';
import type { Threat } from '#console/api/vendor-actions.ts';
import type { VendorLookup, VendorRecord } from '#console/api/vendor-record.ts';
import { plain } from '#console/web/device-text.ts';
import { Age } from '#console/web/parts/age.tsx';
import { LeaveButton } from '#console/web/parts/leave-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Quiet } from '#console/web/parts/panel.tsx';
import { threatsQuery } from '#console/web/server/queries.ts';
import { threatStates, threatWords } from '#console/web/vendor-words.ts';

interface ThreatsProps {
  readonly device: DeviceDetail;
  readonly record: VendorRecord;
  readonly rights: VendorLookup['rights'];
}

/** What SentinelOne has found there and nobody has resolved; it is dealt with in SentinelOne. */
export function Threats({ device: { deviceId }, record, rights }: ThreatsProps) {
  const [open, setOpen] = useState(false);
  if (!rights.threats) return <Quiet>Threats are not shown: the API token lacks Endpoint Threats: View.</Quiet>;
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <IconChevronRight size={16} className="turn" aria-hidden />
        Threats ({threatWords(record)})
      </summary>
      {open && <ThreatList deviceId={deviceId} />}
    </details>
  );
}

function ThreatList({ deviceId }: { deviceId: string }) {
  const threats = useQuery(threatsQuery(deviceId));
  return (
    <Loaded of={threats} rows={3}>
      {({ items, total }) =>
        total === 0 ? (
          <Quiet>Nothing that is not resolved.</Quiet>
        ) : (
          <Stack gap="xs" mt="xs">
            <List listStyleType="none" spacing="sm">
              {items.map((threat) => (
                <List.Item key={threat.threatId}>
                  <ThreatLine threat={threat} />
                </List.Item>
              ))}
            </List>
            {total > items.length && <Quiet>{total - items.length} more in SentinelOne.</Quiet>}
          </Stack>
        )
      }
    </Loaded>
  );
}

function ThreatLine({ threat }: { threat: Threat }) {
  const words = [threat.classification, threatStates(threat.confidence), threatStates(threat.mitigation)];
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <Stack gap={0}>
        <Text size="sm" fw={600} className="device-text">
          {plain(threat.name)}
        </Text>
        <Text size="sm" className="device-text">
          {words
            .filter((word) => word !== null && word !== '')
            .map((word) => plain(word ?? ''))
            .join(', ')}
          {threat.foundAt !== null && (
            <>
              , found <Age at={threat.foundAt} />
            </>
          )}
        </Text>
        {threat.filePath !== null && (
          <Text size="xs" c="dimmed" className="device-text">
            {plain(threat.filePath)}
          </Text>
        )}
      </Stack>
      <LeaveButton url={threat.url} name="SentinelOne" label="Look at it in SentinelOne…" />
    </Group>
  );
}
