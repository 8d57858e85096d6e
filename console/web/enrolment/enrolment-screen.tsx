import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { enrolmentKeyRoutes, type EnrolmentKey } from '#console/api/enrolment-keys.ts';
import { DecisionsPanel } from '#console/web/decisions/decisions-panel.tsx';
import { LeavingPanel } from '#console/web/decisions/leaving-panel.tsx';
import { RetiredPanel } from '#console/web/decisions/retired-panel.tsx';
import { plain } from '#console/web/device-text.ts';
import { AgentPanel } from '#console/web/enrolment/agent-panel.tsx';
import { CreateKey } from '#console/web/enrolment/create-key.tsx';
import { ExportKeys } from '#console/web/enrolment/export-keys.tsx';
import { exactTime, moment, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { ConfirmButton } from '#console/web/parts/confirm-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { enrolmentKeysQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { keyStates } from '#console/web/words.ts';

export function EnrolmentScreen() {
  const keys = useQuery(enrolmentKeysQuery);
  const [creating, dialog] = useDisclosure(false);
  const [exporting, exportDialog] = useDisclosure(false);
  const refusal = useRightRefusal('operator');
  return (
    <Stack gap="md">
      <PageHead
        title="Enrolment"
        below={
          <Text size="sm" c="dimmed">
            An install key lets new devices into one organisation. Whoever has it can bring in a device, nothing else.
          </Text>
        }
        aside={
          <Group gap="sm">
            {refusal === null && (
              <Button variant="default" onClick={exportDialog.open}>
                For many organisations…
              </Button>
            )}
            <ActionButton onClick={dialog.open} refusal={refusal}>
              New install key…
            </ActionButton>
          </Group>
        }
      />
      <DecisionsPanel />
      <section className="panel" aria-label="Install keys">
        <Loaded of={keys} rows={4}>
          {({ items }) => <KeyTable keys={items} />}
        </Loaded>
      </section>
      {refusal === null && <AgentPanel />}
      <LeavingPanel />
      <RetiredPanel />
      {exporting && <ExportKeys onClose={exportDialog.close} />}
      {creating && <CreateKey onClose={dialog.close} />}
    </Stack>
  );
}

function KeyTable({ keys }: { keys: readonly EnrolmentKey[] }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: (keyId: string) => call(enrolmentKeyRoutes.revoke, { params: { keyId } }),
    onSettled: () => client.invalidateQueries({ queryKey: enrolmentKeysQuery.queryKey }),
  });
  if (keys.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        No install key yet.
      </Text>
    );
  }
  return (
    <>
      {revoke.isError && <ProblemNotice error={revoke.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Install key</th>
            <th scope="col">Organisation</th>
            <th scope="col">State</th>
            <th scope="col">Used</th>
            <th scope="col">Ends</th>
            <th scope="col">Made</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <KeyRow
              key={key.keyId}
              installKey={key}
              revoke={() => revoke.mutate(key.keyId)}
              revoking={revoke.isPending && revoke.variables === key.keyId}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface KeyRowProps {
  readonly installKey: EnrolmentKey;
  readonly revoke: () => void;
  readonly revoking: boolean;
}

function KeyRow({ installKey: key, revoke, revoking }: KeyRowProps) {
  const nowMs = useNow();
  const refusal = useRightRefusal('operator');
  const name = plain(key.label) || key.keyId;
  return (
    <tr>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {name}
        </Text>
      </td>
      <td data-label="Organisation">{plain(key.organisationName)}</td>
      <td data-label="State">
        <ToneLabel tone={keyStates[key.state].tone}>{keyStates[key.state].name}</ToneLabel>
      </td>
      <td data-label="Used">
        {number(key.uses)}
        {key.usesMax === null ? '' : ` of ${number(key.usesMax)}`}
        {key.approval && ', with approval'}
      </td>
      <td data-label="Ends" title={exactTime(key.expiresAt)}>
        {moment(key.expiresAt, nowMs)}
      </td>
      <td data-label="Made">
        <span>
          <Age at={key.createdAt} />
          <Text size="sm" c="dimmed" span>
            {' '}
            by {plain(key.createdBy)}
          </Text>
        </span>
      </td>
      <td>
        {key.state === 'active' && refusal === null && (
          <ConfirmButton
            label="Revoke"
            title={`Revoke ${name}`}
            says="No further device comes in with this install key, also where it was handed out already. Devices that came in with it stay. It cannot be taken back; a new key takes its place."
            act={revoke}
            loading={revoking}
          />
        )}
      </td>
    </tr>
  );
}
