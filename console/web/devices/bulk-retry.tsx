import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { bulkRetryRoutes, type BulkRetryPreview } from '#console/api/bulk-retry.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { bulkRetryQuery, type BulkFilters } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { refusals } from '#console/web/words.ts';

/** Bound to the filter that is shown: what the dialog counts is what it acts on. */
export function BulkRetry({ filters }: { filters: BulkFilters }) {
  const [asking, dialog] = useDisclosure(false);
  const refusal = useRightRefusal('operator');
  return (
    <>
      <ActionButton variant="default" refusal={refusal} onClick={dialog.open}>
        Retry install on these…
      </ActionButton>
      {asking && <RetryDialog filters={filters} onClose={dialog.close} />}
    </>
  );
}

function RetryDialog({ filters, onClose }: { filters: BulkFilters; onClose: () => void }) {
  const client = useQueryClient();
  const preview = useQuery(bulkRetryQuery(filters));
  const retry = useMutation({
    mutationFn: (retries: number) => call(bulkRetryRoutes.retry, { body: { filter: filters, retries } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['device'] }),
    onError: () => preview.refetch(),
  });
  return (
    <Dialog onClose={onClose} size="lg" title="Retry install on the devices shown">
      <Stack>
        {retry.isError && <ProblemNotice error={retry.error} />}
        {retry.isSuccess ? (
          <Results items={retry.data.items} onClose={onClose} />
        ) : (
          <Loaded of={preview} rows={4}>
            {(data) => (
              <>
                <Counts preview={data} />
                <Group justify="flex-end">
                  <Button variant="default" onClick={onClose} data-autofocus>
                    Cancel
                  </Button>
                  <Button
                    disabled={data.retries === 0}
                    loading={retry.isPending || preview.isFetching}
                    onClick={() => retry.mutate(data.retries)}
                  >
                    {`Retry ${counted(data.retries, 'device')}`}
                  </Button>
                </Group>
              </>
            )}
          </Loaded>
        )}
      </Stack>
    </Dialog>
  );
}

function Counts({ preview }: { preview: BulkRetryPreview }) {
  const { matching, retries, left, refused } = preview;
  return (
    <Stack gap="xs">
      <Text size="sm">
        Of {counted(matching, 'device')} shown, <b>{number(retries)}</b> try again. They take their turns: no more
        install at the same time than the deployment of their organisation allows.
      </Text>
      {left > 0 && <Text size="sm">{counted(left, 'more device')} can be retried afterwards.</Text>}
      {refused.map((row) => (
        <Text key={row.reason} size="sm" c="dimmed">
          {counted(row.devices, 'device')} not: {refusals[row.reason]}
        </Text>
      ))}
    </Stack>
  );
}

interface Result {
  readonly deviceId: string;
  readonly hostname: string;
  readonly outcome: 'given' | 'waiting';
}

const shownMax = 200;

function Results({ items, onClose }: { items: readonly Result[]; onClose: () => void }) {
  const given = items.filter((row) => row.outcome === 'given').length;
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {counted(given, 'device')} told to try again
        {items.length > given && `, ${number(items.length - given)} had been told before`}.
      </Text>
      <ul className="results" tabIndex={0} aria-label="Devices">
        {items.slice(0, shownMax).map((row) => (
          <li key={row.deviceId} className="device-text">
            {plain(row.hostname) || 'unnamed'}: {row.outcome === 'given' ? 'told' : 'told before, on its way'}
          </li>
        ))}
      </ul>
      {items.length > shownMax && <Text size="xs">{`and ${number(items.length - shownMax)} more`}</Text>}
      <Group justify="flex-end">
        <Button onClick={onClose}>Close</Button>
      </Group>
    </Stack>
  );
}
