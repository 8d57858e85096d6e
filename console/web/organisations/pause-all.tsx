import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { organisationRoutes } from '#console/api/organisations.ts';
import { counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** `deploying`: organisations that install now. */
export function PauseAll({ deploying }: { deploying: number }) {
  const client = useQueryClient();
  const [asking, dialog] = useDisclosure(false);
  const right = useRightRefusal('operator');
  const refusal = right ?? (deploying === 0 ? 'No organisation is installing.' : null);
  const pause = useMutation({
    mutationFn: () => call(organisationRoutes.pauseAll, {}),
    onSuccess: async ({ organisations, underWay }) => {
      dialog.close();
      const rest = underWay === 0 ? 'Nothing is under way.' : `${counted(underWay, 'install')} under way will end.`;
      notifications.show({ message: `${counted(organisations, 'organisation')} paused. ${rest}` });
      await client.invalidateQueries();
    },
  });
  return (
    <>
      <ActionButton variant="default" onClick={dialog.open} refusal={refusal}>
        Pause all…
      </ActionButton>
      {asking && (
        <Dialog onClose={dialog.close} title="Pause all installing?">
          <Stack>
            {pause.isError && <ProblemNotice error={pause.error} />}
            <Text size="sm">
              In {counted(deploying, 'organisation')} no further install starts. Installs that are under way end by
              themselves, and nothing is uninstalled.
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close} data-autofocus>
                Cancel
              </Button>
              <Button color="red" loading={pause.isPending} onClick={() => pause.mutate()}>
                Pause all
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
