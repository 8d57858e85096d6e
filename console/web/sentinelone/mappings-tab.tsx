import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Mapping } from '#console/api/mappings.ts';
import { mappingStatuses as statuses } from '#console/api/mapping-status.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { ChooseSite } from '#console/web/sentinelone/choose-site.tsx';
import { mappingsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { mappingConcerns, mappingStatuses, suggestionReasons } from '#console/web/words.ts';

export function MappingsTab() {
  const mappings = useQuery(mappingsQuery);
  const [status, setStatus] = useState<Mapping['status'] | null>(null);
  const [choosing, setChoosing] = useState<Mapping | null>(null);
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Devices of an organisation enrol in the SentinelOne site chosen here. Suggestions are never saved by themselves.
      </Text>
      <Loaded of={mappings} rows={5}>
        {({ items }) => (
          <>
            <div className="chips" role="group" aria-label="Status">
              {[null, ...statuses].map((one) => (
                <button
                  key={one ?? 'all'}
                  type="button"
                  className="chip"
                  aria-pressed={status === one}
                  onClick={() => setStatus(one)}
                >
                  {one === null ? 'All' : mappingStatuses[one].name}{' '}
                  <b>{number(items.filter((row) => one === null || row.status === one).length)}</b>
                </button>
              ))}
            </div>
            <section className="panel" aria-label="Mappings">
              <MappingTable
                items={items.filter((row) => status === null || row.status === status)}
                choose={setChoosing}
              />
            </section>
          </>
        )}
      </Loaded>
      {choosing && <ChooseSite mapping={choosing} onClose={() => setChoosing(null)} />}
    </Stack>
  );
}

interface MappingTableProps {
  readonly items: readonly Mapping[];
  readonly choose: (mapping: Mapping) => void;
}

function MappingTable({ items, choose }: MappingTableProps) {
  const refusal = useRightRefusal('admin');
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
          <tr key={mapping.organisationId}>
            <td>
              <Text size="sm" fw={600} className="device-text">
                {plain(mapping.organisationName)}
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
                aria-label={`Choose a site for ${plain(mapping.organisationName)}`}
              >
                {mapping.status === 'mapped'
                  ? 'Change…'
                  : mapping.status === 'unmapped'
                    ? 'Choose…'
                    : 'Confirm or change…'}
              </ActionButton>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
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
