import { Text } from '@mantine/core';
import type { TimelineEvent } from '#console/api/devices.ts';
import { eventWords } from '#console/web/device/event-words.ts';
import { InstallerOutput } from '#console/web/device/installer-output.tsx';
import { exactTime, moment } from '#console/web/format.ts';
import { ToneIcon } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';

export function EventLine({ event }: { event: TimelineEvent }) {
  const nowMs = useNow();
  const { title, detail, tone, output } = eventWords(event);
  return (
    <li>
      <Text
        component="time"
        dateTime={event.at}
        title={exactTime(event.at)}
        size="sm"
        c="dimmed"
        className="event-time"
      >
        {moment(event.at, nowMs)}
      </Text>
      <span className="line-icon" data-tone={tone}>
        <ToneIcon tone={tone} size={17} />
      </span>
      <div className="device-text event-text">
        <Text size="sm" fw={550} component="div">
          {title}
        </Text>
        {detail !== '' && (
          <Text size="sm" c="dimmed" component="div">
            {detail}
          </Text>
        )}
        {output !== null && <InstallerOutput output={output} />}
      </div>
    </li>
  );
}
