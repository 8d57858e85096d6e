import { Button, Group, Stack, Text, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { Dialog } from '#console/web/parts/dialog.tsx';

interface ConfirmButtonProps extends ButtonProps {
  /** On the button, and again in the dialog: "Revoke". */
  readonly label: string;
  /** The deed with what it is done to: "Revoke Spring rollout". */
  readonly title: string;
  /** What happens then, and what does not. */
  readonly says: string;
  readonly act: () => void;
}

/** For what cannot be taken back: says what happens, and does it on a second press. */
export function ConfirmButton({ label, title, says, act, ...button }: ConfirmButtonProps) {
  const [asking, dialog] = useDisclosure(false);
  return (
    <>
      <Button size="xs" variant="default" {...button} onClick={dialog.open} aria-label={`${title}…`}>
        {label}…
      </Button>
      {asking && (
        <Dialog onClose={dialog.close} title={`${title}?`}>
          <Stack>
            <Text size="sm">{says}</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={dialog.close} data-autofocus>
                Cancel
              </Button>
              <Button
                color="red.9"
                onClick={() => {
                  dialog.close();
                  act();
                }}
              >
                {label}
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
