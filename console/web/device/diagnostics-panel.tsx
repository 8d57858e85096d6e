import { Anchor, Group, Stack, Text } from '@mantine/core';
import { IconDownload, IconStethoscope } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { archiveRoute, diagnosticsRoutes, type DeviceDiagnostics } from '#console/api/diagnostics.ts';
import type { DeviceDetail } from '#console/api/devices.ts';
import { waitsForDevice } from '#console/web/device/health-words.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { bytes, exactTime, moment } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneIcon } from '#console/web/parts/tone-label.tsx';
import { call, pathOf } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import type { Tone } from '#console/web/words.ts';

/** Renewed by hints; slowly by itself, should one be lost while somebody waits. */
const lookAgainMs = 20_000;

const tones = {
  asked: 'busy',
  making: 'busy',
  ready: 'good',
  refused: 'bad',
  expired: 'quiet',
} as const satisfies Record<DeviceDiagnostics['state'], Tone>;

/** An archive for whoever looks for a fault. Seen only by those who may fetch one. */
export function DiagnosticsPanel({ device }: { device: DeviceDetail }) {
  const { deviceId } = device;
  const refusal = useRightRefusal('operator');
  const client = useQueryClient();
  const queryKey = ['device', 'one', deviceId, 'diagnostics'];
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) => call(diagnosticsRoutes.list, { params: { deviceId } }, signal),
    enabled: refusal === null,
    refetchInterval: lookAgainMs,
  });
  const ask = useMutation({
    mutationFn: () => call(diagnosticsRoutes.ask, { params: { deviceId } }),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
  if (refusal !== null) return null;
  const items = list.data?.items ?? [];
  const isUnderWay = items.some(({ state }) => state === 'asked' || state === 'making');
  const why = device.duplicateIdentity ? 'Two machines use this identity: nothing is sent to either.' : null;
  return (
    <Panel
      title="Diagnostics"
      aside={
        <ActionButton
          size="xs"
          variant="default"
          leftSection={<IconStethoscope size={16} aria-hidden />}
          refusal={isUnderWay ? 'An archive is on its way.' : why}
          loading={ask.isPending}
          onClick={() => ask.mutate()}
        >
          Get diagnostics
        </ActionButton>
      }
    >
      <Stack gap="sm">
        <Quiet>
          What the Garrison agent sees, its timeline and log, and whether it reaches this console and SentinelOne.
          Without secrets; at most one an hour; kept here for 14 days. Who fetches one is noted.
        </Quiet>
        {ask.isError && <ProblemNotice error={ask.error} />}
        {list.isError && <ProblemNotice error={list.error} />}
        <Stack gap={6} role="status" aria-label="Diagnostics of this device">
          {items.map((one) => (
            <One key={one.commandId} of={one} device={device} />
          ))}
        </Stack>
      </Stack>
    </Panel>
  );
}

function One({ of, device }: { of: DeviceDiagnostics; device: DeviceDetail }) {
  const nowMs = useNow();
  const { commandId, archive, fault, state } = of;
  return (
    <Group gap="xs" justify="space-between">
      <Text size="sm" component="div" className="device-text">
        <span className="line-icon" data-tone={tones[state]} style={{ verticalAlign: '-3px', marginRight: 6 }}>
          <ToneIcon tone={tones[state]} />
        </span>
        <span title={exactTime(of.requestedAt)}>
          Asked for {moment(of.requestedAt, nowMs)} by {plain(of.requestedBy)}
        </span>
        {': '}
        {state === 'asked' && waitsForDevice(device.lastSeenAt, nowMs)}
        {state === 'making' && 'the device makes it'}
        {state === 'ready' &&
          archive !== null &&
          `${bytes(archive.sizeBytes)}, kept until ${moment(archive.keptUntil, nowMs)}`}
        {state === 'expired' && 'not there any more'}
        {state === 'refused' &&
          (fault === null ? 'refused by the device' : `${faultWords(fault).title}. ${plain(fault.detail)}`)}
      </Text>
      {state === 'ready' && (
        <Anchor size="sm" href={pathOf(archiveRoute, { deviceId: device.deviceId, commandId })} download>
          <IconDownload size={15} aria-hidden style={{ verticalAlign: '-2px', marginRight: 4 }} />
          Download
        </Anchor>
      )}
    </Group>
  );
}
