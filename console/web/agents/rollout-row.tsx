import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { agentVersionRoutes, type Rollout } from '#console/api/agent-versions.ts';
import { rolloutLine, rolloutStates } from '#console/web/agents/rollout-words.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

export function RolloutRow({ rollout }: { rollout: Rollout }) {
  const client = useQueryClient();
  const refusal = useRightRefusal('operator');
  const { organisationId, failed, state } = rollout;
  const name = plain(rollout.organisationName);
  const params = { organisationId };
  const onSettled = () => client.invalidateQueries();
  const resume = useMutation({
    mutationFn: () => call(agentVersionRoutes.resume, { params, body: { failed } }),
    onSettled,
  });
  const stop = useMutation({ mutationFn: () => call(agentVersionRoutes.stop, { params }), onSettled });
  const { name: stateName, tone } = rolloutStates[state];
  return (
    <tr>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {name}
        </Text>
      </td>
      <td data-label="Version">{plain(rollout.version)}</td>
      <td data-label="Progress">
        <Stack gap={4} align="flex-start">
          <ToneLabel tone={tone}>{stateName}</ToneLabel>
          <Text size="xs" c="dimmed">
            {rolloutLine(rollout)}
          </Text>
          {rollout.haltCause !== null && <Text size="xs">Too many updates failed; nothing new begins.</Text>}
          {resume.isError && <ProblemNotice error={resume.error} />}
          {stop.isError && <ProblemNotice error={stop.error} />}
        </Stack>
      </td>
      <td data-label="Begun">
        <Text size="sm">
          <Age at={rollout.startedAt} /> by {plain(rollout.startedBy)}
        </Text>
      </td>
      <td>
        <Group gap="xs" justify="flex-end">
          {state === 'halted' && (
            <ActionButton size="xs" refusal={refusal} loading={resume.isPending} onClick={() => resume.mutate()}>
              {`Go on after ${counted(failed, 'failure')}`}
            </ActionButton>
          )}
          {(state === 'running' || state === 'halted') && (
            <Button
              size="xs"
              variant="default"
              disabled={refusal !== null}
              loading={stop.isPending}
              onClick={() => stop.mutate()}
              aria-label={`Stop the update of ${name}`}
            >
              Stop
            </Button>
          )}
        </Group>
      </td>
    </tr>
  );
}
