import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { enrolmentKeyRoutes, type CreatedEnrolmentKey } from '#console/api/enrolment-keys.ts';
import { InstallCommands, NoRelease } from '#console/web/enrolment/install-commands.tsx';
import { KeyRules, noRules, rulesBody } from '#console/web/enrolment/key-rules.tsx';
import { CopyBox } from '#console/web/parts/copy-box.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { enrolmentKeysQuery, organisationsQuery } from '#console/web/server/queries.ts';

export function CreateKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [created, setCreated] = useState<CreatedEnrolmentKey | null>(null);
  const show = (answer: CreatedEnrolmentKey): void => {
    setCreated(answer);
    void client.invalidateQueries({ queryKey: enrolmentKeysQuery.queryKey });
  };
  return (
    <Dialog
      onClose={onClose}
      size="lg"
      title={created === null ? 'New install key' : 'Install key made'}
      closeOnClickOutside={created === null}
    >
      {created === null ? (
        <KeyForm onCreated={show} onClose={onClose} />
      ) : (
        <KeyShown created={created} onClose={onClose} />
      )}
    </Dialog>
  );
}

function KeyForm({ onCreated, onClose }: { onCreated: (created: CreatedEnrolmentKey) => void; onClose: () => void }) {
  const organisations = useQuery(organisationsQuery);
  const [chosen, setChosen] = useState('');
  const [label, setLabel] = useState('');
  const [rules, setRules] = useState(noRules);
  const items = organisations.data?.items ?? [];
  const organisationId = chosen === '' ? (items[0]?.organisationId ?? '') : chosen;
  const create = useMutation({
    mutationFn: () =>
      call(enrolmentKeyRoutes.create, {
        body: { organisationId, label, ...rulesBody(rules) },
      }),
    onSuccess: onCreated,
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    create.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        {create.isError && <ProblemNotice error={create.error} />}
        {organisations.data && items.length === 0 && <Text size="sm">Create an organisation first.</Text>}
        <NativeSelect
          label="Organisation"
          data-autofocus
          value={organisationId}
          onChange={(event) => setChosen(event.currentTarget.value)}
          data={items.map((one) => ({ value: one.organisationId, label: one.name }))}
        />
        <TextInput
          label="Name"
          description="So that you know it again, such as a rollout or a site"
          maxLength={100}
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
        />
        <KeyRules rules={rules} setRules={setRules} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={organisationId === ''}>
            Make install key
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function KeyShown({ created, onClose }: { created: CreatedEnrolmentKey; onClose: () => void }) {
  return (
    <Stack>
      <Alert variant="outline" color="yellow" c="inherit" title="Shown only now">
        Copy what you need before you close this; the install key cannot be shown again. Make a new one any time.
      </Alert>
      {created.agentVersion === null && <NoRelease />}
      <InstallCommands commands={created.commands} />
      <CopyBox label="Enrolment string" text={created.enrolmentString} />
      <Group justify="flex-end">
        <Button onClick={onClose}>Done</Button>
      </Group>
    </Stack>
  );
}
