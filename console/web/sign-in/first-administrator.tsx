import { Button, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { sessionRoutes } from '#console/api/session.ts';
import { EntryCard } from '#console/web/sign-in/entry-card.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { takeSecret } from '#console/web/sign-in/take-secret.ts';

const secret = takeSecret();

export function FirstAdministrator() {
  return (
    <EntryCard>
      {secret === '' ? (
        <Stack>
          <Title order={1}>No administrator yet</Title>
          <Text>
            At its first start the console printed a link for the first administrator. Open that link in this browser;
            it works once.
          </Text>
        </Stack>
      ) : (
        <FirstAdministratorForm secret={secret} />
      )}
    </EntryCard>
  );
}

function FirstAdministratorForm({ secret: given }: { secret: string }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const create = useMutation({
    mutationFn: () => call(sessionRoutes.firstAdministrator, { body: { secret: given, name, password } }),
    onSuccess: (answer) => client.setQueryData(sessionQuery.queryKey, answer),
  });
  const differs = again !== '' && again !== password;
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (!differs) create.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1}>First administrator</Title>
        {create.isError && <ProblemNotice error={create.error} />}
        <TextInput
          label="Name"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description="At least 12 characters"
          autoComplete="new-password"
          required
          withAsterisk={false}
          minLength={12}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password again"
          autoComplete="new-password"
          required
          withAsterisk={false}
          value={again}
          error={differs ? 'The two are not the same' : undefined}
          onChange={(event) => setAgain(event.currentTarget.value)}
        />
        <Button type="submit" loading={create.isPending}>
          Create administrator
        </Button>
      </Stack>
    </form>
  );
}
