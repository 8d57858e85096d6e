import { Button, Group, Radio, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { organisationRoutes, type Organisation } from '#console/api/organisations.ts';
import type { Deployment } from '#console/api/pace.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { heldBack, progressLine } from '#console/web/organisations/deployment-progress.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { causeName } from '#console/web/state-words.ts';

interface Props {
  readonly organisation: Organisation;
  readonly deployment: Deployment;
  readonly onClose: () => void;
}

/** After a halt, or at the limit: says what was seen, and on how many devices it would go on. */
export function ResumeDeployment({ organisation, deployment, onClose }: Props) {
  const client = useQueryClient();
  const [share, setShare] = useState<'some' | 'all'>('some');
  const some = Math.max(1, Math.min(deployment.waiting, Math.ceil(deployment.waiting / 10)));
  const next = share === 'all' ? deployment.waiting : some;
  const resume = useMutation({
    mutationFn: () =>
      call(organisationRoutes.resumeDeployment, {
        params: { organisationId: organisation.organisationId },
        body: { failed: deployment.failed, startsMax: share === 'all' ? null : deployment.started + some },
      }),
    onSuccess: async () => {
      onClose();
      notifications.show({ message: `Goes on for ${plain(organisation.name)}: ${counted(next, 'install')}.` });
      await client.invalidateQueries();
    },
    onError: () => client.invalidateQueries(),
  });
  return (
    <Dialog onClose={onClose} size="lg" title={`Go on with ${plain(organisation.name)}?`}>
      <Stack>
        {resume.isError && <ProblemNotice error={resume.error} />}
        <Seen organisation={organisation} deployment={deployment} />
        <Radio.Group label="Go on with" value={share} onChange={(value) => setShare(value === 'all' ? 'all' : 'some')}>
          <Stack gap="xs" mt="xs">
            <Radio value="some" label={`the next ${number(some)}, then stop again`} />
            <Radio value="all" label={`all ${number(deployment.waiting)} that wait, and those that come later`} />
          </Stack>
        </Radio.Group>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <Button loading={resume.isPending} onClick={() => resume.mutate()}>
            {`Install on ${counted(next, 'device')}`}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}

function Seen({ organisation, deployment }: Omit<Props, 'onClose'>) {
  const { organisationId } = organisation;
  if (heldBack(deployment) !== 'halted') return <Text size="sm">So far: {progressLine(deployment)}.</Text>;
  return (
    <Stack gap="xs">
      <Text size="sm">
        It halted by itself because too many installs failed: {progressLine(deployment)}. Nothing was uninstalled.
      </Text>
      {deployment.haltCause !== null && (
        <Text size="sm">
          The failure that halted it: <b>{causeName(deployment.haltCause)}</b>.{' '}
          <PageLink to="/devices" search={{ organisationId, cause: causeOfLink(deployment.haltCause) }} size="sm">
            Look at these devices
          </PageLink>
        </Text>
      )}
    </Stack>
  );
}

function causeOfLink(cause: string): string | undefined {
  return cause === 'silent' ? undefined : cause;
}
