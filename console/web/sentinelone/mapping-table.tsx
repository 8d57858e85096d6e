import { Checkbox, Stack, Text } from '@mantine/core';
import type { Mapping } from '#console/api/mappings.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { confirmable } from '#console/web/sentinelone/confirm-mappings.tsx';
import { useRightRefusal } from '#console/web/server/session.ts';
import { mappingConcerns, mappingStatuses, suggestionReasons } from '#console/web/words.ts';

interface Props {
  readonly items: readonly Mapping[];
  readonly ticked: ReadonlySet<string>;
  readonly tick: (organisationIds: readonly string[], on: boolean) => void;
  readonly choose: (mapping: Mapping) => void;
  /** Looks for devices that SentinelOne has in another site. */
  readonly compare: (mapping: Mapping) => void;
}

export function MappingTable({ items, ticked, tick, choose, compare }: Props) {
  if (items.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        No organisation here.
      </Text>
    );
  }
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col" className="tick">
            <TickAll items={items} ticked={ticked} tick={tick} />
          </th>
          <th scope="col">Organisation</th>
          <th scope="col">Status</th>
          <th scope="col">SentinelOne site</th>
          <th scope="col">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((mapping) => (
          <MappingRow
            key={mapping.organisationId}
            mapping={mapping}
            ticked={ticked}
            tick={tick}
            choose={choose}
            compare={compare}
          />
        ))}
      </tbody>
    </table>
  );
}

function TickAll({ items, ticked, tick }: Omit<Props, 'choose' | 'compare'>) {
  const ids = items.filter((one) => confirmable(one) !== null).map((one) => one.organisationId);
  const on = ids.filter((id) => ticked.has(id)).length;
  return (
    <Checkbox
      size="xs"
      aria-label="Select all shown that can be confirmed"
      disabled={ids.length === 0}
      checked={on > 0 && on === ids.length}
      indeterminate={on > 0 && on < ids.length}
      onChange={(event) => tick(ids, event.currentTarget.checked)}
    />
  );
}

function actionWords({ status }: Mapping): string {
  if (status === 'mapped') return 'Change…';
  return status === 'unmapped' ? 'Choose…' : 'Confirm or change…';
}

function MappingRow({ mapping, ticked, tick, choose, compare }: Omit<Props, 'items'> & { readonly mapping: Mapping }) {
  const refusal = useRightRefusal('admin');
  const { organisationId } = mapping;
  const name = plain(mapping.organisationName);
  return (
    <tr>
      <td className="tick">
        {confirmable(mapping) !== null && (
          <Checkbox
            size="xs"
            aria-label={`Select ${name}`}
            disabled={refusal !== null}
            checked={ticked.has(organisationId)}
            onChange={(event) => tick([organisationId], event.currentTarget.checked)}
          />
        )}
      </td>
      <td>
        <Text size="sm" fw={600} className="device-text">
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {counted(mapping.devices, 'device')}
        </Text>
      </td>
      <td data-label="Status">
        <ToneLabel tone={mappingStatuses[mapping.status].tone}>{mappingStatuses[mapping.status].name}</ToneLabel>
      </td>
      <td data-label="Site">
        <SiteCell mapping={mapping} />
      </td>
      <td>
        <ActionButton
          size="xs"
          variant="default"
          refusal={refusal}
          onClick={() => choose(mapping)}
          aria-label={`${actionWords(mapping)} ${name}`}
        >
          {actionWords(mapping)}
        </ActionButton>
        {mapping.site !== null && mapping.devices > 0 && (
          <ActionButton
            size="xs"
            variant="subtle"
            refusal={refusal}
            onClick={() => compare(mapping)}
            aria-label={`In another site… ${name}`}
          >
            In another site…
          </ActionButton>
        )}
      </td>
    </tr>
  );
}

function SiteCell({ mapping }: { mapping: Mapping }) {
  const { site, suggestion, concern } = mapping;
  return (
    <Stack gap={2}>
      {site !== null && (
        <Text size="sm" className="device-text">
          {plain(site.siteName)}
          {site.groupName !== null && `, group ${plain(site.groupName)}`} ({plain(site.connectionName)})
        </Text>
      )}
      {concern !== null && <Text size="sm">{mappingConcerns[concern]}</Text>}
      {suggestion !== null && (
        <Text size="sm" c="dimmed" className="device-text">
          Suggested: {plain(suggestion.site.siteName)} ({suggestionReasons[suggestion.why]})
        </Text>
      )}
      {site === null && suggestion === null && <Text size="sm">No site chosen</Text>}
    </Stack>
  );
}
