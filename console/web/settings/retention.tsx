import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { auditDaysMin, retentionDaysMax, retentionRoutes, type Retention } from '#console/api/retention.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { retentionQuery } from '#console/web/server/activity-queries.ts';
import { call } from '#console/web/server/client.ts';

const fields: readonly { readonly name: keyof Retention; readonly label: string; readonly least?: number }[] = [
  { name: 'eventDays', label: 'What devices told, with the output of installers' },
  { name: 'commandDays', label: 'Commands that are over' },
  { name: 'alertDays', label: 'Ended alerts' },
  { name: 'deliveryDays', label: 'Notifications that were sent' },
  { name: 'auditDays', label: 'The record of what people did (a year at least)', least: auditDaysMin },
];

export function RetentionPanel() {
  const retention = useQuery(retentionQuery);
  return (
    <Panel title="How long things are kept">
      <Loaded of={retention} rows={4}>
        {(data) => <Form retention={data} />}
      </Loaded>
    </Panel>
  );
}

function Form({ retention }: { retention: Retention }) {
  const client = useQueryClient();
  const [form, setForm] = useState(retention);
  const save = useMutation({
    mutationFn: () => call(retentionRoutes.set, { body: form }),
    onSuccess: (data) => client.setQueryData(retentionQuery.queryKey, data),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={460}>
        {save.isError && <ProblemNotice error={save.error} />}
        {fields.map(({ name, label, least = 7 }) => (
          <NumberInput
            key={name}
            label={label}
            suffix=" days"
            min={least}
            max={retentionDaysMax}
            allowDecimal={false}
            value={form[name]}
            onChange={(value) => setForm((before) => ({ ...before, [name]: Number(value) }))}
          />
        ))}
        <Text size="sm" c="dimmed">
          What is older is removed within minutes and cannot be brought back. Of the record of what people did, a sealed
          checkpoint stays, so that the rest can still be verified.
        </Text>
        <Group>
          <Button type="submit" loading={save.isPending}>
            Save
          </Button>
          <Text size="sm" role="status">
            {save.isSuccess ? 'Saved' : ''}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
