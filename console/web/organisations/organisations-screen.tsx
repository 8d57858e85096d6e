import { Button, Group, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Organisation } from '#console/api/organisations.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { AddMany } from '#console/web/organisations/add-many.tsx';
import { CreateOrganisation } from '#console/web/organisations/create-organisation.tsx';
import { DeploymentProgress, heldBack } from '#console/web/organisations/deployment-progress.tsx';
import { ModeControls } from '#console/web/organisations/mode-controls.tsx';
import { PauseAll } from '#console/web/organisations/pause-all.tsx';
import { Restarts, RestartsLine } from '#console/web/organisations/restarts.tsx';
import { ResumeDeployment } from '#console/web/organisations/resume-deployment.tsx';
import { StartDeployment } from '#console/web/organisations/start-deployment.tsx';
import { VersionLine, Versions } from '#console/web/organisations/versions.tsx';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { HealthBar } from '#console/web/parts/health-bar.tsx';
import { useFindByName } from '#console/web/parts/find-by-name.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { organisationsQuery } from '#console/web/server/queries.ts';
import { useRightRefusal } from '#console/web/server/session.ts';
import { mappingStatuses } from '#console/web/words.ts';

export function OrganisationsScreen() {
  const organisations = useQuery(organisationsQuery);
  const [creating, dialog] = useDisclosure(false);
  const [starting, setStarting] = useState<Organisation | null>(null);
  const [resuming, setResuming] = useState<string | null>(null);
  const [restarting, setRestarting] = useState<Organisation | null>(null);
  const [versioning, setVersioning] = useState<Organisation | null>(null);
  const refusal = useRightRefusal('admin');
  const items = organisations.data?.items ?? [];
  const [search, found] = useFindByName(items, (one) => one.name);
  const deploying = items.filter((one) => one.mode === 'deploy').length;
  const resumed = items.find((one) => one.organisationId === resuming);
  return (
    <Stack gap="md">
      <PageHead
        title="Organisations"
        below={
          <Text size="sm" c="dimmed">
            Each is mapped to one SentinelOne site. New ones only watch until you start deployment.
          </Text>
        }
        aside={
          <Group gap="xs">
            <PauseAll deploying={deploying} />
            <AddMany />
            <ActionButton onClick={dialog.open} refusal={refusal}>
              New organisation…
            </ActionButton>
          </Group>
        }
      />
      {search}
      <section className="panel" aria-label="List of organisations">
        <Loaded of={organisations} rows={5}>
          {() => (
            <OrganisationTable
              items={found}
              none={items.length === 0 ? 'No organisation yet.' : 'No organisation has such a name.'}
              start={setStarting}
              resume={setResuming}
              changeRestarts={setRestarting}
              changeVersion={setVersioning}
            />
          )}
        </Loaded>
      </section>
      <CreateOrganisation opened={creating} onClose={dialog.close} />
      {resumed?.deployment && (
        <ResumeDeployment organisation={resumed} deployment={resumed.deployment} onClose={() => setResuming(null)} />
      )}
      {restarting && <Restarts organisation={restarting} onClose={() => setRestarting(null)} />}
      {versioning && <Versions organisation={versioning} onClose={() => setVersioning(null)} />}
      {starting && <StartDeployment organisation={starting} onClose={() => setStarting(null)} />}
    </Stack>
  );
}

interface TableProps {
  /** Instead of rows. */
  readonly none: string;
  readonly items: readonly Organisation[];
  readonly start: (organisation: Organisation) => void;
  readonly resume: (organisationId: string) => void;
  readonly changeRestarts: (organisation: Organisation) => void;
  readonly changeVersion: (organisation: Organisation) => void;
}

function OrganisationTable({ items, none, ...deeds }: TableProps) {
  if (items.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        {none}
      </Text>
    );
  }
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">Organisation</th>
          <th scope="col">Devices</th>
          <th scope="col">Deployment</th>
          <th scope="col">SentinelOne site</th>
          <th scope="col">
            <span className="sr-only">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((organisation) => (
          <OrganisationRow key={organisation.organisationId} organisation={organisation} {...deeds} />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps extends Omit<TableProps, 'items' | 'none'> {
  readonly organisation: Organisation;
}

function OrganisationRow({ organisation, start, resume, changeRestarts, changeVersion }: RowProps) {
  const { mapping, mode, deployment } = organisation;
  const refusal = useRightRefusal('operator');
  const name = plain(organisation.name);
  return (
    <tr>
      <td>
        <PageLink
          to="/devices"
          search={{ organisationId: organisation.organisationId }}
          fw={600}
          size="sm"
          underline="hover"
          className="device-text"
        >
          {name}
        </PageLink>
      </td>
      <td data-label="Devices">
        <Stack gap={5} flex={1} miw={130}>
          <Text size="sm">{counted(organisation.devices, 'device')}</Text>
          <HealthBar counts={organisation.counts} />
        </Stack>
      </td>
      <td data-label="Deployment">
        <Stack gap={5} align="flex-start">
          <DeploymentProgress organisation={organisation} />
          <RestartsLine organisation={organisation} change={changeRestarts} />
          <VersionLine organisation={organisation} change={changeVersion} />
        </Stack>
      </td>
      <td data-label="Site">
        <Stack gap={2} align="flex-start">
          {mapping.siteName !== null && (
            <Text size="sm" className="device-text">
              {plain(mapping.siteName)}
            </Text>
          )}
          {mapping.status !== 'mapped' && (
            <ToneLabel tone={mappingStatuses[mapping.status].tone}>{mappingStatuses[mapping.status].name}</ToneLabel>
          )}
        </Stack>
      </td>
      <td>
        <Group gap="xs" justify="flex-end" flex={1}>
          {mode !== 'deploy' && (
            <Button
              size="xs"
              variant="default"
              disabled={refusal !== null}
              onClick={() => start(organisation)}
              aria-label={`Start deployment for ${name}`}
            >
              Start deployment…
            </Button>
          )}
          {mode === 'deploy' && deployment !== null && heldBack(deployment) !== null && (
            <Button
              size="xs"
              disabled={refusal !== null}
              onClick={() => resume(organisation.organisationId)}
              aria-label={`Go on with ${name}`}
            >
              Go on…
            </Button>
          )}
          {mode !== 'watch' && <ModeControls organisation={organisation} />}
        </Group>
      </td>
    </tr>
  );
}
