import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DeviceToDecide } from '#console/api/device-decisions.ts';
import { Decide } from '#console/web/decisions/decide.tsx';
import { decisionWords } from '#console/web/decisions/decision-words.ts';
import { plain } from '#console/web/device-text.ts';
import { Age } from '#console/web/parts/age.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { deviceDecisionsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

/** Shown only while something waits. */
export function DecisionsPanel() {
  const decisions = useQuery(deviceDecisionsQuery);
  const items = decisions.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Panel title={`Waiting for your decision (${items.length})`} flush>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Device</th>
            <th scope="col">Organisation</th>
            <th scope="col">What is to decide</th>
            <th scope="col">Since</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <DecisionRow key={item.deviceId} item={item} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function DecisionRow({ item }: { item: DeviceToDecide }) {
  const refusal = useRightRefusal('operator');
  const words = decisionWords({ kind: item.kind, earlier: item.earlier?.hostname ?? null });
  const name = plain(item.hostname) || 'unnamed';
  return (
    <tr>
      <td>
        <Stack gap={0}>
          <PageLink to="/devices/$deviceId" params={{ deviceId: item.deviceId }} size="sm">
            {name}
          </PageLink>
          {item.keyLabel !== '' && (
            <Text size="xs" c="dimmed" className="device-text">
              by install key {plain(item.keyLabel)}
            </Text>
          )}
        </Stack>
      </td>
      <td data-label="Organisation">{plain(item.organisationName)}</td>
      <td data-label="What is to decide">{words.title}</td>
      <td data-label="Since">
        <Age at={item.enrolledAt} />
      </td>
      <td>{refusal === null && <Decide deviceId={item.deviceId} name={name} words={words} />}</td>
    </tr>
  );
}
