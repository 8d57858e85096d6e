import { Group, Stack, Text } from '@mantine/core';
import { IconRefresh, IconRefreshOff, IconSearch } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { OperatorVerb } from '#console/api/command-rule.ts';
import { deviceRoutes, type DeviceDetail } from '#console/api/devices.ts';
import { CommandProgress } from '#console/web/device/command-progress.tsx';
import { actionSays, actionsFor } from '#console/web/device/health-words.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { commandsQuery } from '#console/web/server/queries.ts';
import { refusals, verbs } from '#console/web/words.ts';

const icons = { retry: IconRefresh, check: IconSearch, cancel: IconRefreshOff };

export function Actions({ device }: { device: DeviceDetail }) {
  const { deviceId } = device;
  const client = useQueryClient();
  const nowMs = useNow();
  const commands = useQuery(commandsQuery(deviceId));
  const send = useMutation({
    mutationFn: (verb: OperatorVerb) => call(deviceRoutes.command, { params: { deviceId }, body: { verb } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['device', 'one', deviceId] }),
  });
  const latest = commands.data?.items[0];
  const { verbs: offered, urge } = actionsFor(device, nowMs);
  const pending = commands.data?.items.filter((command) => command.result === null) ?? [];
  return (
    <Stack gap="sm" mt={4}>
      <Group gap="md" align="flex-start">
        {offered.map((verb, index) => {
          const refusal = device.refusals[verb];
          const Shape = icons[verb];
          return (
            <Stack key={verb} gap={4} maw={430} miw={0} flex="1 1 260px">
              <Group>
                <ActionButton
                  variant={urge && index === 0 && refusal === null ? 'filled' : 'default'}
                  leftSection={<Shape size={17} aria-hidden />}
                  refusal={refusal === null ? null : refusals[refusal]}
                  loading={send.isPending && send.variables === verb}
                  onClick={() => send.mutate(verb)}
                  aria-describedby={`says-${verb}`}
                >
                  {verbs[verb]}
                </ActionButton>
              </Group>
              <Text id={`says-${verb}`} size="xs" c="dimmed">
                {refusal === null ? actionSays(verb, device, nowMs) : refusals[refusal]}
              </Text>
            </Stack>
          );
        })}
      </Group>
      {send.isError && <ProblemNotice error={send.error} />}
      {latest && <CommandProgress commands={pending.length > 0 ? pending : [latest]} lastSeenAt={device.lastSeenAt} />}
    </Stack>
  );
}
