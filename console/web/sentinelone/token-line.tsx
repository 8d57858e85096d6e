import { Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { calendarDay } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import type { Tone } from '#console/web/words.ts';

function toneOf(alarms: Connection['alarms'], ended: boolean): Tone {
  if (ended) return 'bad';
  return alarms.some(({ kind }) => kind === 'token' || kind === 'renewal') ? 'attention' : 'quiet';
}

/** When the API token ends and when it renews itself. */
export function TokenLine({ connection }: { connection: Connection }) {
  const { connectionId, tokenExpiresAt: at, renewsAt, renewedAt, alarms } = connection;
  const nowMs = useNow();
  const client = useQueryClient();
  const refusal = useRightRefusal('admin');
  const renew = useMutation({
    mutationFn: () => call(connectionRoutes.renewToken, { params: { connectionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
  if (at === null) return null;
  const ended = Date.parse(at) <= nowMs;
  return (
    <>
      {renew.isError && <ProblemNotice error={renew.error} />}
      <Group gap="sm">
        <ToneLabel tone={toneOf(alarms, ended)}>
          {ended ? 'API token ended' : 'API token ends'} {calendarDay(at, nowMs)}
        </ToneLabel>
        {!ended && (
          <Text size="sm" c="dimmed">
            {renewsAt === null ? 'It does not renew itself.' : `Renews itself ${calendarDay(renewsAt, nowMs)}.`}
          </Text>
        )}
        {renewedAt !== null && <Age at={renewedAt} before="renewed " size="xs" />}
        {!ended && (
          <ActionButton
            size="xs"
            variant="subtle"
            refusal={refusal}
            loading={renew.isPending}
            onClick={() => renew.mutate()}
          >
            Renew now
          </ActionButton>
        )}
      </Group>
    </>
  );
}
