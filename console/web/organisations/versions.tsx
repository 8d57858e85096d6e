import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { organisationRoutes, type Organisation } from '#console/api/organisations.ts';
import { plain } from '#console/web/device-text.ts';
import { SettingLine } from '#console/web/organisations/setting-line.tsx';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { useVersionChoice, VersionFields, versionPolicyWords } from '#console/web/parts/version-choice.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

interface LineProps {
  readonly organisation: Organisation;
  readonly change: (organisation: Organisation) => void;
}

export function VersionLine({ organisation, change }: LineProps) {
  const refusal = useRightRefusal('admin');
  const { name, versionPolicy } = organisation;
  return (
    <SettingLine
      name="Version"
      value={versionPolicy === null ? 'as everywhere' : versionPolicyWords(versionPolicy)}
      changeLabel={`Change the SentinelOne version of ${plain(name)}`}
      refusal={refusal}
      change={() => change(organisation)}
    />
  );
}

/** To try a version on one organisation before the rest, or to hold one back. */
export function Versions({ organisation, onClose }: { organisation: Organisation; onClose: () => void }) {
  const client = useQueryClient();
  const { organisationId, name, versionPolicy } = organisation;
  const { choice, change, wanted, same } = useVersionChoice(versionPolicy);
  const save = useMutation({
    mutationFn: () =>
      call(organisationRoutes.setVersionPolicy, {
        params: { organisationId },
        body: { versionPolicy: wanted?.policy ?? null },
      }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries(),
  });
  const refusal = wanted === null ? 'This is not a version.' : same ? 'Nothing was changed.' : null;
  return (
    <Dialog onClose={onClose} size="lg" title={`SentinelOne version of ${plain(name)}`}>
      <Stack>
        {save.isError && <ProblemNotice error={save.error} />}
        <VersionFields
          label="New installs use"
          choice={choice}
          change={change}
          wrong={wanted === null}
          asEverywhere="What is set for all organisations"
        />
        <Text size="sm" c="dimmed">
          What is installed already stays as it is. A version that is not on this console yet can be fetched under
          Administration, Apps, SentinelOne, Packages.
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            Cancel
          </Button>
          <ActionButton refusal={refusal} loading={save.isPending} onClick={() => save.mutate()}>
            Save
          </ActionButton>
        </Group>
      </Stack>
    </Dialog>
  );
}
