import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { organisationRoutes, type Organisation } from '#console/api/organisations.ts';
import { plain } from '#console/web/device-text.ts';
import { problemWords } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Stopping asks nothing: it only stops what has not started. */
export function ModeControls({ organisation }: { organisation: Organisation }) {
  const client = useQueryClient();
  const refusal = useRightRefusal('operator');
  const { organisationId, mode } = organisation;
  const setMode = useMutation({
    mutationFn: (next: 'watch' | 'paused') =>
      call(organisationRoutes.setMode, { params: { organisationId }, body: { mode: next } }),
    onSettled: () => client.invalidateQueries(),
  });
  const next = mode === 'deploy' ? 'paused' : 'watch';
  return (
    <Group gap="xs">
      <Button
        size="xs"
        variant="default"
        disabled={refusal !== null}
        loading={setMode.isPending}
        onClick={() => setMode.mutate(next)}
        aria-label={`${next === 'paused' ? 'Pause' : 'Only watch'}: ${plain(organisation.name)}`}
      >
        {next === 'paused' ? 'Pause' : 'Only watch'}
      </Button>
      {setMode.isError && (
        <Text size="xs" c="red" role="alert">
          {problemWords(setMode.error).title}
        </Text>
      )}
    </Group>
  );
}
