import { Button, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { apiKeyRoutes, type ApiKey } from '#console/api/api-keys.ts';
import { plain } from '#console/web/device-text.ts';
import { exactTime, moment } from '#console/web/format.ts';
import { CreateApiKey } from '#console/web/operators/create-api-key.tsx';
import { apiKeyStates } from '#console/web/operators/operator-words.ts';
import { useOrganisationNames } from '#console/web/operators/organisation-names.ts';
import { Age } from '#console/web/parts/age.tsx';
import { ConfirmButton } from '#console/web/parts/confirm-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useNow } from '#console/web/server/clock.ts';
import { apiKeysQuery } from '#console/web/server/operator-queries.ts';
import { roles } from '#console/web/words.ts';

/** Settings, API keys: one's own, and an administrator's also of those that they manage. */
export function ApiKeysPanel() {
  const client = useQueryClient();
  const keys = useQuery(apiKeysQuery);
  const [creating, dialog] = useDisclosure(false);
  const revoke = useMutation({
    mutationFn: (apiKeyId: string) => call(apiKeyRoutes.revoke, { params: { apiKeyId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['operators'] }),
  });
  return (
    <Panel
      title="API keys"
      flush
      aside={
        <Button size="xs" onClick={dialog.open}>
          New API key…
        </Button>
      }
    >
      {revoke.isError && <ProblemNotice error={revoke.error} />}
      <Loaded of={keys} rows={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Text p="lg" c="dimmed">
              No API key yet. A program that uses one can never do more than whoever made it.
            </Text>
          ) : (
            <KeyTable
              keys={items}
              revoke={(apiKeyId) => revoke.mutate(apiKeyId)}
              revoking={revoke.isPending ? revoke.variables : null}
            />
          )
        }
      </Loaded>
      {creating && <CreateApiKey onClose={dialog.close} />}
    </Panel>
  );
}

interface KeyTableProps {
  readonly keys: readonly ApiKey[];
  readonly revoke: (apiKeyId: string) => void;
  readonly revoking: string | null;
}

function KeyTable({ keys, revoke, revoking }: KeyTableProps) {
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">API key</th>
          <th scope="col">May</th>
          <th scope="col">State</th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <th scope="col">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <KeyRow
            key={key.apiKeyId}
            apiKey={key}
            revoke={() => revoke(key.apiKeyId)}
            revoking={revoking === key.apiKeyId}
          />
        ))}
      </tbody>
    </table>
  );
}

function KeyRow({ apiKey, revoke, revoking }: { apiKey: ApiKey; revoke: () => void; revoking: boolean }) {
  const nowMs = useNow();
  const organisations = useOrganisationNames(apiKey.organisationIds);
  const name = plain(apiKey.label);
  const { tone, name: state } = apiKeyStates[apiKey.state];
  return (
    <tr>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {name}
        </Text>
        <Text size="xs" c="dimmed" className="device-text">
          <Age at={apiKey.createdAt} before="made " size="xs" /> by {plain(apiKey.operatorName)}
        </Text>
      </td>
      <td data-label="May">
        <span>
          <Text size="sm" span>
            {roles[apiKey.role]}
          </Text>
          <Text size="xs" c="dimmed" className="device-text">
            {organisations}
            {apiKey.mayConfirmed && ', also what asks people for their password'}
          </Text>
        </span>
      </td>
      <td data-label="State">
        <ToneLabel tone={tone}>{state}</ToneLabel>
      </td>
      <td data-label="Last used">
        {apiKey.usedAt === null ? (
          'never'
        ) : (
          <span>
            <Age at={apiKey.usedAt} />
            <Text size="xs" c="dimmed" className="device-text">
              from {plain(apiKey.usedAddress ?? '')}
            </Text>
          </span>
        )}
      </td>
      <td data-label="Ends" title={exactTime(apiKey.expiresAt)}>
        {moment(apiKey.expiresAt, nowMs)}
      </td>
      <td>
        {apiKey.state === 'active' && (
          <ConfirmButton
            label="Revoke"
            title={`Revoke ${name}`}
            says="The program that uses this API key is refused from now on. It cannot be taken back; a new key takes its place."
            act={revoke}
            loading={revoking}
          />
        )}
      </td>
    </tr>
  );
}
