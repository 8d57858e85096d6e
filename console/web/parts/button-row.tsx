import { Button, Group } from '@mantine/core';

/** The end of a form in a dialog. */
export function ButtonRow({ onCancel, submit, busy }: { onCancel: () => void; submit: string; busy: boolean }) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={onCancel}>
        Cancel
      </Button>
      <Button type="submit" loading={busy}>
        {submit}
      </Button>
    </Group>
  );
}
