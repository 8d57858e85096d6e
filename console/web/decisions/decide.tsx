import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deviceDecisionRoutes } from '#console/api/device-decisions.ts';
import type { Decision, DecisionWords } from '#console/web/decisions/decision-words.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

function send(deviceId: string, decision: Decision): Promise<null> {
  const params = { deviceId };
  if (decision === 'approve') return call(deviceDecisionRoutes.approve, { params });
  return call(deviceDecisionRoutes.decide, { params, body: { decision } });
}

interface DecideProps {
  readonly deviceId: string;
  readonly name: string;
  readonly words: DecisionWords;
}

/** One button a choice; what it does is said before it is done. */
export function Decide({ deviceId, name, words }: DecideProps) {
  const [chosen, setChosen] = useState<Decision | null>(null);
  const client = useQueryClient();
  const decide = useMutation({
    mutationFn: (decision: Decision) => send(deviceId, decision),
    onSuccess: () => {
      setChosen(null);
      return client.invalidateQueries({ queryKey: ['device'] });
    },
  });
  const choice = words.choices.find((one) => one.decision === chosen);
  const close = (): void => {
    decide.reset();
    setChosen(null);
  };
  return (
    <>
      <Group gap="xs">
        {words.choices.map((one) => (
          <Button
            key={one.decision}
            size="xs"
            variant="default"
            onClick={() => setChosen(one.decision)}
            aria-label={`${one.button}: ${name}`}
          >
            {one.button}
          </Button>
        ))}
      </Group>
      {choice && (
        <Dialog onClose={close} title={`${choice.button}: ${name}`}>
          <Stack>
            {decide.isError && <ProblemNotice error={decide.error} />}
            <Text size="sm">{choice.says}</Text>
            <Group justify="flex-end">
              <Button variant="default" onClick={close} data-autofocus>
                Cancel
              </Button>
              <Button loading={decide.isPending} onClick={() => decide.mutate(choice.decision)}>
                {choice.button}
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </>
  );
}
