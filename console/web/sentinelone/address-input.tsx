import { ActionIcon, Group, Text, TextInput, Tooltip } from '@mantine/core';
import { IconHelpCircle } from '@tabler/icons-react';
import { useId } from 'react';

interface AddressInputProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly focused?: boolean;
}

const help =
  'The first part (usea1-acme), the whole name (usea1-acme.sentinelone.net), or any address copied from the browser while you are signed in to SentinelOne. Only the name is kept. The address of a single sign-on page does not work.';

/** The help is a button of its own, so that keyboard and screen reader reach it too. */
export function AddressInput({ value, onChange, focused = false }: AddressInputProps) {
  const id = useId();
  return (
    <div>
      <Group gap={4} mb={2}>
        <Text component="label" htmlFor={id} size="sm" fw={600}>
          Management console domain
        </Text>
        <Tooltip label={help} multiline maw={340} events={{ hover: true, focus: true, touch: true }}>
          <ActionIcon variant="subtle" size="sm" color="gray" aria-label={`Help: ${help}`}>
            <IconHelpCircle size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      </Group>
      <TextInput
        id={id}
        placeholder="usea1-acme.sentinelone.net"
        required
        {...(focused && { 'data-autofocus': true })}
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    </div>
  );
}
