import { Alert, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { AddressInput } from '#console/web/sentinelone/address-input.tsx';
import { AuthorityInput } from '#console/web/sentinelone/authority-input.tsx';
import { call } from '#console/web/server/client.ts';

export function ChangeSettings({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { connectionId } = connection;
  const client = useQueryClient();
  const [name, setName] = useState(connection.name);
  const [address, setAddress] = useState(connection.address);
  const [caPem, setCaPem] = useState('');
  const [apiToken, setApiToken] = useState('');
  const moved = address.trim() !== connection.address || caPem.trim() !== '';
  const change = useMutation({
    mutationFn: () =>
      call(connectionRoutes.change, {
        params: { connectionId },
        body: { name, address, ...(caPem.trim() !== '' && { caPem }), ...(moved && apiToken !== '' && { apiToken }) },
      }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['connections'] });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Dialog onClose={onClose} size="lg" title={`Settings of ${plain(connection.name)}`}>
      <form onSubmit={submit}>
        <Stack>
          {change.isError && <ProblemNotice error={change.error} />}
          <TextInput
            label="Name"
            required
            withAsterisk={false}
            data-autofocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <AddressInput value={address} onChange={setAddress} />
          <AuthorityInput
            value={caPem}
            onChange={setCaPem}
            summary={
              connection.ownAuthority
                ? 'Another certificate authority (one is trusted now)'
                : 'Own certificate authority'
            }
          />
          {moved && (
            <Alert variant="outline" color="yellow" c="inherit" title="The API token is needed again">
              <Text size="sm">
                It is only ever sent to the address it was entered for. The mappings stay when it is the same account.
              </Text>
              <PasswordInput
                mt="xs"
                label="API token"
                required
                withAsterisk={false}
                autoComplete="off"
                value={apiToken}
                onChange={(event) => setApiToken(event.currentTarget.value)}
              />
            </Alert>
          )}
          <ButtonRow onCancel={onClose} submit="Save" busy={change.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
