import { Checkbox, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

/** Makes a site in SentinelOne itself. */
export function CreateSite({ connection, onClose }: { connection: Connection; onClose: () => void }) {
  const { connectionId } = connection;
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [limited, setLimited] = useState(true);
  const [licences, setLicences] = useState<number | string>(10);
  const create = useMutation({
    mutationFn: () =>
      call(connectionRoutes.createSite, {
        params: { connectionId },
        body: { name, licences: limited ? Number(licences) : null, expiresAt: null },
      }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ['connections'] });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <Dialog onClose={onClose} title={`New site in ${plain(connection.name)}`}>
      <form onSubmit={submit}>
        <Stack>
          {create.isError && <ProblemNotice error={create.error} />}
          <TextInput
            label="Name of the site"
            required
            withAsterisk={false}
            data-autofocus
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Checkbox
            label="Limit the number of licences"
            checked={limited}
            onChange={(event) => setLimited(event.currentTarget.checked)}
          />
          {limited && (
            <NumberInput
              label="Licences"
              min={1}
              max={10_000_000}
              allowDecimal={false}
              required
              withAsterisk={false}
              value={licences}
              onChange={setLicences}
            />
          )}
          <Text size="xs" c="dimmed">
            It is made in SentinelOne, in the account {plain(connection.accountName ?? '')}, with the account's policy.
            It counts against your SentinelOne licence.
          </Text>
          <ButtonRow onCancel={onClose} submit="Create site" busy={create.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}
