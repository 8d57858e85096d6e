import { Button, Group, List, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { DeviceDetail } from '#console/api/devices.ts';
import { exceptionRoutes, type Exception } from '#console/api/exceptions.ts';
import { ExceptionDialog } from '#console/web/device/exception-dialog.tsx';
import { plain } from '#console/web/device-text.ts';
import { exactTime, moment } from '#console/web/format.ts';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { antivirusStates, lookName } from '#console/web/words.ts';
import type { AntivirusReport } from '#protocol/report.ts';
import type { Conflict } from '#protocol/state.ts';

export function AntivirusPanel({ device }: { device: DeviceDetail }) {
  const found = device.report?.antivirus ?? null;
  return (
    <Panel title="Other antivirus" at={found?.observedAt ?? null}>
      {found === null ? (
        <Quiet>The device has not looked yet.</Quiet>
      ) : (
        <Findings device={device} found={found.value} />
      )}
    </Panel>
  );
}

function Findings({ device, found }: { device: DeviceDetail; found: AntivirusReport }) {
  const nothing = found.blocking.length + found.reported.length + found.failedProbes.length === 0;
  return (
    <Stack gap="md">
      {nothing && <Quiet>None found; every look for it worked.</Quiet>}
      {found.blocking.map((conflict) => (
        <Product key={`blocking ${conflict.productId}`} conflict={conflict} device={device} blocks />
      ))}
      {found.failedProbes.map((probe) => (
        <FailedLook key={probe.probe} device={device} {...probe} />
      ))}
      {found.reported.map((conflict) => (
        <Product key={`reported ${conflict.productId}`} conflict={conflict} device={device} blocks={false} />
      ))}
      <Exceptions device={device} />
    </Stack>
  );
}

function Product({ conflict, device, blocks }: { conflict: Conflict; device: DeviceDetail; blocks: boolean }) {
  const state = antivirusStates[conflict.state];
  const exception = device.exceptions.find(
    (one) => one.subject.kind === 'product' && one.subject.productId === conflict.productId,
  );
  return (
    <article aria-label={plain(conflict.name)}>
      <Group gap="xs">
        <Text fw={650} className="device-text">
          {plain(conflict.name)} {conflict.version !== null && plain(conflict.version)}
        </Text>
        <ToneLabel tone={state.tone}>{state.name}</ToneLabel>
        {blocks ? (
          <ToneLabel tone="attention">in the way of SentinelOne</ToneLabel>
        ) : (
          <ToneLabel tone="quiet">not in the way</ToneLabel>
        )}
        {exception && <ExceptionSign exception={exception} />}
      </Group>
      {conflict.evidence.length > 0 && (
        <List size="sm" mt={6} spacing={2} className="device-text">
          {conflict.evidence.map((line) => (
            <List.Item key={line}>{plain(line)}</List.Item>
          ))}
        </List>
      )}
      {conflict.remedy !== '' && (
        <Text size="sm" mt={6} className="device-text">
          <b>What to do:</b> {plain(conflict.remedy)}
        </Text>
      )}
      {blocks && !exception && (
        <AddException
          device={device}
          subject={{ kind: 'product', productId: conflict.productId }}
          name={plain(conflict.name)}
        />
      )}
    </article>
  );
}

function FailedLook({
  device,
  probe,
  detail,
  waived,
}: {
  device: DeviceDetail;
  probe: string;
  detail: string;
  waived: boolean;
}) {
  return (
    <article aria-label={`Look ${plain(probe)}`}>
      <Group gap="xs">
        <Text fw={650} className="device-text">
          Could not look at {lookName(probe)}
        </Text>
        <ToneLabel tone={waived ? 'quiet' : 'attention'}>{waived ? 'waived' : 'in the way of SentinelOne'}</ToneLabel>
      </Group>
      <Text size="sm" className="device-text">
        {plain(detail)}
      </Text>
      {!waived && (
        <>
          <Text size="sm" mt={6}>
            <b>What to do:</b> It is tried again by itself. What is wrong stands above; if it cannot be put right, waive
            this one look for some days.
          </Text>
          <AddException device={device} subject={{ kind: 'probe', probe }} name={lookName(probe)} />
        </>
      )}
    </article>
  );
}

interface AddExceptionProps {
  readonly device: DeviceDetail;
  readonly subject: Exception['subject'];
  readonly name: string;
}

function AddException({ device, subject, name }: AddExceptionProps) {
  const [opened, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('operator');
  if (refusal !== null) return null;
  return (
    <>
      <Button size="xs" variant="default" mt={8} onClick={dialog.open}>
        {subject.kind === 'product' ? 'Add an exception…' : 'Waive this look…'}
      </Button>
      <ExceptionDialog opened={opened} onClose={dialog.close} device={device} subject={subject} name={name} />
    </>
  );
}

function ExceptionSign({ exception }: { exception: Exception }) {
  const nowMs = useNow();
  return <ToneLabel tone="busy">exception until {moment(exception.expiresAt, nowMs)}</ToneLabel>;
}

/** As the device names it; one that is gone from there by its id. */
function productName({ report }: DeviceDetail, productId: string): string {
  const found = report?.antivirus?.value;
  const product = [...(found?.blocking ?? []), ...(found?.reported ?? [])].find((one) => one.productId === productId);
  return plain(product?.name ?? productId);
}

function Exceptions({ device }: { device: DeviceDetail }) {
  const client = useQueryClient();
  const nowMs = useNow();
  const refusal = useRightRefusal('operator');
  const remove = useMutation({
    mutationFn: (exceptionId: string) => call(exceptionRoutes.remove, { params: { exceptionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['device', 'one', device.deviceId] }),
  });
  if (device.exceptions.length === 0) return null;
  return (
    <div>
      <Text fw={650} size="sm" mb={4}>
        Exceptions
      </Text>
      {remove.isError && <ProblemNotice error={remove.error} />}
      <Stack gap={6}>
        {device.exceptions.map((one) => (
          <Group key={one.exceptionId} gap="xs" justify="space-between">
            <Text size="sm" className="device-text" title={exactTime(one.expiresAt)}>
              <b>
                {one.subject.kind === 'product'
                  ? productName(device, one.subject.productId)
                  : `Look at ${lookName(one.subject.probe)}`}
              </b>{' '}
              {one.scope.kind === 'organisation' ? 'on the whole organisation' : 'on this device'},{' '}
              {one.subject.kind === 'product' ? 'exception' : 'waived'} until {moment(one.expiresAt, nowMs)}, by{' '}
              {plain(one.createdBy)}: {plain(one.reason)}
            </Text>
            {refusal === null && (
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => remove.mutate(one.exceptionId)}
                loading={remove.isPending}
              >
                Remove
              </Button>
            )}
          </Group>
        ))}
      </Stack>
    </div>
  );
}
