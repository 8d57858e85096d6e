import { Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { AgentVersions } from '#console/api/agent-versions.ts';
import { RolloutRow } from '#console/web/agents/rollout-row.tsx';
import { StartRollout } from '#console/web/agents/start-rollout.tsx';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { agentVersionsQuery } from '#console/web/server/agent-version-queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { causeName } from '#console/web/state-words.ts';

/** Settings, Garrison agent: what runs where, what could, and how far a new version has got. */
export function AgentsPanel() {
  const versions = useQuery(agentVersionsQuery);
  return (
    <Loaded of={versions} rows={5}>
      {(data) => (
        <Stack>
          <Versions versions={data} />
          <Rollouts versions={data} />
          {data.failures.length > 0 && <Failures failures={data.failures} />}
        </Stack>
      )}
    </Loaded>
  );
}

function Versions({ versions: { versions, releases } }: { versions: AgentVersions }) {
  return (
    <Panel title="Versions">
      <Stack gap="sm">
        {versions.length === 0 && <Quiet>No device yet.</Quiet>}
        {versions.map(({ version, devices }) => (
          <Group key={version} gap="xs">
            <Text size="sm" fw={600} className="device-text">
              {plain(version)}
            </Text>
            <Text size="sm">{`runs on ${counted(devices, 'device')}`}</Text>
          </Group>
        ))}
        {releases.map(({ version, targets, expired, expiresAt, current, test }) => (
          <Group key={version} gap="xs">
            <Text size="sm">{`Release ${version} is on this console, for ${counted(targets.length, 'system')}.`}</Text>
            {current && <ToneLabel tone="good">current: new devices get it</ToneLabel>}
            {expired && (
              <ToneLabel tone="attention">
                no longer valid, since <Age at={expiresAt} />
              </ToneLabel>
            )}
            {test && <ToneLabel tone="attention">test build</ToneLabel>}
          </Group>
        ))}
        {releases.length === 0 && <Quiet>No release is on this console.</Quiet>}
        <Quiet>A release is added on the server: garrison-console release add DIRECTORY</Quiet>
      </Stack>
    </Panel>
  );
}

function Rollouts({ versions }: { versions: AgentVersions }) {
  const [starting, dialog] = useDisclosure(false);
  const right = useRightRefusal('operator');
  const refusal = right ?? (versions.releases.every(({ expired }) => expired) ? 'No valid release is here.' : null);
  return (
    <Panel
      title="Updates"
      flush
      aside={
        <ActionButton size="xs" refusal={refusal} onClick={dialog.open}>
          Update devices…
        </ActionButton>
      }
    >
      {versions.rollouts.length === 0 ? (
        <Text p="lg" c="dimmed">
          No update was started yet. Devices update themselves on Linux; on Windows and macOS by their packages.
        </Text>
      ) : (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Organisation</th>
              <th scope="col">Version</th>
              <th scope="col">Progress</th>
              <th scope="col">Begun</th>
              <th scope="col">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {versions.rollouts.map((rollout) => (
              <RolloutRow key={rollout.organisationId} rollout={rollout} />
            ))}
          </tbody>
        </table>
      )}
      {starting && <StartRollout versions={versions} onClose={dialog.close} />}
    </Panel>
  );
}

function Failures({ failures }: Pick<AgentVersions, 'failures'>) {
  return (
    <Panel title={`Failed updates (${number(failures.length)})`}>
      <Stack gap="xs">
        {failures.map((failure) => (
          <Group key={`${failure.deviceId} ${failure.at}`} gap="xs" align="baseline">
            <PageLink to="/devices/$deviceId" params={{ deviceId: failure.deviceId }} size="sm" className="device-text">
              {plain(failure.hostname)}
            </PageLink>
            <Text size="sm">{`${plain(failure.version)}: ${causeName(failure.code)}`}</Text>
            <Text size="xs" c="dimmed" className="device-text">
              {plain(failure.detail)} <Age at={failure.at} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
