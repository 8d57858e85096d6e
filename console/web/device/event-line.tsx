import { Text } from '@mantine/core';
import type { ReactNode } from 'react';
import type { TimelineEvent, TimelineGap } from '#console/api/devices.ts';
import { eventWords } from '#console/web/device/event-words.ts';
import { InstallerOutput } from '#console/web/device/installer-output.tsx';
import { counted, exactTime, moment } from '#console/web/format.ts';
import { ToneIcon } from '#console/web/parts/tone-label.tsx';
import { useNow } from '#console/web/server/clock.ts';
import type { Tone } from '#console/web/words.ts';

export function EventLine({ event }: { event: TimelineEvent }) {
  const { title, detail, tone, output } = eventWords(event);
  return (
    <Line at={event.at} tone={tone} title={title} detail={detail}>
      {output !== null && <InstallerOutput output={output} />}
    </Line>
  );
}

/** What a device did not remember any more when the console asked for it. */
export function GapLine({ gap }: { gap: TimelineGap }) {
  const numbers = gap.to === gap.from ? `Number ${gap.from}` : `Numbers ${gap.from} to ${gap.to}`;
  const detail = `${numbers} never arrived; the device did not have them any more.`;
  return (
    <Line
      at={gap.recordedAt}
      tone="attention"
      title={`${counted(gap.to - gap.from + 1, 'entry', 'entries')} lost`}
      detail={detail}
    />
  );
}

interface LineProps {
  readonly at: string;
  readonly tone: Tone;
  readonly title: string;
  readonly detail: string;
  readonly children?: ReactNode;
}

function Line({ at, tone, title, detail, children }: LineProps) {
  const nowMs = useNow();
  return (
    <li>
      <Text component="time" dateTime={at} title={exactTime(at)} size="sm" c="dimmed" className="event-time">
        {moment(at, nowMs)}
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
        {children}
      </div>
    </li>
  );
}
