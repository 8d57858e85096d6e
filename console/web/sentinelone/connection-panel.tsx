import { Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { connectionRoutes, type Connection } from '#console/api/connections.ts';
import { plain } from '#console/web/device-text.ts';
import { number } from '#console/web/format.ts';
import { Pairs } from '#console/web/device/pairs.tsx';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { LeaveButton } from '#console/web/parts/leave-button.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { ChangeSettings } from '#console/web/sentinelone/change-settings.tsx';
import { ConnectionAlarms } from '#console/web/sentinelone/connection-alarms.tsx';
import { Permissions } from '#console/web/sentinelone/permissions.tsx';
import { ReplaceToken } from '#console/web/sentinelone/replace-token.tsx';
import { Sites } from '#console/web/sentinelone/sites.tsx';
import { StopInstalling, StoppedNotice } from '#console/web/sentinelone/stop-installing.tsx';
import { TokenLine } from '#console/web/sentinelone/token-line.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { type Tone } from '#console/web/words.ts';
import { scopeLimits, scopes, userKinds } from '#console/web/sentinelone-words.ts';

function signOf({ problem, stoppedAt, alarms }: Connection): { tone: Tone; text: string } {
  if (problem !== null) return { tone: 'bad', text: 'problem' };
  if (stoppedAt !== null) return { tone: 'attention', text: 'installing stopped' };
  return alarms.length > 0
    ? { tone: 'attention', text: 'enabled, needs attention' }
    : { tone: 'good', text: 'enabled' };
}

/** A problem that is not among the alarms is one of ours: devices refuse the console. */
function alarmsOf({ problem, alarms }: Connection): Connection['alarms'] {
  if (problem === null || alarms.some(({ code }) => code === problem.code)) return alarms;
  const { code, detail } = problem;
  return [{ kind: 'connection', level: 'urgent', code, detail, daysLeft: null }, ...alarms];
}

export function ConnectionPanel({ connection }: { connection: Connection }) {
  const sign = signOf(connection);
  return (
    <Panel
      title={plain(connection.name)}
      aside={
        <>
          {connection.checkedAt !== null && <Age at={connection.checkedAt} before="checked " size="xs" />}
          <ToneLabel tone={sign.tone}>{sign.text}</ToneLabel>
        </>
      }
    >
      <Stack gap="md">
        <ConnectionAlarms alarms={alarmsOf(connection)} />
        <StoppedNotice connection={connection} />
        <Facts connection={connection} />
        <TokenLine connection={connection} />
        <Actions connection={connection} />
        <Permissions permissions={connection.permissions} />
        <Sites connection={connection} />
      </Stack>
    </Panel>
  );
}

function Facts({ connection }: { connection: Connection }) {
  const { userName, userKind, scope } = connection;
  const owner = userName !== null && userKind !== null ? `${userName} (${userKinds[userKind]})` : userName;
  const limits = scopeLimits[scope];
  return (
    <>
      <Pairs
        of={[
          ['Address', connection.host],
          ['Account', connection.accountName],
          ['API token of', owner],
          ['Reaches', scopes[scope]],
          ['Narrowed to site', connection.siteId],
          ['Certificate', connection.ownAuthority ? 'own authority trusted' : null],
          ['Sites', number(connection.sites)],
          ['Organisations', number(connection.organisations)],
          ['Devices', number(connection.devices)],
        ]}
      />
      {limits !== null && (
        <Text size="sm" c="dimmed">
          {limits}
        </Text>
      )}
    </>
  );
}

function Actions({ connection }: { connection: Connection }) {
  const { connectionId } = connection;
  const client = useQueryClient();
  const check = useMutation({
    mutationFn: () => call(connectionRoutes.check, { params: { connectionId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['connections'] }),
  });
  const operatorRefusal = useRightRefusal('operator');
  const adminRefusal = useRightRefusal('admin');
  const [replacing, token] = useDisclosure(false);
  const [changing, settings] = useDisclosure(false);
  const small = { size: 'xs', variant: 'default' } as const;
  return (
    <>
      {check.isError && <ProblemNotice error={check.error} />}
      <Group gap="xs">
        <LeaveButton url={`${connection.address}/`} name="SentinelOne" label="Go to dashboard…" />
        <ActionButton {...small} refusal={operatorRefusal} loading={check.isPending} onClick={() => check.mutate()}>
          Check now
        </ActionButton>
        <ActionButton {...small} refusal={adminRefusal} onClick={token.open}>
          New API token…
        </ActionButton>
        <ActionButton {...small} refusal={adminRefusal} onClick={settings.open}>
          Settings…
        </ActionButton>
        <StopInstalling connection={connection} />
      </Group>
      {replacing && <ReplaceToken connection={connection} onClose={token.close} />}
      {changing && <ChangeSettings connection={connection} onClose={settings.close} />}
    </>
  );
}
