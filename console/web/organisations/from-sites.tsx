import { Button, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { organisationMakingRoutes, type FreeSite } from '#console/api/organisation-making.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { freeSitesQuery } from '#console/web/server/queries.ts';

/** What one request takes: each site's token is read from SentinelOne. */
const atOnce = 100;

function keyOf(site: { connectionId: string; siteId: string }): string {
  return `${site.connectionId} ${site.siteId}`;
}

export function FromSites({ onClose }: { onClose: () => void }) {
  const sites = useQuery(freeSitesQuery);
  return (
    <Dialog onClose={onClose} size="lg" title="Organisations from SentinelOne sites">
      <Loaded of={sites} rows={5}>
        {({ items }) => <Choose sites={items} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}

function Choose({ sites, onClose }: { sites: readonly FreeSite[]; onClose: () => void }) {
  const client = useQueryClient();
  const [search, setSearch] = useState('');
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  const chosen = sites.filter((site) => ticked.has(keyOf(site))).slice(0, atOnce);
  const make = useMutation({
    mutationFn: () =>
      call(organisationMakingRoutes.fromSites, {
        body: { sites: chosen.map(({ connectionId, siteId }) => ({ connectionId, siteId })) },
      }),
    onSuccess: () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'free-sites' }),
  });
  if (make.data !== undefined) return <Made items={make.data.items} onClose={onClose} />;
  const shown = sites.filter((site) => plain(site.name).toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <Stack>
      {make.isError && <ProblemNotice error={make.error} />}
      <Text size="sm">
        Each ticked site gets an organisation that is mapped to it and only watches. Nothing is installed by it.
      </Text>
      <TextInput label="Search" value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      <SiteList
        empty={sites.length === 0 ? allMapped : 'No site has such a name.'}
        shown={shown}
        ticked={ticked}
        onTick={setTicked}
      />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button loading={make.isPending} disabled={chosen.length === 0} onClick={() => make.mutate()}>
          {`Make ${counted(chosen.length, 'organisation')}`}
        </Button>
      </Group>
    </Stack>
  );
}

const allMapped = 'Every site has an organisation already.';

interface SiteListProps {
  /** Said when nothing is shown. */
  readonly empty: string;
  readonly shown: readonly FreeSite[];
  readonly ticked: ReadonlySet<string>;
  readonly onTick: (ticked: ReadonlySet<string>) => void;
}

function SiteList({ empty, shown, ticked, onTick }: SiteListProps) {
  if (shown.length === 0) return <Text c="dimmed">{empty}</Text>;
  const keys = shown.map((site) => keyOf(site));
  const on = keys.filter((key) => ticked.has(key)).length;
  const set = (changed: readonly string[], value: boolean): void =>
    onTick(new Set([...ticked].filter((key) => !changed.includes(key)).concat(value ? changed : [])));
  return (
    <Stack gap={6} mah={340} style={{ overflowY: 'auto' }} tabIndex={0} role="group" aria-label="Sites">
      <Checkbox
        label={`All ${number(shown.length)} shown`}
        checked={on === keys.length}
        indeterminate={on > 0 && on < keys.length}
        onChange={(event) => set(keys, event.currentTarget.checked)}
      />
      {shown.map((site) => (
        <Checkbox
          key={keyOf(site)}
          label={`${plain(site.name)} (site ${plain(site.siteName)}, ${plain(site.connectionName)})`}
          checked={ticked.has(keyOf(site))}
          onChange={(event) => set([keyOf(site)], event.currentTarget.checked)}
        />
      ))}
    </Stack>
  );
}

interface MadeProps {
  readonly items: readonly { name: string; siteId: string; problem: { title: string; detail: string } | null }[];
  readonly onClose: () => void;
}

function Made({ items, onClose }: MadeProps) {
  const refused = items.filter((row) => row.problem !== null);
  return (
    <Stack>
      <Text size="sm" role="status">
        {counted(items.length - refused.length, 'organisation')} made.
      </Text>
      {refused.map((row) => (
        <Text key={row.siteId} size="sm">
          <b>{plain(row.name)}</b>: {row.problem?.title}. {plain(row.problem?.detail ?? '')}
        </Text>
      ))}
      <Group justify="flex-end">
        <Button onClick={onClose}>Close</Button>
      </Group>
    </Stack>
  );
}
