import { Button, Group, List, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  deploymentOutcomes,
  organisationRoutes,
  type DeploymentPreview,
  type Organisation,
} from '#console/api/organisations.ts';
import type { Pace } from '#console/api/pace.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { PaceFields, usualPace } from '#console/web/organisations/pace-fields.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneIcon } from '#console/web/parts/tone-label.tsx';
import { call, ProblemError } from '#console/web/server/client.ts';
import { deploymentPreviewQuery } from '#console/web/server/queries.ts';
import { hindrances, outcomes, targets } from '#console/web/words.ts';

/** Shows first what would happen; the button says on how many devices an installer starts. */
export function StartDeployment({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const { organisationId } = organisation;
  const client = useQueryClient();
  const preview = useQuery(deploymentPreviewQuery(organisationId));
  const [pace, setPace] = useState(usualPace);
  const start = useMutation({
    mutationFn: (installs: number) =>
      call(organisationRoutes.startDeployment, { params: { organisationId }, body: { installs, pace } }),
    onSuccess: async () => {
      onClose();
      notifications.show({
        message: `Deployment started for ${plain(organisation.name)}.`,
      });
      await client.invalidateQueries();
    },
    onError: async () => {
      await preview.refetch();
    },
  });
  return (
    <Dialog onClose={onClose} size="lg" title={`Start deployment for ${plain(organisation.name)}`}>
      <Stack>
        {start.isError && <Refused error={start.error} />}
        <Loaded of={preview} rows={5}>
          {(data) => (
            <>
              <Preview preview={data} />
              {data.hindrance === null && <PaceFields pace={pace} onChange={setPace} />}
              <Group justify="flex-end">
                <Button variant="default" onClick={onClose} data-autofocus>
                  Cancel
                </Button>
                {data.hindrance === null && (
                  <Button loading={start.isPending || preview.isFetching} onClick={() => start.mutate(data.installs)}>
                    {startWords(data.installs, pace)}
                  </Button>
                )}
              </Group>
            </>
          )}
        </Loaded>
      </Stack>
    </Dialog>
  );
}

function startWords(installs: number, { limitPercent }: Pace): string {
  if (installs === 0) return 'Start, nothing installs now';
  const first = limitPercent === null ? installs : Math.ceil((installs * limitPercent) / 100);
  return first === installs
    ? `Install on ${counted(installs, 'device')}`
    : `Install on ${number(first)} of ${counted(installs, 'device')}`;
}

function Refused({ error }: { error: unknown }) {
  if (error instanceof ProblemError && error.problem.code === 'request.conflict') {
    return (
      <Text role="alert" size="sm" fw={600}>
        The numbers changed since they were shown. Nothing was started; look at the new ones.
      </Text>
    );
  }
  return <ProblemNotice error={error} />;
}

function Preview({ preview }: { preview: DeploymentPreview }) {
  const rows = deploymentOutcomes.flatMap((outcome) => preview.counts.filter((row) => row.outcome === outcome));
  return (
    <Stack gap="sm">
      <Text size="sm">
        Of {counted(preview.devices, 'device')} <Age at={preview.countedAt} before="(counted " />
        <Text span size="sm" c="dimmed">
          )
        </Text>
        :
      </Text>
      <ul className="steps">
        {rows.map((row) => (
          <li key={row.outcome}>
            <span className="line-icon" data-tone={outcomes[row.outcome].tone}>
              <ToneIcon tone={outcomes[row.outcome].tone} size={18} />
            </span>
            <Text size="sm">
              <b>{number(row.devices)}</b> {outcomes[row.outcome].name}
            </Text>
          </li>
        ))}
      </ul>
      {preview.packages.length > 0 && (
        <div>
          <Text size="sm" fw={600}>
            Packages
          </Text>
          <List size="sm">
            {preview.packages.map((row) => (
              <List.Item key={`${row.target} ${row.version}`}>
                SentinelOne {plain(row.version)} for {targets[row.target]}: {counted(row.devices, 'device')}
              </List.Item>
            ))}
          </List>
        </div>
      )}
      {preview.siteName !== null && (
        <Text size="sm" className="device-text">
          They enrol in the site <b>{plain(preview.siteName)}</b>
          {preview.consoleHost !== null && ` at ${plain(preview.consoleHost)}`}.
        </Text>
      )}
      {preview.hindrance === null ? (
        <Text size="sm" c="dimmed">
          A few devices install at a time, in random order; it halts by itself when too many fail. Devices that come
          later are installed too, until the limit or until you pause. Nothing is uninstalled.
        </Text>
      ) : (
        <Text size="sm" fw={600} role="alert">
          {hindrances[preview.hindrance]}
        </Text>
      )}
    </Stack>
  );
}
