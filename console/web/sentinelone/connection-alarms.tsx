import { Alert, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import type { Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { alarmDays } from '#console/web/sentinelone-words.ts';

/** What somebody should do about a connection, the most urgent first. */
export function ConnectionAlarms({ alarms }: { alarms: Connection['alarms'] }) {
  if (alarms.length === 0) return null;
  return (
    <Stack gap="xs">
      {alarms.map((alarm) => {
        const { title, remedy } = faultWords(alarm);
        const days = alarm.daysLeft === null || alarm.daysLeft === 0 ? '' : ` (${alarmDays(alarm.daysLeft)})`;
        return (
          <Alert
            key={`${alarm.kind} ${alarm.code}`}
            role="alert"
            variant="outline"
            color={alarm.level === 'urgent' ? 'red' : 'yellow'}
            c="inherit"
            icon={<IconAlertTriangle aria-hidden />}
            title={`${title}${days}`}
          >
            <Text size="sm" className="device-text">
              {plain(alarm.detail)}
            </Text>
            <Text size="sm">
              <b>What to do:</b> {remedy}
            </Text>
          </Alert>
        );
      })}
    </Stack>
  );
}
