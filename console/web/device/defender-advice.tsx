import { List, Stack, Text } from '@mantine/core';
import { IconChevronRight } from '@tabler/icons-react';
import type { DeviceDetail } from '#console/api/devices.ts';
import { plain } from '#console/web/device-text.ts';
import type { Conflict } from '#protocol/state.ts';

const defenderId = 'microsoft-defender-antivirus';

/** Defender as it is on the device while it decides over files; null: not there, passive or turned off. */
function activeDefender({ os, report }: Pick<DeviceDetail, 'os' | 'report'>): Conflict | null {
  const found = report?.antivirus?.value;
  if (os !== 'windows' || found === undefined) return null;
  const defender = [...found.blocking, ...found.reported].find(({ productId }) => productId === defenderId);
  return defender !== undefined && (defender.state === 'active' || defender.state === 'unknown') ? defender : null;
}

/** After an installation that failed while Defender was active: the last thing to try, and what it costs. */
export function DefenderAdvice({ device }: { device: DeviceDetail }) {
  const { state, report } = device;
  const defender = activeDefender(device);
  const hasFailed = state !== null && (state.kind === 'failed' || state.kind === 'retrying');
  if (defender === null || !hasFailed || !state.fault.code.startsWith('install.')) return null;
  return (
    <details>
      <summary>
        <IconChevronRight size={16} className="turn" aria-hidden />
        Microsoft Defender is active. If Retry install does not help, turn it off first
      </summary>
      <Stack gap="xs" mt={6} pl={22}>
        {report?.machine?.value.product === 'server' ? (
          <Text size="sm" className="device-text">
            {plain(defender.remedy)}
          </Text>
        ) : (
          <ClientSteps />
        )}
      </Stack>
    </details>
  );
}

function ClientSteps() {
  return (
    <>
      <Text size="sm">
        Usually nothing has to be done: Windows turns Defender off by itself as soon as SentinelOne has registered. When
        the installation fails all the same, somebody at the device does this:
      </Text>
      <List type="ordered" size="sm" spacing={4}>
        <List.Item>Open Windows Security: the shield in the taskbar, or search for it in the Start menu.</List.Item>
        <List.Item>Choose Virus &amp; threat protection.</List.Item>
        <List.Item>Choose Manage settings, below “Virus &amp; threat protection settings”.</List.Item>
        <List.Item>Turn Real-time protection off and confirm with Yes.</List.Item>
        <List.Item>Press Retry install here at once.</List.Item>
      </List>
      <Text size="sm">
        Until SentinelOne protects the device it has no antivirus at all. Tamper protection or a policy may turn
        Defender on again at any time; then change it there. Garrison never turns it off by itself.
      </Text>
    </>
  );
}
