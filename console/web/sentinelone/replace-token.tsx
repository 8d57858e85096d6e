import { PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

export function ReplaceToken({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { connectionId } = connection;
  const client = useQueryClient();
  const [apiToken, setApiToken] = useState('');
  const replace = useMutation({
    mutationFn: () => call(connectionRoutes.replaceToken, { params: { connectionId }, body: { apiToken } }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['connections'] });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    replace.mutate();
  };
  return (
    <Dialog onClose={onClose} title={`New API token for ${plain(connection.name)}`}>
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">The mappings stay as they are.</Text>
          {replace.isError && <ProblemNotice error={replace.error} />}
          <PasswordInput
            label="API token"
            required
            withAsterisk={false}
            data-autofocus
            autoComplete="off"
            value={apiToken}
            onChange={(event) => setApiToken(event.currentTarget.value)}
          />
          <ButtonRow onCancel={onClose} submit="Replace" busy={replace.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
