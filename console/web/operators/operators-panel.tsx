import { Button, Menu, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ManagedOperator } from '#console/api/operators.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ChangeOperator } from '#console/web/operators/change-operator.tsx';
import { ConfirmOperatorChange, type OperatorAct } from '#console/web/operators/confirm-change.tsx';
import { CreateOperator } from '#console/web/operators/create-operator.tsx';
import { fixedWords, operatorStates } from '#console/web/operators/operator-words.ts';
import { SessionsPanel } from '#console/web/operators/sessions-panel.tsx';
import { useOrganisationNames } from '#console/web/operators/organisation-names.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { operatorsQuery } from '#console/web/server/operator-queries.ts';
import { roles } from '#console/web/words.ts';

/** Settings, Operators: who may sign in, and what is open of them. */
export function OperatorsPanel() {
  const operators = useQuery(operatorsQuery);
  const [creating, dialog] = useDisclosure(false);
  return (
    <Stack gap="md">
      <Panel
        title="Operators"
        flush
        aside={
          <Button size="xs" onClick={dialog.open}>
            New operator…
          </Button>
        }
      >
        <Loaded of={operators} rows={4}>
          {({ items }) => <OperatorTable operators={items} />}
        </Loaded>
      </Panel>
      <SessionsPanel everybody />
      {creating && <CreateOperator onClose={dialog.close} />}
    </Stack>
  );
}

function OperatorTable({ operators }: { operators: readonly ManagedOperator[] }) {
  const [act, setAct] = useState<{ act: OperatorAct | 'change'; operator: ManagedOperator } | null>(null);
  const close = (): void => setAct(null);
  return (
    <>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">May</th>
            <th scope="col">State</th>
            <th scope="col">Second factor</th>
            <th scope="col">Last signed in</th>
            <th scope="col">
              <span className="sr-only">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {operators.map((operator) => (
            <OperatorRow
              key={operator.operatorId}
              operator={operator}
              choose={(chosen) => setAct({ act: chosen, operator })}
            />
          ))}
        </tbody>
      </table>
      {act !== null && act.act === 'change' && <ChangeOperator operator={act.operator} onClose={close} />}
      {act !== null && act.act !== 'change' && (
        <ConfirmOperatorChange operator={act.operator} act={act.act} onClose={close} />
      )}
    </>
  );
}

interface OperatorRowProps {
  readonly operator: ManagedOperator;
  readonly choose: (act: OperatorAct | 'change') => void;
}

function OperatorRow({ operator, choose }: OperatorRowProps) {
  const { name, role, state, secondFactor, signedInAt, createdAt, createdBy, signOn, apiKeys } = operator;
  const organisations = useOrganisationNames(operator.organisationIds);
  const keys = apiKeys === 0 ? '' : `, ${counted(apiKeys, 'API key')}`;
  return (
    <tr>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {plain(name)}
        </Text>
        <Text size="xs" c="dimmed" className="device-text">
          {signOn !== null && `${plain(signOn.name)} at ${plain(signOn.provider)} · `}
          <Age at={createdAt} before="made " size="xs" />
          {createdBy !== null && ` by ${plain(createdBy)}`}
        </Text>
      </td>
      <td data-label="May">
        <span>
          <Text size="sm" span>
            {role === null ? 'nothing yet' : roles[role]}
          </Text>
          <Text size="xs" c="dimmed" className="device-text">
            {role !== null && organisations}
            {keys}
          </Text>
        </span>
      </td>
      <td data-label="State">
        <ToneLabel tone={operatorStates[state].tone}>{operatorStates[state].name}</ToneLabel>
      </td>
      <td data-label="Second factor">{secondFactor ? 'on' : signOn === null ? 'off' : 'at the provider'}</td>
      <td data-label="Last signed in">{signedInAt === null ? 'never' : <Age at={signedInAt} />}</td>
      <td>
        <RowMenu operator={operator} choose={choose} />
      </td>
    </tr>
  );
}

function RowMenu({ operator, choose }: OperatorRowProps) {
  const { fixed, state, secondFactor, signOn } = operator;
  if (fixed !== null) {
    return (
      <Text size="xs" c="dimmed">
        {fixedWords[fixed]}
      </Text>
    );
  }
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button size="xs" variant="default" aria-label={`Change ${plain(operator.name)}`}>
          Change…
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => choose('change')}>
          {state === 'no-role' ? 'Give a role…' : 'Role and organisations…'}
        </Menu.Item>
        {state !== 'disabled' && signOn === null && (
          <Menu.Item onClick={() => choose('link')}>New set-up link…</Menu.Item>
        )}
        {secondFactor && <Menu.Item onClick={() => choose('reset-second-factor')}>Reset the second factor…</Menu.Item>}
        <Menu.Divider />
        {state === 'disabled' ? (
          <Menu.Item onClick={() => choose('allow')}>Allow again…</Menu.Item>
        ) : (
          <Menu.Item onClick={() => choose('disable')}>Disable…</Menu.Item>
        )}
        <Menu.Item c="red" onClick={() => choose('remove')}>
          Remove…
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
