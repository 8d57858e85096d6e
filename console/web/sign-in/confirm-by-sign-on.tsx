import { Button, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useOperator } from '#console/web/server/session.ts';
import { signOnError, whenConfirmed } from '#console/web/sign-in/sign-on-outcome.ts';

/** Somebody without a password here is asked by the provider, in a window of its own. */
export function ConfirmBySignOn({ onDone }: { onDone: (confirmed: boolean) => void }) {
  const operator = useOperator();
  const [tried, setTried] = useState(0);
  const [problem, setProblem] = useState('');
  // Each try has a way of its own, which is used once and for ten minutes.
  const way = useQuery({
    queryKey: ['confirm-by-sign-on', tried],
    queryFn: ({ signal }) => call(signOnRoutes.confirm, {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  useEffect(
    () =>
      whenConfirmed((code) => {
        if (code === '') return onDone(true);
        setProblem(code);
        setTried((before) => before + 1);
      }),
    [onDone],
  );
  return (
    <Stack>
      <Text size="sm">
        This opens doors or touches many devices. Sign in again as {operator?.name ?? 'yourself'}, in a new window; here
        it goes on by itself.
      </Text>
      {problem !== '' && <ProblemNotice error={signOnError(problem)} />}
      {way.error !== null && <ProblemNotice error={way.error} onRetry={() => setTried((before) => before + 1)} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={() => onDone(false)}>
          Cancel
        </Button>
        {way.data === undefined ? (
          way.error === null && <Loader size="sm" aria-label="Loading" />
        ) : (
          <Button component="a" href={way.data.url} target="_blank" rel="noopener noreferrer" data-autofocus>
            Sign in again
          </Button>
        )}
      </Group>
    </Stack>
  );
}
