import { Group, Select, Text } from '@mantine/core';
import { clock } from '#console/web/format.ts';

export interface Hours {
  readonly startMinute: number;
  readonly endMinute: number;
}

const everyHour = Array.from({ length: 24 }, (_, hour) => hour * 60);

interface Props {
  readonly hours: Hours;
  readonly onChange: (hours: Hours) => void;
}

/** Daily hours, from and to a full hour; a minute that was set elsewhere stays choosable. */
export function DailyHours({ hours, onChange }: Props) {
  return (
    <Group gap="xs">
      <Minute label="From" minute={hours.startMinute} onChange={(startMinute) => onChange({ ...hours, startMinute })} />
      <Text size="sm">to</Text>
      <Minute label="To" minute={hours.endMinute} onChange={(endMinute) => onChange({ ...hours, endMinute })} />
    </Group>
  );
}

interface MinuteProps {
  readonly label: string;
  readonly minute: number;
  readonly onChange: (minute: number) => void;
}

function Minute({ label, minute, onChange }: MinuteProps) {
  const minutes = [...new Set([...everyHour, minute])].toSorted((a, b) => a - b);
  return (
    <Select
      aria-label={label}
      w={95}
      data={minutes.map((one) => ({ value: String(one), label: clock(one) }))}
      allowDeselect={false}
      value={String(minute)}
      onChange={(value) => value !== null && onChange(Number(value))}
    />
  );
}
