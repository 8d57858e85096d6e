import { Alert, Button, Group, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { plain } from '#console/web/device-text.ts';
import { exactTime } from '#console/web/format.ts';
import { GrantFields, type Grant } from '#console/web/operators/grant-fields.tsx';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { operatorsQuery } from '#console/web/server/operator-queries.ts';
import { useOperator } from '#console/web/server/session.ts';

interface Link {
  readonly link: string;
  readonly expiresAt: string;
}

export function CreateOperator({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const giver = useOperator();
  const [name, setName] = useState('');
  const [grant, setGrant] = useState<Grant>({
    role: 'viewer',
    organisationIds: giver?.organisationIds === null ? null : [],
  });
  const create = useMutation({
    mutationFn: () => call(operatorManagementRoutes.create, { body: { name, ...grant } }),
    onSuccess: () => client.invalidateQueries({ queryKey: operatorsQuery.queryKey }),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  if (create.data !== undefined) {
    return <LinkShown title={`${plain(name)} is invited`} link={create.data} onClose={onClose} />;
  }
  return (
    <Dialog onClose={onClose} title="New operator">
      <form onSubmit={submit}>
        <Stack>
          {create.isError && <ProblemNotice error={create.error} />}
          <TextInput
            label="Name"
            description="For signing in, and in the record of what was done"
            required
            withAsterisk={false}
            maxLength={100}
            data-autofocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <GrantFields grant={grant} onChange={setGrant} />
          <ButtonRow onCancel={onClose} submit="Make a set-up link" busy={create.isPending} />
        </Stack>
      </form>
    </Dialog>
  );
}

export function LinkShown({ title, link, onClose }: { title: string; link: Link; onClose: () => void }) {
  return (
    <Dialog onClose={onClose} title={title} closeOnClickOutside={false} size="lg">
      <Stack>
        <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
          Whoever opens this link first chooses the password. Hand it over by a way that only this person reads. It
          works once, until {exactTime(link.expiresAt)}.
        </Alert>
        <CopyBox label="Set-up link" text={link.link} />
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
