import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { deviceRoutes, type DeviceDetail } from '#console/api/devices.ts';
import { plain } from '#console/web/device-text.ts';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

export function RemoveDevice({ device }: { device: DeviceDetail }) {
  const [opened, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('admin');
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => call(deviceRoutes.remove, { params: { deviceId: device.deviceId } }),
    onSuccess: async () => {
      await navigate({ to: '/devices' });
      client.removeQueries({ queryKey: ['device', 'one', device.deviceId] });
      await client.invalidateQueries({ queryKey: ['device'] });
    },
  });
  if (refusal !== null) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={dialog.open}>
        Remove device…
      </Button>
      <Modal opened={opened} onClose={dialog.close} title={`Remove ${plain(device.hostname)}?`}>
        <Stack>
          <Text size="sm">
            Its identity ends at once: the Garrison agent on it gets no more instructions and must be enrolled anew to
            come back. Nothing on the device is uninstalled, and SentinelOne stays as it is.
          </Text>
          {remove.isError && <ProblemNotice error={remove.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={dialog.close} data-autofocus>
              Cancel
            </Button>
            <Button color="red.9" loading={remove.isPending} onClick={() => remove.mutate()}>
              Remove device
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
