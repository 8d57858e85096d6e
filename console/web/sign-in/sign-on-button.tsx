import { Button, Divider, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { plain } from '#console/web/device-text.ts';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { signOnError } from '#console/web/sign-in/sign-on-outcome.ts';

interface SignOnButtonProps {
  /** What the provider is called. */
  readonly label: string;
  /** Code of what went wrong the last time; '' for nothing. */
  readonly problem: string;
}

/** Leaves for the provider; the browser comes back signed in. */
export function SignOnButton({ label, problem }: SignOnButtonProps) {
  const begin = useMutation({
    mutationFn: () => call(signOnRoutes.begin, {}),
    onSuccess: ({ url }) => window.location.assign(url),
  });
  const told = begin.isIdle && problem !== '';
  return (
    <Stack mt="md">
      <Divider label="or" />
      {told && <ProblemNotice error={signOnError(problem)} />}
      {begin.isError && <ProblemNotice error={begin.error} />}
      <Button variant="default" loading={begin.isPending || begin.isSuccess} onClick={() => begin.mutate()}>
        Sign in with {plain(label)}
      </Button>
    </Stack>
  );
}
