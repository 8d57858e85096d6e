import { Alert, Button, Checkbox, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { agentVersionRoutes, type AgentVersions, type RolloutPreview } from '#console/api/agent-versions.ts';
import { paces } from '#console/web/agents/rollout-words.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { rolloutPreviewQuery } from '#console/web/server/agent-version-queries.ts';
import { call } from '#console/web/server/client.ts';
import { organisationsQuery } from '#console/web/server/queries.ts';

interface Props {
  readonly versions: AgentVersions;
  readonly onClose: () => void;
}

/** Says on the button how many devices get the version, and starts with no other number. */
export function StartRollout({ versions, onClose }: Props) {
  const client = useQueryClient();
  const usable = versions.releases.filter((release) => !release.expired).map((release) => release.version);
  const organisations = useQuery(organisationsQuery);
  const [organisationId, setOrganisation] = useState('');
  const [version, setVersion] = useState(usable[0] ?? '');
  const [pace, setPace] = useState(paces[0]?.id ?? '');
  const [downgrade, setDowngrade] = useState(false);
  const steps = paces.find(({ id }) => id === pace)?.steps ?? [100];
  const wanted = { organisationId, version, downgrade, firstPercent: steps[0] ?? 100 };
  const preview = useQuery(rolloutPreviewQuery(wanted));
  const devices = preview.data?.devices ?? 0;
  const start = useMutation({
    mutationFn: () =>
      call(agentVersionRoutes.start, {
        params: { organisationId },
        body: { version, downgrade, devices, plan: { steps } },
      }),
    onSuccess: () => {
      onClose();
      notifications.show({ message: `Garrison agent ${version} spreads to ${counted(devices, 'device')}.` });
    },
    onSettled: () => client.invalidateQueries(),
  });
  const refusal = organisationId === '' ? 'Choose an organisation.' : devices === 0 ? 'No device would change.' : null;
  return (
    <Dialog onClose={onClose} size="lg" title="Update the Garrison agent">
      <Stack>
        {start.isError && <ProblemNotice error={start.error} />}
        {preview.isError && <ProblemNotice error={preview.error} />}
        <NativeSelect
          label="Organisation"
          value={organisationId}
          onChange={(event) => setOrganisation(event.currentTarget.value)}
          data={[
            { value: '', label: 'Choose…' },
            ...(organisations.data?.items ?? []).map((one) => ({ value: one.organisationId, label: plain(one.name) })),
          ]}
        />
        <NativeSelect
          label="Version"
          value={version}
          onChange={(event) => setVersion(event.currentTarget.value)}
          data={usable}
        />
        <NativeSelect
          label="How it spreads"
          description="Each step begins when the one before has ended. Two failures and 10 % of a step halt it."
          value={pace}
          onChange={(event) => setPace(event.currentTarget.value)}
          data={paces.map(({ id, label }) => ({ value: id, label }))}
        />
        <Checkbox
          label="Devices with a newer version go back to this one"
          checked={downgrade}
          onChange={(event) => setDowngrade(event.currentTarget.checked)}
        />
        {downgrade && (
          <Alert variant="outline" color="yellow" c="inherit">
            Devices accept an older version only when its release names the one it replaces.
          </Alert>
        )}
        {preview.data !== undefined && devices > 0 && <FirstStep preview={preview.data} />}
        <Text size="sm" c="dimmed">
          The version before watches the new one. A device whose new agent does not reach this console goes back within
          90 seconds and says why. A running installer is not disturbed.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <ActionButton
            refusal={refusal}
            loading={start.isPending || preview.isFetching}
            onClick={() => start.mutate()}
          >
            {`Update ${counted(devices, 'device')}`}
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  );
}

/** Who is first, before anybody is told. */
function FirstStep({ preview: { devices, first } }: { preview: RolloutPreview }) {
  const rest = first.devices - first.named.length;
  const names = first.named.map(({ hostname }) => plain(hostname) || 'unnamed').join(', ');
  return (
    <div role="status" aria-label="First step">
      <Text size="sm" className="device-text">
        <b>
          {first.devices === devices
            ? `All at once, ${counted(devices, 'device')}`
            : `First step, ${number(first.devices)} of ${counted(devices, 'device')}`}
        </b>
        : {names}
        {rest > 0 && ` and ${number(rest)} more`}.
      </Text>
      {first.away > 0 && (
        <Text size="sm" c="dimmed">
          {first.away === 1 ? '1 device does' : `${number(first.away)} devices do`} not answer now; such a device gets
          it when it comes back, and others go first.
        </Text>
      )}
    </div>
  );
}
