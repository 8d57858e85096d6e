import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { deviceDecisionRoutes, type AskedDevices } from '#console/api/device-decisions.ts';
import { counted, number } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { retirePreviewQuery } from '#console/web/server/queries.ts';

interface RetireProps {
  readonly title: string;
  readonly which: AskedDevices;
  readonly onClose: () => void;
}

/** Counts first; retires exactly what was counted. Devices that still report are not gone. */
export function RetireDevices({ title, which, onClose }: RetireProps) {
  const client = useQueryClient();
  const preview = useQuery(retirePreviewQuery(which));
  const retire = useMutation({
    mutationFn: (devices: number) => call(deviceDecisionRoutes.retire, { body: { which, devices } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['device'] }),
    onError: () => preview.refetch(),
  });
  const count = preview.data?.retires ?? 0;
  return (
    <Dialog onClose={onClose} title={title}>
      <Stack>
        {retire.isError && <ProblemNotice error={retire.error} />}
        {retire.isSuccess ? (
          <Text size="sm" role="status">
            {counted(retire.data.devices, 'device')} retired.
          </Text>
        ) : (
          <Loaded of={preview} rows={2}>
            {({ matching, retires, reporting, left }) => (
              <Stack gap="xs">
                <Text size="sm">
                  Of {counted(matching, 'device')}, <b>{number(retires)}</b> are silent and are retired: kept with their
                  history on the screen Enrolment, counted no more. One that calls again is there again by itself.
                </Text>
                {reporting > 0 && (
                  <Text size="sm" c="dimmed">
                    {counted(reporting, 'device')} not: still reporting. Remove them instead.
                  </Text>
                )}
                {left > 0 && (
                  <Text size="sm" c="dimmed">
                    {counted(left, 'more device')} can be retired afterwards.
                  </Text>
                )}
              </Stack>
            )}
          </Loaded>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {retire.isSuccess ? 'Close' : 'Cancel'}
          </Button>
          {!retire.isSuccess && (
            <Button
              disabled={count === 0}
              loading={retire.isPending || preview.isFetching}
              onClick={() => retire.mutate(count)}
            >
              {`Retire ${counted(count, 'device')}`}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}
