import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { alertWords } from '#console/api/alert-words.ts';
import { alertRoutes, type Alert } from '#console/api/alerts.ts';
import { plain } from '#console/web/device-text.ts';
import { AlertWhere } from '#console/web/alerts/alert-where.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

export function AlertTable({ alerts, ended }: { alerts: readonly Alert[]; ended: boolean }) {
  const client = useQueryClient();
  const see = useMutation({
    mutationFn: (alertId: string) => call(alertRoutes.see, { params: { alertId } }),
    onSettled: () => client.invalidateQueries({ queryKey: ['alerts'] }),
  });
  if (alerts.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        {ended ? 'No alert has ended yet.' : 'Nothing needs you.'}
      </Text>
    );
  }
  return (
    <>
      {see.isError && <ProblemNotice error={see.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Alert</th>
            <th scope="col">Where</th>
            <th scope="col">Organisation</th>
            <th scope="col">{ended ? 'Ended' : 'Open since'}</th>
            <th scope="col">Seen</th>
          </tr>
        </thead>
        <tbody>
          {alerts.map((alert) => (
            <AlertRow
              key={alert.alertId}
              alert={alert}
              see={() => see.mutate(alert.alertId)}
              seeing={see.isPending && see.variables === alert.alertId}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

interface AlertRowProps {
  readonly alert: Alert;
  readonly see: () => void;
  readonly seeing: boolean;
}

function AlertRow({ alert, see, seeing }: AlertRowProps) {
  const { title, text, remedy } = alertWords(alert);
  const tone = alert.closedAt !== null ? 'quiet' : alert.level === 'urgent' ? 'bad' : 'attention';
  return (
    <tr>
      <td>
        <Stack gap={2} align="flex-start">
          <ToneLabel tone={tone}>{title}</ToneLabel>
          <Text size="sm" className="device-text">
            {plain(text)}
          </Text>
          {alert.closedAt === null && (
            <Text size="sm" c="dimmed">
              {remedy}
            </Text>
          )}
        </Stack>
      </td>
      <td data-label="Where" style={{ minWidth: 165 }}>
        <AlertWhere alert={alert} />
      </td>
      <td data-label="Organisation">{alert.organisation === null ? '' : plain(alert.organisation.name)}</td>
      <td data-label={alert.closedAt === null ? 'Open since' : 'Ended'}>
        <Age at={alert.closedAt ?? alert.openedAt} />
      </td>
      <td data-label="Seen">
        <Seen alert={alert} see={see} seeing={seeing} title={title} />
      </td>
    </tr>
  );
}

function Seen({ alert, see, seeing, title }: AlertRowProps & { title: string }) {
  const refusal = useRightRefusal('operator');
  if (alert.seen !== null) {
    return (
      <Text size="sm" span>
        by {plain(alert.seen.by)}, <Age at={alert.seen.at} />
      </Text>
    );
  }
  if (alert.closedAt !== null || refusal !== null) return <Text size="sm">by nobody</Text>;
  return (
    <Button
      size="xs"
      variant="default"
      onClick={see}
      loading={seeing}
      aria-label={`Mark as seen: ${title}, ${plain(alert.subject.name)}`}
    >
      Mark as seen
    </Button>
  );
}
