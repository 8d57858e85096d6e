import { Button, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState, type SyntheticEvent } from 'react';
import { sessionRoutes } from '#console/api/session.ts';
import { CodeDigits } from '#console/web/sign-in/code-digits.tsx';
import { EntryCard } from '#console/web/sign-in/entry-card.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { SignOnButton } from '#console/web/sign-in/sign-on-button.tsx';
import { call } from '#console/web/server/client.ts';
import { sessionQuery } from '#console/web/server/queries.ts';

interface SignInProps {
  /** What single sign-on is called; null: not in use. */
  readonly signOn: string | null;
  /** Code of what went wrong there; '' for nothing. */
  readonly problem: string;
}

export function SignIn({ signOn, problem }: SignInProps) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [code, setCode] = useState('');
  const [codeAsked, setCodeAsked] = useState(false);

  useEffect(() => {
    document.title = 'Sign in · Garrison';
  }, []);

  const signIn = useMutation({
    mutationFn: (given: string) =>
      call(sessionRoutes.signIn, { body: { name, password, ...(given.length >= 6 && { code: given }) } }),
    onSuccess: (answer) => {
      if (answer.kind === 'code-required') setCodeAsked(true);
      else client.setQueryData(sessionQuery.queryKey, answer);
    },
    onError: () => setCode(''),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    signIn.mutate(code);
  };

  return (
    <EntryCard>
      <form onSubmit={submit}>
        <Stack>
          <Title order={1}>Sign in</Title>
          {signIn.isError && <ProblemNotice error={signIn.error} />}
          <TextInput
            label="Name"
            autoComplete="username"
            required
            withAsterisk={false}
            data-autofocus
            autoFocus
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {codeAsked && (
            <CodeDigits value={code} onChange={setCode} onComplete={(given) => signIn.mutate(given)} orRecovery />
          )}
          <Button type="submit" loading={signIn.isPending}>
            Sign in
          </Button>
        </Stack>
      </form>
      {signOn !== null && <SignOnButton label={signOn} problem={problem} />}
    </EntryCard>
  );
}
