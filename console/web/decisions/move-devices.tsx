import { Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deviceDecisionRoutes, type MovePreview, type AskedDevices } from '#console/api/device-decisions.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { movePreviewQuery, organisationsQuery } from '#console/web/server/queries.ts';

interface MoveProps {
  readonly title: string;
  readonly which: AskedDevices;
  readonly onClose: () => void;
}

/** Counts first; moves exactly what was counted. */
export function MoveDevices({ title, which, onClose }: MoveProps) {
  const organisations = useQuery(organisationsQuery);
  const [organisationId, setOrganisationId] = useState('');
  const client = useQueryClient();
  const preview = useQuery(movePreviewQuery(which, organisationId));
  const move = useMutation({
    mutationFn: (devices: number) => call(deviceDecisionRoutes.move, { body: { which, organisationId, devices } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['device'] }),
    onError: () => preview.refetch(),
  });
  const names = (organisations.data?.items ?? []).map((one) => ({ value: one.organisationId, label: one.name }));
  const count = preview.data?.moves ?? 0;
  return (
    <Dialog onClose={onClose} title={title} size="lg">
      <Stack>
        {move.isError && <ProblemNotice error={move.error} />}
        {move.isSuccess ? (
          <Text size="sm" role="status">
            {counted(move.data.devices, 'device')} moved.
          </Text>
        ) : (
          <>
            <NativeSelect
              label="To organisation"
              data-autofocus
              value={organisationId}
              onChange={(event) => setOrganisationId(event.currentTarget.value)}
              data={[{ value: '', label: 'Choose…' }, ...names]}
            />
            {organisationId !== '' && (
              <Loaded of={preview} rows={3}>
                {(data) => <Consequences preview={data} />}
              </Loaded>
            )}
          </>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {move.isSuccess ? 'Close' : 'Cancel'}
          </Button>
          {!move.isSuccess && (
            <Button
              disabled={organisationId === '' || count === 0}
              loading={move.isPending || (organisationId !== '' && preview.isFetching)}
              onClick={() => move.mutate(count)}
            >
              {organisationId === '' ? 'Move' : `Move ${counted(count, 'device')}`}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

function Consequences({ preview }: { preview: MovePreview }) {
  const { to, moves, there, installing, left, withProduct, exceptions } = preview;
  const name = plain(to.organisationName);
  const site = to.siteName === null ? 'No SentinelOne site is chosen there.' : `Its site is ${plain(to.siteName)}.`;
  return (
    <Stack gap="xs">
      <Text size="sm">
        <b>{number(moves)}</b> move to {name} with their history. {site}
      </Text>
      {to.mode === 'deploy' && moves > withProduct && (
        <Text size="sm">
          {name} is installing: the {counted(moves - withProduct, 'device')} without SentinelOne get their turn there.
        </Text>
      )}
      {withProduct > 0 && (
        <Text size="sm">
          {counted(withProduct, 'device')} with SentinelOne stay in the site they are in; move them there in the
          device’s SentinelOne record afterwards.
        </Text>
      )}
      {exceptions > 0 && <Text size="sm">{counted(exceptions, 'exception')} for these devices alone end.</Text>}
      {there > 0 && (
        <Text size="sm" c="dimmed">
          {counted(there, 'device')} there already.
        </Text>
      )}
      {installing > 0 && (
        <Text size="sm" c="dimmed">
          {counted(installing, 'device')} not: an install is under way.
        </Text>
      )}
      {left > 0 && (
        <Text size="sm" c="dimmed">
          {counted(left, 'more device')} can be moved afterwards.
        </Text>
      )}
    </Stack>
  );
}
