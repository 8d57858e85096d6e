import { Button, FileInput, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { organisationMakingRoutes, type Imported } from '#console/api/organisation-making.ts';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { Dialog } from '#console/web/parts/dialog.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';

const words: Record<Imported['outcome'], string> = {
  created: 'new',
  renamed: 'renamed',
  adopted: 'known by name, gets the id',
  unchanged: 'unchanged',
  refused: 'refused',
};

/** A list of another system: tried first, then carried out as it was shown. */
export function ImportList({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [csv, setCsv] = useState('');
  const importing = useMutation({
    mutationFn: (asked: { csv: string; dryRun: boolean }) => call(organisationMakingRoutes.importList, { body: asked }),
    onSuccess: (_, { dryRun }) => (dryRun ? undefined : client.invalidateQueries()),
  });
  const choose = (file: File | null): void => {
    importing.reset();
    void file?.text().then((text) => {
      setCsv(text);
      importing.mutate({ csv: text, dryRun: true });
    });
  };
  const done = importing.isSuccess && !importing.variables.dryRun;
  return (
    <Dialog onClose={onClose} size="lg" title="Organisations from a list">
      <Stack>
        {importing.isError && <ProblemNotice error={importing.error} />}
        <FileInput
          label="CSV file"
          description='A column "name", and "id" if the list has ids of its own: with these it can be read again after a change.'
          placeholder="Choose a file"
          accept=".csv,text/csv,text/plain"
          onChange={choose}
          data-autofocus
        />
        {importing.isSuccess && <Lines items={importing.data.items} done={done} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {done ? 'Close' : 'Cancel'}
          </Button>
          {importing.isSuccess && !done && (
            <Button
              loading={importing.isPending}
              disabled={changesOf(importing.data.items) === 0}
              onClick={() => importing.mutate({ csv, dryRun: false })}
            >
              {`Import ${counted(changesOf(importing.data.items), 'change')}`}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

function changesOf(items: readonly Imported[]): number {
  return items.filter((row) => row.outcome !== 'refused' && row.outcome !== 'unchanged').length;
}

function Lines({ items, done }: { items: readonly Imported[]; done: boolean }) {
  const counts = Map.groupBy(items, (row) => row.outcome);
  const refused = counts.get('refused') ?? [];
  return (
    <Stack gap="xs">
      <Text size="sm" role="status">
        {done ? 'Imported: ' : 'Would become: '}
        {[...counts].map(([outcome, rows]) => `${rows.length} ${words[outcome]}`).join(', ')}.
      </Text>
      {refused.slice(0, 50).map((row) => (
        <Text key={row.line} size="xs">
          Line {row.line}, {plain(row.name) || 'no name'}: {row.why}
        </Text>
      ))}
    </Stack>
  );
}
