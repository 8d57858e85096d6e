import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { mappingRoutes, type Confirmation, type Mapping } from '#console/api/mappings.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';

type SiteChoice = NonNullable<Mapping['site']>;

/** The site a row would be confirmed with: what is saved, else what is suggested. */
export function confirmable(mapping: Mapping): SiteChoice | null {
  if (mapping.status !== 'needs-confirmation') return null;
  const gone = mapping.concern !== null && mapping.concern !== 'site-renamed';
  return gone ? null : (mapping.site ?? mapping.suggestion?.site ?? null);
}

function choicesOf(mappings: readonly Mapping[]) {
  return mappings.flatMap((mapping) => {
    const site = confirmable(mapping);
    if (site === null) return [];
    const { connectionId, siteId, groupId } = site;
    return [{ organisationId: mapping.organisationId, connectionId, siteId, groupId }];
  });
}

interface Props {
  readonly mappings: readonly Mapping[];
  /** `saved`: organisations that the console says are saved. */
  readonly onClose: (saved: readonly string[]) => void;
}

/** Tries first what would be saved, says what it would start, and shows what became of each row. */
export function ConfirmMappings({ mappings, onClose }: Props) {
  const client = useQueryClient();
  const choices = choicesOf(mappings);
  const dry = useQuery({
    queryKey: ['mappings', 'dry-run', choices],
    queryFn: ({ signal }) => call(mappingRoutes.confirm, { body: { dryRun: true, choices } }, signal),
    staleTime: Infinity,
    gcTime: 0,
  });
  const confirm = useMutation({
    mutationFn: (installs: number) => call(mappingRoutes.confirm, { body: { dryRun: false, installs, choices } }),
    onSuccess: () => client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[1] !== 'dry-run' }),
    onError: () => dry.refetch(),
  });
  const done = confirm.data ?? null;
  const saved = (done?.items ?? []).filter((row) => row.outcome === 'saved').map((row) => row.organisationId);
  return (
    <Dialog onClose={() => onClose(saved)} size="lg" title={`Confirm ${counted(choices.length, 'mapping')}`}>
      <Stack>
        {confirm.isError && <ProblemNotice error={confirm.error} />}
        <Loaded of={dry} rows={choices.length}>
          {(tried) => (
            <>
              <Rows rows={done?.items ?? tried.items} mappings={mappings} />
              <Text size="sm" role="status">
                {done === null ? promise(tried.installs) : `${counted(saved.length, 'mapping')} saved.`}
              </Text>
              <Group justify="flex-end">
                <Button variant="default" onClick={() => onClose(saved)} data-autofocus>
                  {done === null ? 'Cancel' : 'Close'}
                </Button>
                {done === null && (
                  <Button
                    loading={confirm.isPending || dry.isFetching}
                    disabled={tried.items.every((row) => row.outcome === 'refused')}
                    onClick={() => confirm.mutate(tried.installs)}
                  >
                    {buttonWords(tried.items, tried.installs)}
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

function promise(installs: number): string {
  return installs === 0
    ? 'Saves only: nothing is installed by it.'
    : `Saves, and starts ${counted(installs, 'install')} in organisations that are installing.`;
}

function buttonWords(rows: readonly Confirmation[], installs: number): string {
  const good = rows.filter((row) => row.outcome !== 'refused').length;
  return installs === 0 ? `Save ${counted(good, 'mapping')}` : `Save and install on ${counted(installs, 'device')}`;
}

function Rows({ rows, mappings }: { rows: readonly Confirmation[]; mappings: readonly Mapping[] }) {
  const of = new Map(mappings.map((one) => [one.organisationId, one]));
  return (
    <ul className="steps">
      {rows.map((row) => {
        const mapping = of.get(row.organisationId);
        const site = mapping === undefined ? null : confirmable(mapping);
        return (
          <li key={row.organisationId}>
            <Stack gap={2}>
              <Text size="sm" className="device-text">
                <b>{plain(mapping?.organisationName ?? '')}</b> → {plain(site?.siteName ?? '')} (
                {plain(site?.connectionName ?? '')})
              </Text>
              <Outcome row={row} />
            </Stack>
          </li>
        );
      })}
    </ul>
  );
}

function Outcome({ row }: { row: Confirmation }) {
  if (row.problem !== null) {
    return (
      <Text size="xs">
        Not saved: {row.problem.title}. {plain(row.problem.detail)}
      </Text>
    );
  }
  if (row.outcome === 'saved') return <ToneLabel tone="good">Saved</ToneLabel>;
  return row.installs === 0 ? null : <Text size="xs">Starts {counted(row.installs, 'install')}</Text>;
}
