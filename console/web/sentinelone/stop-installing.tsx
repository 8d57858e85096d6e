import { Alert, Button, Group, List, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

function useInstalling({ connectionId }: Connection, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (allowed: boolean) =>
      call(connectionRoutes.setInstalling, { params: { connectionId }, body: { allowed } }),
    onSuccess: async () => {
      onDone();
      await client.invalidateQueries();
    },
  });
}

/** What other products call "Disable": it removes nothing, and says so before it is pressed. */
export function StopInstalling({ connection }: { connection: Connection }) {
  const [asking, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('admin');
  const change = useInstalling(connection, dialog.close);
  if (connection.stoppedAt !== null) return null;
  return (
    <>
      <ActionButton size="xs" variant="default" refusal={refusal} onClick={dialog.open}>
        Stop installing (removes nothing)…
      </ActionButton>
      {asking && (
        <Dialog onClose={dialog.close} title={`Stop installing through ${plain(connection.name)}`}>
          <Stack gap="sm">
            {change.isError && <ProblemNotice error={change.error} />}
            <Text size="sm">This concerns {counted(connection.organisations, 'organisation')}:</Text>
            <List size="sm" spacing={2}>
              <List.Item>No device installs SentinelOne any more, until you allow it again.</List.Item>
              <List.Item>An installer that runs already is not interrupted.</List.Item>
              <List.Item>
                SentinelOne stays on every device that has it, and goes on protecting: nothing is uninstalled.
              </List.Item>
              <List.Item>API token, mappings and packages stay as they are.</List.Item>
            </List>
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close} data-autofocus>
                Cancel
              </Button>
              <Button loading={change.isPending} onClick={() => change.mutate(false)}>
                Stop installing
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}

export function StoppedNotice({ connection }: { connection: Connection }) {
  const refusal = useRightRefusal('admin');
  const change = useInstalling(connection, () => undefined);
  if (connection.stoppedAt === null) return null;
  return (
    <Alert variant="outline" color="yellow" c="inherit" title="Installing is stopped">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">
          Stopped <Age at={connection.stoppedAt} />. Nothing was removed from any device.
        </Text>
        {change.isError && <ProblemNotice error={change.error} />}
        <ActionButton
          size="xs"
          variant="default"
          refusal={refusal}
          loading={change.isPending}
          onClick={() => change.mutate(true)}
        >
          Allow installing again
        </ActionButton>
      </Stack>
    </Alert>
  );
}
