import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Mapping } from '#console/api/mappings.ts';
import { mappingStatuses as statuses } from '#console/api/mapping-status.ts';
import { number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { useFindByName } from '#console/web/parts/find-by-name.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ChooseSite } from '#console/web/sentinelone/choose-site.tsx';
import { ElsewhereDialog } from '#console/web/sentinelone/elsewhere-dialog.tsx';
import { confirmable, ConfirmMappings } from '#console/web/sentinelone/confirm-mappings.tsx';
import { MappingTable } from '#console/web/sentinelone/mapping-table.tsx';
import { mappingsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { mappingStatuses } from '#console/web/words.ts';

export function MappingsTab() {
  const mappings = useQuery(mappingsQuery);
  const [status, setStatus] = useState<Mapping['status'] | null>(null);
  const [choosing, setChoosing] = useState<Mapping | null>(null);
  const [comparing, setComparing] = useState<Mapping | null>(null);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const [confirming, setConfirming] = useState<readonly Mapping[] | null>(null);
  const [search, found] = useFindByName(mappings.data?.items ?? [], (one) => one.organisationName);
  const refusal = useRightRefusal('admin');
  const tick = (ids: readonly string[], on: boolean): void =>
    setTicked((before) => new Set([...before].filter((id) => !ids.includes(id)).concat(on ? ids : [])));
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Devices of an organisation enrol in the SentinelOne site chosen here. Suggestions are never saved by themselves.
      </Text>
      <Loaded of={mappings} rows={5}>
        {({ items }) => (
          <>
            <Group justify="space-between" gap="sm">
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
              <ConfirmSelected
                refusal={refusal}
                selected={items.filter((one) => ticked.has(one.organisationId) && confirmable(one) !== null)}
                confirm={setConfirming}
              />
            </Group>
            {search}
            <section className="panel" aria-label="Mappings">
              <MappingTable
                items={found.filter((row) => status === null || row.status === status)}
                ticked={ticked}
                tick={tick}
                choose={setChoosing}
                compare={setComparing}
              />
            </section>
          </>
        )}
      </Loaded>
      {confirming && (
        <ConfirmMappings
          mappings={confirming}
          onClose={(saved) => {
            setConfirming(null);
            tick(saved, false);
          }}
        />
      )}
      {choosing && <ChooseSite mapping={choosing} onClose={() => setChoosing(null)} />}
      {comparing && <ElsewhereDialog mapping={comparing} onClose={() => setComparing(null)} />}
    </Stack>
  );
}

interface ConfirmSelectedProps {
  readonly refusal: string | null;
  readonly selected: readonly Mapping[];
  readonly confirm: (mappings: readonly Mapping[]) => void;
}

/** At most a hundred at once: each reads its site token from SentinelOne. */
function ConfirmSelected({ refusal, selected, confirm }: ConfirmSelectedProps) {
  const nothing = selected.length === 0 ? 'Tick the mappings that you want to confirm.' : null;
  const batch = selected.slice(0, 100);
  return (
    <ActionButton refusal={refusal ?? nothing} onClick={() => confirm(batch)}>
      {`Confirm selected mappings (${number(batch.length)})`}
    </ActionButton>
  );
}
