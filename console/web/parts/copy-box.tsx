import { Button, Group, Text } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';

/** Something to take elsewhere, whole, with a button that copies it. */
export function CopyBox({ label, text }: { label: string; text: string }) {
  const clipboard = useClipboard({ timeout: 3_000 });
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600}>
          {label}
        </Text>
        <Button
          size="xs"
          variant="default"
          leftSection={clipboard.copied ? <IconCheck size={15} aria-hidden /> : <IconCopy size={15} aria-hidden />}
          onClick={() => clipboard.copy(text)}
          aria-label={`Copy: ${label}`}
        >
          <span aria-live="polite">{clipboard.copied ? 'Copied' : 'Copy'}</span>
        </Button>
      </Group>
      <div className="output secret" tabIndex={0} role="textbox" aria-readonly="true" aria-label={label}>
        {text}
      </div>
      {clipboard.error && (
        <Text size="xs" c="dimmed" mt={4}>
          The browser does not let the page copy here; select the text instead.
        </Text>
      )}
    </div>
  );
}
