import { Button, Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { Dialog } from '#console/web/parts/dialog.tsx';

interface LeaveButtonProps {
  readonly url: string;
  /** Of the console it leads to. */
  readonly name: string;
  readonly label?: string;
}

/** Opens another console in a new tab, after showing in full where that is. */
export function LeaveButton({ url, name, label = `Open in ${name}…` }: LeaveButtonProps) {
  const [asking, setAsking] = useState(false);
  const close = (): void => setAsking(false);
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setAsking(true)}>
        {label}
      </Button>
      {asking && (
        <Dialog onClose={close} title="You are leaving Garrison">
          <Stack gap="sm">
            <Text size="sm">A new tab opens the {name} console at this address:</Text>
            <Text fw={650} className="device-text">
              {new URL(url).host}
            </Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={close} data-autofocus>
                Cancel
              </Button>
              <Button component="a" href={url} target="_blank" rel="noopener noreferrer" onClick={close}>
                Open {name}
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
