import { Alert, Group, Progress, Stack, Text, Title } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import type { DeviceDetail } from '#console/api/devices.ts';
import { Actions } from '#console/web/device/actions.tsx';
import { DefenderAdvice } from '#console/web/device/defender-advice.tsx';
import { healthLines, sinceWords } from '#console/web/device/health-words.ts';
import { plain } from '#console/web/device-text.ts';
import { bytes, exactTime, moment } from '#console/web/format.ts';
import { Age, Countdown } from '#console/web/parts/age.tsx';
import { ToneIcon, ToneLabel } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import { deviceWords, stateWords } from '#console/web/state-words.ts';
import type { ProtectionState } from '#protocol/state.ts';

export function HealthPanel({ device }: { device: DeviceDetail }) {
  const nowMs = useNow();
  const { line, tone } = deviceWords(device, nowMs);
  const { state } = device;
  return (
    <section className="panel health" data-tone={tone} aria-label="Health">
      <Stack className="panel-body" gap="sm">
        <Group justify="space-between" align="flex-start" gap="xs">
          <Title order={2} fz="1.3rem" className="device-text" aria-live="polite">
            <span className="line-icon" data-tone={tone} style={{ verticalAlign: '-3px', marginRight: 8 }}>
              <ToneIcon tone={tone} size={22} />
            </span>
            {line}
          </Title>
          {device.reportedAt !== null && <Age at={device.reportedAt} before="reported " size="xs" />}
        </Group>
        <Silence device={device} />
        {state === null ? (
          <Text size="sm">The device is enrolled; its first report has not arrived yet.</Text>
        ) : (
          <StateDetail state={state} device={device} />
        )}
        <Actions device={device} />
        <DefenderAdvice device={device} />
      </Stack>
    </section>
  );
}

/** What it said last is told as such, never as the truth. */
function Silence({ device }: { device: DeviceDetail }) {
  const nowMs = useNow();
  if (device.notReportingSince === null) return null;
  return (
    <Alert
      variant="outline"
      color="gray"
      c="inherit"
      icon={<IconPlugConnectedX aria-hidden />}
      title="The device is silent"
    >
      <Text size="sm">
        Check whether it is switched on and reaches this console.
        {device.state !== null && ` What it said last: ${stateWords(device.state, nowMs).line}.`}
      </Text>
    </Alert>
  );
}

function StateDetail({ state, device }: { state: ProtectionState; device: DeviceDetail }) {
  const nowMs = useNow();
  return (
    <Stack gap="xs">
      {healthLines(state).map((line, index) => (
        <div key={index}>
          {line.cause !== null && (
            <Text fw={600} size="sm">
              {line.cause}
            </Text>
          )}
          {line.detail !== null && (
            <Text size="sm" className="device-text">
              {line.detail}
            </Text>
          )}
          {line.remedy !== null && (
            <Text size="sm">
              <b>What to do:</b> {line.remedy}
            </Text>
          )}
        </div>
      ))}
      <Particulars state={state} device={device} />
      <Text size="xs" c="dimmed" title={exactTime(state.since)}>
        In this state {sinceWords(state, nowMs)}.
      </Text>
    </Stack>
  );
}

/** What only some states have: a countdown, a holder, progress. */
function Particulars({ state, device }: { state: ProtectionState; device: DeviceDetail }) {
  const nowMs = useNow();
  const starts = device.report?.attempts;
  switch (state.kind) {
    case 'retrying':
      return (
        <Text size="sm" data-testid="countdown">
          Next try by itself at <b>{moment(state.nextAttemptAt, nowMs)}</b>, <Countdown until={state.nextAttemptAt} />.{' '}
          {starts && `${starts.startsLast24h} of ${starts.startsMax} installer starts used in 24 hours.`}
        </Text>
      );
    case 'waiting':
      return (
        <Text size="sm" className="device-text">
          {state.holder !== null &&
            `${state.condition === 'reboot' ? 'To be restarted by' : 'Held up by'} ${plain(state.holder)}. `}
          Looks again at {moment(state.lookAgainAt, nowMs)}, <Countdown until={state.lookAgainAt} />.
        </Text>
      );
    case 'installing':
      return state.progress === null ? null : <DownloadProgress {...state.progress} />;
    case 'protected':
    case 'degraded':
      return (
        <Group gap="xs">
          <ToneLabel tone="quiet">SentinelOne {plain(state.version)}</ToneLabel>
        </Group>
      );
    case 'not-protecting':
    case 'checking':
    case 'unsupported':
    case 'unassigned':
    case 'paused':
    case 'blocked':
    case 'failed':
      return null;
  }
}

function DownloadProgress({ doneBytes, totalBytes }: { doneBytes: number; totalBytes: number }) {
  const percent = totalBytes > 0 ? Math.min(100, (doneBytes / totalBytes) * 100) : 0;
  return (
    <div>
      <Progress value={percent} aria-label="Download" mb={4} />
      <Text size="xs" c="dimmed">
        {bytes(doneBytes)} of {bytes(totalBytes)} ({Math.floor(percent)} %)
      </Text>
    </div>
  );
}
