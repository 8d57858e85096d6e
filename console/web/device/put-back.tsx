import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceDetail } from '#console/api/devices.ts';
import { vendorActionRoutes } from '#console/api/vendor-actions.ts';
import type { VendorLookup } from '#console/api/vendor-record.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

interface PutBackProps {
  readonly device: DeviceDetail;
  readonly removal: NonNullable<VendorLookup['removal']>;
}

/** What was removed in SentinelOne stays away until somebody decides. */
export function PutBack({ device: { deviceId }, removal }: PutBackProps) {
  const client = useQueryClient();
  const [asking, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('operator');
  const decide = useMutation({
    mutationFn: () => call(vendorActionRoutes.putBack, { params: { deviceId } }),
    onSuccess: async () => {
      dialog.close();
      await client.invalidateQueries();
    },
  });
  return (
    <Alert variant="outline" color="yellow" c="inherit" title={`Its agent was ${removal.how} in SentinelOne`}>
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          {removal.since !== null && (
            <>
              Noticed <Age at={removal.since} />.{' '}
            </>
          )}
          Where it is gone from the device too, it is not put back until somebody decides.
        </Text>
        <ActionButton size="xs" variant="default" refusal={refusal} onClick={dialog.open}>
          Put back…
        </ActionButton>
      </Stack>
      {asking && (
        <Dialog onClose={dialog.close} title="Install SentinelOne here again?">
          <Stack gap="sm">
            {decide.isError && <ProblemNotice error={decide.error} />}
            <Text size="sm">
              Somebody removed this agent in SentinelOne. When you go on, this device may install it again as soon as
              its organisation installs.
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close} data-autofocus>
                Cancel
              </Button>
              <Button loading={decide.isPending} onClick={() => decide.mutate()}>
                Put back
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </Alert>
  );
}
