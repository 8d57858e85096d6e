import { Button, Group, NumberInput, Stack, Text } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type SyntheticEvent } from 'react';
import { alertRoutes, type AlertRules } from '#console/api/alerts.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { Panel } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { call } from '#console/web/server/client.ts';
import { alertRulesQuery } from '#console/web/server/alert-queries.ts';
import { useGlobalRefusal } from '#console/web/server/session.ts';

export function AlertRulesPanel() {
  const rules = useQuery(alertRulesQuery);
  return (
    <Panel title="When something is an alert">
      <Loaded of={rules} rows={3}>
        {(data) => <Form rules={data} />}
      </Loaded>
    </Panel>
  );
}

function Form({ rules }: { rules: AlertRules }) {
  const client = useQueryClient();
  const refusal = useGlobalRefusal('admin');
  const [silent, setSilent] = useState<number | string>(rules.silentAfterHours);
  const [leaving, setLeaving] = useState<number | string>(rules.unenrolmentsPerHourMax);
  const save = useMutation({
    mutationFn: () =>
      call(alertRoutes.setRules, {
        body: { silentAfterHours: Number(silent), unenrolmentsPerHourMax: Number(leaving) },
      }),
    onSuccess: (data) => client.setQueryData(alertRulesQuery.queryKey, data),
  });
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack maw={460}>
        {save.isError && <ProblemNotice error={save.error} />}
        <NumberInput
          label="A device says nothing for"
          description="In hours. Weekends and holidays count, so notebooks need a few days."
          suffix=" h"
          min={1}
          max={2_160}
          allowDecimal={false}
          value={silent}
          onChange={setSilent}
          readOnly={refusal !== null}
        />
        <NumberInput
          label="Devices that leave within an hour, more than"
          description="Of one organisation, or of all of them together"
          min={1}
          max={10_000}
          allowDecimal={false}
          value={leaving}
          onChange={setLeaving}
          readOnly={refusal !== null}
        />
        <Text size="sm" c="dimmed">
          Everything else is fixed: left without antivirus at once, not protecting after 10 minutes, waiting or failing
          for a day, a token 30, 14, 7 and 1 days before its end.
        </Text>
        {refusal === null ? (
          <Group>
            <Button type="submit" loading={save.isPending} disabled={silent === '' || leaving === ''}>
              Save
            </Button>
            <Text size="sm" role="status">
              {save.isSuccess ? 'Saved' : ''}
            </Text>
          </Group>
        ) : (
          <Text size="sm" c="dimmed">
            {refusal}
          </Text>
        )}
      </Stack>
    </form>
  );
}
