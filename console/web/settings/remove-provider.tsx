import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { counted } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { signOnQuery } from '#console/web/server/operator-queries.ts';
import { sessionQuery } from '#console/web/server/queries.ts';

interface RemoveProviderProps {
  readonly operators: number;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

export function RemoveProvider({ operators, onClose, onRemoved }: RemoveProviderProps) {
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: () => call(signOnRoutes.removeProvider, {}),
    onSuccess: async (data) => {
      client.setQueryData(signOnQuery.queryKey, data);
      onRemoved();
      onClose();
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    },
  });
  return (
    <Dialog onClose={onClose} title="Remove single sign-on">
      <Stack>
        {remove.isError && <ProblemNotice error={remove.error} />}
        <Text size="sm">
          {operators === 0
            ? 'Nobody has a role by it. '
            : `${counted(operators, 'operator')} who come by it are signed out at once and cannot come back. `}
          They stay listed under Operators; their API keys work until you disable them there. With the same provider set
          again, they are the same people.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            Remove
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
