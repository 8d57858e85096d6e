import { Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { calendarDay, number } from '#console/web/format.ts';
import { Pairs } from '#console/web/device/pairs.tsx';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { EnableDialog } from '#console/web/sentinelone/enable-dialog.tsx';
import { Permissions } from '#console/web/sentinelone/permissions.tsx';
import { ReplaceToken } from '#console/web/sentinelone/replace-token.tsx';
import { Sites } from '#console/web/sentinelone/sites.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { connectionsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { scopes, type Tone } from '#console/web/words.ts';

export function ConnectionsTab() {
  const connections = useQuery(connectionsQuery);
  const [enabling, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('admin');
  return (
    <Stack gap="md">
      <Loaded of={connections}>
        {({ items }) => (
          <>
            {items.length === 0 && (
              <Text>SentinelOne is not enabled. You need your own SentinelOne console and an API token of it.</Text>
            )}
            {items.map((connection) => (
              <ConnectionPanel key={connection.connectionId} connection={connection} />
            ))}
            <Group>
              <ActionButton variant={items.length === 0 ? 'filled' : 'default'} onClick={dialog.open} refusal={refusal}>
                {items.length === 0 ? 'Enable SentinelOne…' : 'Add another SentinelOne console…'}
              </ActionButton>
            </Group>
          </>
        )}
      </Loaded>
      {enabling && <EnableDialog onClose={dialog.close} />}
    </Stack>
  );
}

function ConnectionPanel({ connection }: { connection: Connection }) {
  const { connectionId, problem } = connection;
  const client = useQueryClient();
  const check = useMutation({
    mutationFn: () => call(connectionRoutes.check, { params: { connectionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
  const operatorRefusal = useRightRefusal('operator');
  const [replacing, dialog] = useDisclosure(false);
  const adminRefusal = useRightRefusal('admin');
  return (
    <Panel
      title={plain(connection.name)}
      aside={
        <>
          {connection.checkedAt !== null && <Age at={connection.checkedAt} before="checked " size="xs" />}
          <ToneLabel tone={problem === null ? 'good' : 'bad'}>{problem === null ? 'enabled' : 'problem'}</ToneLabel>
        </>
      }
    >
      <Stack gap="md">
        {problem !== null && (
          <div role="alert">
            <Text size="sm" fw={600}>
              {faultWords(problem).title}
            </Text>
            <Text size="sm" className="device-text">
              {plain(problem.detail)}
            </Text>
            <Text size="sm">
              <b>What to do:</b> {faultWords(problem).remedy}
            </Text>
          </div>
        )}
        <Pairs
          of={[
            ['SentinelOne console', connection.host],
            ['Account', connection.accountName],
            ['API token of', connection.userName],
            ['Reaches', scopes[connection.scope]],
            ['Sites', number(connection.sites)],
            ['Organisations', number(connection.organisations)],
            ['Devices', number(connection.devices)],
          ]}
        />
        <TokenEnd connection={connection} />
        {check.isError && <ProblemNotice error={check.error} />}
        <Group gap="xs">
          <ActionButton
            size="xs"
            variant="default"
            refusal={operatorRefusal}
            loading={check.isPending}
            onClick={() => check.mutate()}
          >
            Check now
          </ActionButton>
          <ActionButton size="xs" variant="default" refusal={adminRefusal} onClick={dialog.open}>
            New API token…
          </ActionButton>
        </Group>
        <Permissions permissions={connection.permissions} />
        <Sites connectionId={connectionId} />
      </Stack>
      {replacing && <ReplaceToken connection={connection} onClose={dialog.close} />}
    </Panel>
  );
}

const soonMs = 14 * 86_400_000;

function TokenEnd({ connection }: { connection: Connection }) {
  const nowMs = useNow();
  const at = connection.tokenExpiresAt;
  if (at === null) return null;
  const leftMs = Date.parse(at) - nowMs;
  const tone: Tone = leftMs <= 0 ? 'bad' : leftMs < soonMs ? 'attention' : 'quiet';
  return (
    <Group>
      <ToneLabel tone={tone}>
        {leftMs <= 0 ? 'API token ended' : 'API token ends'} {calendarDay(at, nowMs)}
      </ToneLabel>
    </Group>
  );
}
