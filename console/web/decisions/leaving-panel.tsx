import { Button, Group, Progress, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { offboardingRoutes, type Offboarding } from '#console/api/offboarding.ts';
import { OffboardOrganisation } from '#console/web/decisions/offboard-organisation.tsx';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { offboardingsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Organisations that leave this console, and those that have left. */
export function LeavingPanel() {
  const offboardings = useQuery(offboardingsQuery);
  const [asking, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('admin');
  const items = offboardings.data?.items ?? [];
  if (items.length === 0 && refusal !== null) return null;
  return (
    <Panel
      title="Leaving"
      aside={
        refusal === null && (
          <Button size="xs" variant="default" onClick={dialog.open}>
            Offboard an organisation…
          </Button>
        )
      }
    >
      <Stack gap="md">
        {items.length === 0 && (
          <Quiet>
            When a customer leaves: its devices give up this console one after the other, also those that are away now.
            SentinelOne stays on them as it is.
          </Quiet>
        )}
        {items.map((item) => (
          <LeavingRow key={`${item.organisationId} ${item.startedAt}`} item={item} mayCancel={refusal === null} />
        ))}
      </Stack>
      {asking && <OffboardOrganisation onClose={dialog.close} />}
    </Panel>
  );
}

function LeavingRow({ item, mayCancel }: { item: Offboarding; mayCancel: boolean }) {
  const client = useQueryClient();
  const { organisationId, devices, remaining } = item;
  const cancel = useMutation({
    mutationFn: () => call(offboardingRoutes.cancel, { params: { organisationId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['organisations'] }),
  });
  const name = plain(item.organisationName);
  const left = devices - remaining;
  return (
    <Stack gap={6}>
      {cancel.isError && <ProblemNotice error={cancel.error} />}
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600} className="device-text">
          {name}: {leavingLine(item)}
        </Text>
        <Text size="xs" c="dimmed">
          begun <Age at={item.startedAt} size="xs" /> by {plain(item.startedBy)}
        </Text>
      </Group>
      {item.state === 'running' && (
        <>
          <Progress
            value={devices === 0 ? 100 : (left / devices) * 100}
            aria-label={`${name}: ${number(left)} of ${counted(devices, 'device')} have left`}
          />
          <Group justify="space-between" gap="xs">
            <Text size="sm" c="dimmed">
              At most {counted(item.perHourMax, 'device')} an hour
              {item.silent > 0 && `; ${number(item.silent)} away now, told when they call`}
              {item.removeService && '; each switches its Garrison agent off'}
            </Text>
            {mayCancel && (
              <Button
                size="xs"
                variant="default"
                loading={cancel.isPending}
                onClick={() => cancel.mutate()}
                aria-label={`Call off: ${name}`}
              >
                Call off
              </Button>
            )}
          </Group>
        </>
      )}
    </Stack>
  );
}

function leavingLine({ state, devices, remaining }: Offboarding): string {
  if (state === 'running') return `${number(devices - remaining)} of ${counted(devices, 'device')} have left`;
  return state === 'done' ? `all ${counted(devices, 'device')} have left` : 'called off';
}
