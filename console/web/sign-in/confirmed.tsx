import { Stack, Text, Title } from '@mantine/core';
import { useEffect } from 'react';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { EntryCard } from '#console/web/sign-in/entry-card.tsx';
import { signOnError, takeSignOnProblem, tellConfirmed } from '#console/web/sign-in/sign-on-outcome.ts';

const problem = takeSignOnProblem();

/** Where a confirmation ends, in a window of its own: what was asked for goes on in the one that waits. */
export function Confirmed() {
  useEffect(() => {
    document.title = problem === '' ? 'Confirmed · Garrison' : 'Not confirmed · Garrison';
    tellConfirmed(problem);
  }, []);
  return (
    <EntryCard>
      <Stack>
        <Title order={1}>{problem === '' ? 'It is you' : 'Not confirmed'}</Title>
        {problem === '' ? (
          <Text>Close this window. What you asked for goes on in the other one.</Text>
        ) : (
          <>
            <ProblemNotice error={signOnError(problem)} />
            <Text>Close this window, and try again in the other one.</Text>
          </>
        )}
      </Stack>
    </EntryCard>
  );
}
