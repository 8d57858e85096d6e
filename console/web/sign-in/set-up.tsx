import { Anchor, Button, Loader, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type SyntheticEvent } from 'react';
import { setUpRoutes } from '#console/api/operators.ts';
import { plain } from '#console/web/device-text.ts';
import { exactTime } from '#console/web/format.ts';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { sessionQuery } from '#console/web/server/queries.ts';
import { EntryCard } from '#console/web/sign-in/entry-card.tsx';
import { NewPasswordFields } from '#console/web/sign-in/new-password-fields.tsx';
import { takeSecret } from '#console/web/sign-in/take-secret.ts';

const secret = takeSecret();

/** Where a set-up link leads: choosing the password of a new operator, or a new one. */
export function SetUp() {
  const look = useQuery({
    queryKey: ['set-up'],
    queryFn: () => call(setUpRoutes.look, { body: { secret } }),
    enabled: secret !== '',
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <EntryCard>
      {look.data === undefined ? (
        <Stack>
          <Title order={1}>Set-up link</Title>
          {look.isFetching ? (
            <Loader aria-label="Loading" />
          ) : (
            <Text role="alert">
              This link is used up, too old or not whole. Ask an administrator for a new one, or{' '}
              <Anchor href="/">sign in</Anchor>.
            </Text>
          )}
        </Stack>
      ) : (
        <ChoosePassword name={look.data.name} expiresAt={look.data.expiresAt} />
      )}
    </EntryCard>
  );
}

function ChoosePassword({ name, expiresAt }: { name: string; expiresAt: string }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [password, setPassword] = useState<string | null>(null);
  const choose = useMutation({
    mutationFn: (chosen: string) => call(setUpRoutes.choosePassword, { body: { secret, password: chosen } }),
    onSuccess: (answer) => {
      if (answer.kind !== 'signed-in') return;
      client.setQueryData(sessionQuery.queryKey, answer);
      void navigate({ to: '/', replace: true });
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (password !== null) choose.mutate(password);
  };
  if (choose.data?.kind === 'code-required') {
    return (
      <Stack>
        <Title order={1}>Password set</Title>
        <Text>
          <Anchor href="/">Sign in</Anchor> with it and the code of your authenticator app.
        </Text>
      </Stack>
    );
  }
  return (
    <form onSubmit={submit}>
      <Stack>
        <Title order={1} className="device-text">
          Welcome, {plain(name)}
        </Title>
        <Text size="sm">Choose your password. This link works once, until {exactTime(expiresAt)}.</Text>
        {choose.isError && <ProblemNotice error={choose.error} />}
        <input type="text" name="username" autoComplete="username" value={name} readOnly hidden />
        <NewPasswordFields onChange={setPassword} />
        <Button type="submit" loading={choose.isPending}>
          Set password
        </Button>
      </Stack>
    </form>
  );
}
