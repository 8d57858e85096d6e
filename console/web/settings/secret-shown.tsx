import { Alert, Button, Group, Stack } from '@mantine/core';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';

export function SecretShown({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} size="lg" title="Secret of the webhook" closeOnClickOutside={false}>
      <Stack>
        <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
          Enter it at the receiver, which checks with it that requests are from this console. A new one can be made any
          time; the old one then works for one more day.
        </Alert>
        <CopyBox label="Secret" text={secret} />
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
