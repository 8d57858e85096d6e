import { ActionIcon, Group, Text, Tooltip } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';

interface SettingLineProps {
  readonly name: string;
  readonly value: string;
  readonly changeLabel: string;
  /** Why it cannot be changed; null: it can. */
  readonly refusal: string | null;
  readonly change: () => void;
}

/** A setting in a row of a list, with the pencil that changes it at its end. */
export function SettingLine({ name, value, changeLabel, refusal, change }: SettingLineProps) {
  return (
    <Group gap={2} wrap="nowrap" align="center">
      <Text size="xs" c="dimmed">
        {name}: {value}
      </Text>
      <Tooltip label={refusal ?? changeLabel}>
        <ActionIcon
          size={24}
          variant="subtle"
          color="gray"
          aria-label={changeLabel}
          aria-disabled={refusal !== null}
          onClick={refusal === null ? change : undefined}
        >
          <IconPencil size={14} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
