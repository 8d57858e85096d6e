import { Button, Checkbox, Group, NativeSelect, NumberInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { offboardingRoutes, type OffboardingPreview } from '#console/api/offboarding.ts';
import { counted, number } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { offboardingPreviewQuery, organisationsQuery } from '#console/web/server/queries.ts';

/** Counts first, says what ends and what stays, and leaves with exactly what was counted. */
export function OffboardOrganisation({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const organisations = useQuery(organisationsQuery);
  const [organisationId, setOrganisationId] = useState('');
  const [perHourMax, setPerHourMax] = useState<number | string>(100);
  const [removeService, setRemoveService] = useState(false);
  const preview = useQuery(offboardingPreviewQuery(organisationId));
  const start = useMutation({
    mutationFn: (devices: number) =>
      call(offboardingRoutes.start, {
        params: { organisationId },
        body: { devices, perHourMax: Number(perHourMax), removeService },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['organisations'] });
      await client.invalidateQueries({ queryKey: ['enrolment-keys'] });
      onClose();
    },
    onError: () => preview.refetch(),
  });
  const names = (organisations.data?.items ?? []).map((one) => ({ value: one.organisationId, label: one.name }));
  const ready = organisationId !== '' && preview.data !== undefined && !preview.data.running;
  return (
    <Dialog onClose={onClose} title="Offboard an organisation" size="lg">
      <Stack>
        {start.isError && <ProblemNotice error={start.error} />}
        <NativeSelect
          label="Organisation"
          data-autofocus
          value={organisationId}
          onChange={(event) => setOrganisationId(event.currentTarget.value)}
          data={[{ value: '', label: 'Choose…' }, ...names]}
        />
        {organisationId !== '' && (
          <Loaded of={preview} rows={2}>
            {(data) => <Consequences preview={data} />}
          </Loaded>
        )}
        <NumberInput
          label="Devices an hour, at most"
          description="Slowly leaves time to call it off"
          min={1}
          max={1_000}
          value={perHourMax}
          onChange={setPerHourMax}
        />
        <Checkbox
          label="Also switch the Garrison agent off on each device"
          description="Its service ends and does not start again; the package stays until somebody removes it"
          checked={removeService}
          onChange={(event) => setRemoveService(event.currentTarget.checked)}
        />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button
            color="red.9"
            disabled={!ready}
            loading={start.isPending}
            onClick={() => start.mutate(preview.data?.devices ?? 0)}
          >
            {ready ? `Let ${counted(preview.data.devices, 'device')} leave` : 'Let them leave'}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Consequences({ preview }: { preview: OffboardingPreview }) {
  if (preview.running) return <Text size="sm">This organisation is leaving already.</Text>;
  return (
    <Stack gap="xs">
      <Text size="sm">
        <b>{number(preview.devices)}</b> {preview.devices === 1 ? 'device gives' : 'devices give'} up this console
        {preview.silent > 0 && `, ${number(preview.silent)} of them when they call again`}. Its install keys end at once
        and nothing is installed any more.
      </Text>
      <Text size="sm">Nothing is uninstalled: SentinelOne stays on every device, in its site, as it is.</Text>
    </Stack>
  );
}
