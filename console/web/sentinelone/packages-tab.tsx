import { Progress, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { packageRoutes, type PackageList, type PackageRow } from '#console/api/packages.ts';
import { plain } from '#console/web/device-text.ts';
import { faultWords } from '#console/web/fault-words.ts';
import { bytes, counted } from '#console/web/format.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { PackageAdvice } from '#console/web/sentinelone/package-advice.tsx';
import { PackageControls } from '#console/web/sentinelone/package-controls.tsx';
import { PackageProofs } from '#console/web/sentinelone/package-proofs.tsx';
import { call } from '#console/web/server/client.ts';
import { packagesQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { targets } from '#console/web/words.ts';
import { packageSources, packageStates, releases, whyNotChosen } from '#console/web/sentinelone-words.ts';

export function PackagesTab() {
  const packages = useQuery(packagesQuery);
  return (
    <Loaded of={packages} rows={6}>
      {(list) => (
        <Stack gap="md">
          <PackageControls list={list} />
          {list.targets.map((row) => (
            <TargetPanel key={row.target} row={row} />
          ))}
        </Stack>
      )}
    </Loaded>
  );
}

function TargetPanel({ row }: { row: PackageList['targets'][number] }) {
  const chosen = row.packages.find((one) => one.packageId === row.chosenPackageId);
  return (
    <Panel
      title={targets[row.target]}
      flush
      aside={
        chosen === undefined ? (
          <ToneLabel tone="attention">no package ready</ToneLabel>
        ) : (
          <ToneLabel tone="good">installs {chosen.version}</ToneLabel>
        )
      }
    >
      <PackageAdvice row={row} />
      {row.packages.length > 0 && (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">From</th>
              <th scope="col">File</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {row.packages.map((one) => (
              <PackageLine key={one.packageId} row={one} />
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function PackageLine({ row }: { row: PackageRow }) {
  const client = useQueryClient();
  const refusal = useRightRefusal('operator');
  const fetchIt = useMutation({
    mutationFn: () => call(packageRoutes.fetch, { params: { packageId: row.packageId } }),
    onSettled: () => client.invalidateQueries({ queryKey: packagesQuery.queryKey }),
  });
  const adminRefusal = useRightRefusal('admin');
  const removeIt = useMutation({
    mutationFn: () => call(packageRoutes.remove, { params: { packageId: row.packageId } }),
    onSettled: () => client.invalidateQueries({ queryKey: packagesQuery.queryKey }),
  });
  const canFetch = row.state === 'offered' || row.state === 'failed';
  return (
    <tr>
      <td data-label="Version">
        <b>{plain(row.version)}</b> {releases[row.release]}
      </td>
      <td data-label="From">
        {packageSources[row.source]}
        {row.connectionName !== null && `, ${plain(row.connectionName)}`}
      </td>
      <td data-label="File">
        <Stack gap={2}>
          <Text size="sm" className="device-text">
            {plain(row.fileName)}
            {row.sizeBytes !== null && ` (${bytes(row.sizeBytes)})`}
          </Text>
          <PackageProofs row={row} />
        </Stack>
      </td>
      <td data-label="State">
        <PackageState row={row} />
        {row.whyNot !== null && (
          <Text size="xs" c="dimmed">
            Not installed: {whyNotChosen[row.whyNot]}
          </Text>
        )}
        {row.chosenByOrganisations > 0 && (
          <Text size="xs" c="dimmed">
            Chosen by {counted(row.chosenByOrganisations, 'organisation')} for itself
          </Text>
        )}
        {fetchIt.isError && <ProblemNotice error={fetchIt.error} />}
        {removeIt.isError && <ProblemNotice error={removeIt.error} />}
      </td>
      <td>
        {canFetch && (
          <ActionButton
            size="xs"
            variant="default"
            refusal={refusal}
            loading={fetchIt.isPending}
            onClick={() => fetchIt.mutate()}
            aria-label={`Fetch ${row.version} for ${targets[row.target]}`}
          >
            Fetch
          </ActionButton>
        )}
        {row.state === 'ready' && row.whyNot !== null && row.chosenByOrganisations === 0 && (
          <ActionButton
            size="xs"
            variant="subtle"
            refusal={adminRefusal}
            loading={removeIt.isPending}
            onClick={() => removeIt.mutate()}
            aria-label={`Remove the file of ${row.version} for ${targets[row.target]}`}
          >
            Remove the file
          </ActionButton>
        )}
      </td>
    </tr>
  );
}

function PackageState({ row }: { row: PackageRow }) {
  const { progress, problem } = row;
  const share = progress && progress.totalBytes > 0 ? (progress.doneBytes / progress.totalBytes) * 100 : 0;
  return (
    <Stack gap={3} align="flex-start">
      <ToneLabel tone={packageStates[row.state].tone}>{packageStates[row.state].name}</ToneLabel>
      {row.readyAt !== null && <Age at={row.readyAt} size="xs" />}
      {progress !== null && (
        <div style={{ width: 130 }}>
          <Progress value={share} aria-label={`Fetching ${row.version}`} />
          <Text size="xs" c="dimmed">
            {bytes(progress.doneBytes)} of {bytes(progress.totalBytes)}
          </Text>
        </div>
      )}
      {problem !== null && (
        <Text size="xs" className="device-text">
          {faultWords(problem).title}. {plain(problem.detail)}
        </Text>
      )}
    </Stack>
  );
}
