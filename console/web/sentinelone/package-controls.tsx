import { Alert, Button, FileButton, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { packageRoutes, type PackageList } from '#console/api/packages.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { bytes } from '#console/web/format.ts';
import { LeaveButton } from '#console/web/parts/leave-button.tsx';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { useVersionChoice, VersionFields } from '#console/web/parts/version-choice.tsx';
import { call, sendFile } from '#console/web/server/client.ts';
import { packagesQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { targets as targetNames } from '#console/web/words.ts';
import type { VersionPolicy } from '#protocol/assignment.ts';
import { targets } from '#protocol/words.ts';

export function PackageControls({ list }: { list: PackageList }) {
  const client = useQueryClient();
  const operatorRefusal = useRightRefusal('operator');
  const keep = (answer: PackageList): void => void client.setQueryData(packagesQuery.queryKey, answer);
  const refresh = useMutation({ mutationFn: () => call(packageRoutes.refresh, {}), onSuccess: keep });
  return (
    <Panel
      title="Which version"
      aside={list.refreshedAt !== null && <Age at={list.refreshedAt} before="lists read " size="xs" />}
    >
      <Stack gap="sm">
        <VersionForm policy={list.versionPolicy} keep={keep} />
        {refresh.isError && <ProblemNotice error={refresh.error} />}
        <Group gap="xs" align="flex-end">
          <ActionButton
            size="xs"
            variant="default"
            refusal={operatorRefusal}
            loading={refresh.isPending}
            onClick={() => refresh.mutate()}
          >
            Read the lists again
          </ActionButton>
          <FetchWanted list={list} />
          <Upload />
        </Group>
        <Text size="sm" c="dimmed">
          {bytes(list.cache.usedBytes)} of {bytes(list.cache.maxBytes)} used by package files. SentinelOne agents do not
          update by themselves; installed ones are upgraded in SentinelOne.
        </Text>
        <Group gap="xs">
          {list.upgradePages.map((page) => (
            <LeaveButton
              key={page.url}
              url={page.url}
              name="SentinelOne"
              label={`How to upgrade agents in ${plain(page.connectionName)}…`}
            />
          ))}
        </Group>
        {list.problems.map(({ connectionName, problem }) => (
          <Alert
            key={connectionName}
            role="alert"
            variant="outline"
            color="yellow"
            c="inherit"
            title={`The list of ${plain(connectionName)} could not be read: ${faultWords(problem).title}`}
          >
            <Text size="sm" className="device-text">
              {plain(problem.detail)}
            </Text>
            <Text size="sm">{faultWords(problem).remedy}</Text>
          </Alert>
        ))}
      </Stack>
    </Panel>
  );
}

function VersionForm({ policy, keep }: { policy: VersionPolicy; keep: (list: PackageList) => void }) {
  const { choice, change, wanted, same } = useVersionChoice(policy);
  const refusal = useRightRefusal('admin');
  const save = useMutation({
    mutationFn: (body: VersionPolicy) => call(packageRoutes.setVersionPolicy, { body }),
    onSuccess: keep,
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (wanted !== null && wanted.policy !== null) save.mutate(wanted.policy);
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="sm">
        <VersionFields
          label="New installs use"
          choice={choice}
          change={change}
          wrong={wanted === null}
          disabled={refusal !== null}
        />
        {!same && (
          <Button type="submit" disabled={wanted === null} loading={save.isPending}>
            Use it
          </Button>
        )}
      </Group>
      {save.isError && <ProblemNotice error={save.error} />}
    </form>
  );
}

/** Everything that new installs would get and that is not here yet; SentinelOne allows two downloads a minute. */
function FetchWanted({ list }: { list: PackageList }) {
  const client = useQueryClient();
  const refusal = useRightRefusal('operator');
  const missing = list.targets.reduce((sum, row) => sum + row.missingPackageIds.length, 0);
  const fetchAll = useMutation({
    mutationFn: () => call(packageRoutes.fetchWanted, {}),
    onSettled: () => client.invalidateQueries({ queryKey: packagesQuery.queryKey }),
  });
  return (
    <>
      <ActionButton
        size="xs"
        variant="default"
        refusal={refusal ?? (missing === 0 ? 'Nothing that new installs would get is missing.' : null)}
        loading={fetchAll.isPending}
        onClick={() => fetchAll.mutate()}
      >
        Fetch what is missing ({missing})
      </ActionButton>
      {fetchAll.isError && <ProblemNotice error={fetchAll.error} />}
    </>
  );
}

/** A vendor's file of your own. The console checks it as it checks fetched ones. */
function Upload() {
  const client = useQueryClient();
  const refusal = useRightRefusal('admin');
  const [target, setTarget] = useState<string>(targets[0]);
  const upload = useMutation({
    mutationFn: (file: File) => {
      const known = targets.find((one) => one === target) ?? targets[0];
      return sendFile(packageRoutes.upload, { query: { target: known, fileName: file.name } }, file);
    },
    onSuccess: () => {
      notifications.show({ message: 'The file was added.' });
    },
    onSettled: () => client.invalidateQueries({ queryKey: packagesQuery.queryKey }),
  });
  if (refusal !== null) return null;
  return (
    <>
      <NativeSelect
        size="xs"
        aria-label="What the file is made for"
        value={target}
        onChange={(event) => setTarget(event.currentTarget.value)}
        data={targets.map((value) => ({ value, label: targetNames[value] }))}
      />
      <FileButton onChange={(file) => file && upload.mutate(file)}>
        {(props) => (
          <Button {...props} size="xs" variant="default" loading={upload.isPending}>
            Add a file…
          </Button>
        )}
      </FileButton>
      {upload.isError && <ProblemNotice error={upload.error} />}
    </>
  );
}
