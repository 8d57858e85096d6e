import { Group, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceDetail } from '#console/api/devices.ts';
import { vendorActionRoutes } from '#console/api/vendor-actions.ts';
import type { VendorLookup, VendorRecord } from '#console/api/vendor-record.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { isFirstScan } from '#console/web/vendor-words.ts';

interface ScanControlsProps {
  readonly device: DeviceDetail;
  readonly record: VendorRecord;
  readonly rights: VendorLookup['rights'];
}

/** Why a scan cannot be started now; null: it can. */
function startRefusal(record: VendorRecord, rights: VendorLookup['rights']): string | null {
  if (!rights.scanStart) return 'The API token lacks the right Endpoints: Initiate Scan.';
  if (isFirstScan(record)) return 'The first full disk scan runs since the installation; wait until it has finished.';
  return record.scanStatus === 'started' ? 'A full disk scan runs already.' : null;
}

function abortRefusal(record: VendorRecord, rights: VendorLookup['rights']): string | null {
  if (!rights.scanAbort) return 'The API token lacks the right Endpoints: Abort Scan.';
  return record.scanStatus === 'started' ? null : 'No scan runs.';
}

export function ScanControls({ device: { deviceId }, record, rights }: ScanControlsProps) {
  const client = useQueryClient();
  const roleRefusal = useRightRefusal('operator');
  const scan = useMutation({
    mutationFn: (action: 'start' | 'abort') =>
      call(vendorActionRoutes.scan, { params: { deviceId }, body: { action } }),
    onSuccess: async (_answer, action) => {
      notifications.show({
        message: action === 'start' ? 'SentinelOne starts the scan.' : 'SentinelOne ends the scan.',
      });
      await client.invalidateQueries({ queryKey: ['vendor-record', deviceId] });
    },
  });
  const button = (action: 'start' | 'abort', refusal: string | null, text: string) => (
    <ActionButton
      size="xs"
      variant="default"
      refusal={roleRefusal ?? refusal}
      loading={scan.isPending && scan.variables === action}
      onClick={() => scan.mutate(action)}
    >
      {text}
    </ActionButton>
  );
  return (
    <Stack gap="xs">
      {scan.isError && <ProblemNotice error={scan.error} />}
      <Group gap="xs">
        {button('start', startRefusal(record, rights), 'Initiate scan')}
        {button('abort', abortRefusal(record, rights), 'Abort scan')}
      </Group>
    </Stack>
  );
}
