import { Alert, Select, Stack, Text } from '@mantine/core';
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { mappingRoutes, type Mapping } from '#console/api/mappings.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { ButtonRow } from '#console/web/parts/button-row.tsx';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { connectionsQuery, groupsQuery, sitesQuery } from '#console/web/server/queries.ts';

/** Connection and site as one choice. */
function valueOf(site: { connectionId: string; siteId: string } | undefined | null): string | null {
  return site ? JSON.stringify([site.connectionId, site.siteId]) : null;
}

function useSiteChoices() {
  const connections = useQuery(connectionsQuery).data?.items ?? [];
  const lists = useQueries({ queries: connections.map((one) => sitesQuery(one.connectionId)) });
  return connections.map((connection, index) => ({
    group: plain(connection.name),
    items: (lists[index]?.data?.items ?? []).map((site) => ({
      value: JSON.stringify([connection.connectionId, site.siteId]),
      label: site.state === 'active' ? plain(site.name) : `${plain(site.name)} (${site.state})`,
      disabled: site.state !== 'active',
    })),
  }));
}

export function ChooseSite({ mapping, onClose }: { mapping: Mapping; onClose: () => void }) {
  const { organisationId } = mapping;
  const client = useQueryClient();
  const choices = useSiteChoices();
  const before = valueOf(mapping.site);
  const [value, setValue] = useState<string | null>(before ?? valueOf(mapping.suggestion?.site));
  const [groupId, setGroupId] = useState<string | null>(mapping.site?.groupId ?? null);
  const choose = useMutation({
    mutationFn: () => {
      const [connectionId = '', siteId = ''] = JSON.parse(value ?? '[]') as string[];
      return call(mappingRoutes.choose, { params: { organisationId }, body: { connectionId, siteId, groupId } });
    },
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries();
    },
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (value !== null) choose.mutate();
  };
  const changes = before !== null && value !== before && mapping.devices > 0;
  return (
    <Dialog onClose={onClose} title={`Site for ${plain(mapping.organisationName)}`}>
      <form onSubmit={submit}>
        <Stack>
          {choose.isError && <ProblemNotice error={choose.error} />}
          <Select
            label="SentinelOne site"
            placeholder="Search a site"
            searchable
            openOnFocus={false}
            nothingFoundMessage="No such site"
            data-autofocus
            data={choices}
            value={value}
            onChange={(next) => {
              setValue(next);
              setGroupId(null);
            }}
            required
            withAsterisk={false}
          />
          {value !== null && <ChooseGroup site={value} value={groupId} onChange={setGroupId} />}
          {changes && (
            <Alert
              variant="outline"
              color="yellow"
              c="inherit"
              title={`${counted(mapping.devices, 'device')} in this organisation`}
            >
              Devices that have SentinelOne already stay in the site they are enrolled in and are shown as being in
              another site. New installs use the new one.
            </Alert>
          )}
          <Text size="xs" c="dimmed">
            New sites are made in SentinelOne under Settings, Sites.
          </Text>
          <ButtonRow
            onCancel={onClose}
            submit={value === before && before !== null ? 'Confirm' : 'Use this site'}
            busy={choose.isPending}
          />
        </Stack>
      </form>
    </Dialog>
  );
}

interface ChooseGroupProps {
  readonly site: string;
  readonly value: string | null;
  readonly onChange: (groupId: string | null) => void;
}

/** Asked of SentinelOne when a site is chosen; the site itself stays choosable when that fails. */
function ChooseGroup({ site, value, onChange }: ChooseGroupProps) {
  const [connectionId = '', siteId = ''] = JSON.parse(site) as string[];
  const groups = useQuery(groupsQuery(connectionId, siteId));
  const names = (groups.data?.items ?? []).map((group) => ({ value: group.groupId, label: plain(group.name) }));
  return (
    <Select
      label="Group (optional)"
      description={groups.isError ? 'The groups of this site could not be read.' : undefined}
      placeholder={groups.isLoading ? 'Reading the groups…' : "The site's default group"}
      clearable
      data={names}
      value={names.some((one) => one.value === value) ? value : null}
      onChange={onChange}
    />
  );
}
