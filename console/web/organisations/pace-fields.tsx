import { Checkbox, Group, NumberInput, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { paceSchema, type Pace } from '#console/api/pace.ts';
import { DailyHours } from '#console/web/parts/daily-hours.tsx';

/** How fast it goes, before anybody has chosen. */
export const usualPace: Pace = paceSchema.parse({});

const limits = [
  { value: 'all', label: 'All of them' },
  { value: '1', label: 'First 1 %' },
  { value: '5', label: 'First 5 %' },
  { value: '10', label: 'First 10 %' },
  { value: '25', label: 'First 25 %' },
  { value: '50', label: 'First 50 %' },
];

interface Props {
  readonly pace: Pace;
  readonly onChange: (pace: Pace) => void;
}

export function PaceFields({ pace, onChange }: Props) {
  const change = (part: Partial<Pace>): void => onChange({ ...pace, ...part });
  return (
    <Stack gap="sm" component="fieldset" className="plain-fieldset">
      <Text component="legend" size="sm" fw={600}>
        How fast
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <Select
          label="Stop after"
          data={limits}
          allowDeselect={false}
          value={pace.limitPercent === null ? 'all' : String(pace.limitPercent)}
          onChange={(value) => change({ limitPercent: value === 'all' || value === null ? null : Number(value) })}
        />
        <NumberInput
          label="At the same time"
          min={1}
          max={1000}
          allowDecimal={false}
          value={pace.atOnceMax}
          onChange={(value) => typeof value === 'number' && value >= 1 && change({ atOnceMax: value })}
        />
        <NumberInput
          label="Halt at failures of"
          suffix=" %"
          min={1}
          max={100}
          allowDecimal={false}
          value={pace.haltPercent}
          onChange={(value) => typeof value === 'number' && value >= 1 && change({ haltPercent: value })}
        />
      </SimpleGrid>
      <Hours pace={pace} change={change} />
      <Checkbox
        label="Servers last, when no other device waits any more"
        checked={pace.serversLast}
        onChange={(event) => change({ serversLast: event.currentTarget.checked })}
      />
    </Stack>
  );
}

function Hours({ pace, change }: { pace: Pace; change: (part: Partial<Pace>) => void }) {
  const { hours } = pace;
  return (
    <Group align="flex-end">
      <Checkbox
        label="Only within these hours, in the local time of each device"
        checked={hours !== null}
        onChange={(event) =>
          change({ hours: event.currentTarget.checked ? { startMinute: 1200, endMinute: 360 } : null })
        }
      />
      {hours !== null && <DailyHours hours={hours} onChange={(next) => change({ hours: next })} />}
    </Group>
  );
}
