import { Alert, Button, Checkbox, Group, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { GrantFields, type Grant } from '#console/web/operators/grant-fields.tsx';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { apiKeysQuery } from '#console/web/server/operator-queries.ts';
import { useOperator } from '#console/web/server/session.ts';

export function CreateApiKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const maker = useOperator();
  const [label, setLabel] = useState('');
  const [grant, setGrant] = useState<Grant>({
    role: 'viewer',
    organisationIds: maker?.organisationIds === null ? null : [],
  });
  const [mayConfirmed, setMayConfirmed] = useState(false);
  const [days, setDays] = useState<number | string>(90);
  const create = useMutation({
    mutationFn: () =>
      call(apiKeyRoutes.create, { body: { label, ...grant, mayConfirmed, lifetimeDays: Number(days) } }),
    onSuccess: () => client.invalidateQueries({ queryKey: apiKeysQuery.queryKey }),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  if (create.data !== undefined) return <KeyShown secret={create.data.secret} onClose={onClose} />;
  return (
    <Dialog onClose={onClose} title="New API key">
      <form onSubmit={submit}>
        <Stack>
          {create.isError && <ProblemNotice error={create.error} />}
          <TextInput
            label="Name"
            description="So that you know it again, such as the program that uses it"
            required
            withAsterisk={false}
            maxLength={100}
            data-autofocus
            value={label}
            onChange={(event) => setLabel(event.currentTarget.value)}
          />
          <GrantFields grant={grant} onChange={setGrant} />
          {grant.role !== 'viewer' && (
            <Checkbox
              label="May also do what asks people for their password"
              description="Consoles of SentinelOne, install keys, many devices at once"
              checked={mayConfirmed}
              onChange={(event) => setMayConfirmed(event.currentTarget.checked)}
            />
          )}
          <NumberInput
            label="Ends after days"
            min={1}
            max={365}
            value={days}
            onChange={setDays}
            required
            withAsterisk={false}
          />
          <ButtonRow onCancel={onClose} submit="Make API key" busy={create.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}

function KeyShown({ secret, onClose }: { secret: string; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title="API key made" closeOnClickOutside={false} size="lg">
      <Stack>
        <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
          Copy it before you close this; it cannot be shown again.
        </Alert>
        <CopyBox label="API key" text={secret} />
        <Text size="sm" c="dimmed">
          A program sends it with every request, in the header “Authorization: Bearer” and the key. What there is to ask
          stands at /api/openapi.json of this console.
        </Text>
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
