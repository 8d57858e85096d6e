import { Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { alertWords } from '#console/api/alert-words.ts';
import type { Alert } from '#console/api/alerts.ts';
import { AlertWhere } from '#console/web/alerts/alert-where.tsx';
import { plain } from '#console/web/device-text.ts';
import { counted } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { alertCountsQuery, alertListOptions } from '#console/web/server/alert-queries.ts';

const shownMax = 5;

/** What needs somebody, urgent ones first and of each the newest first. */
export function OpenAlerts() {
  const urgent = useInfiniteQuery(alertListOptions({ level: 'urgent' }));
  const others = useInfiniteQuery(alertListOptions({ level: 'attention' }));
  const counts = useQuery(alertCountsQuery).data?.items ?? [];
  const error = urgent.error ?? others.error;
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void urgent.refetch()} />;
  if (urgent.data === undefined || others.data === undefined) return null;
  const alerts = [...urgent.data.pages, ...others.data.pages].flatMap((page) => page.items).slice(0, shownMax);
  const open = counts.reduce((sum, row) => sum + row.alerts, 0);
  return (
    <Panel
      title="Open alerts"
      aside={open > 0 && <PageLink to="/alerts" size="sm">{`All ${counted(open, 'alert')}`}</PageLink>}
    >
      {alerts.length === 0 ? (
        <Quiet>Nothing needs you.</Quiet>
      ) : (
        <Stack gap="sm" component="ul" className="plain-list">
          {alerts.map((alert) => (
            <OneAlert key={alert.alertId} alert={alert} />
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function OneAlert({ alert }: { alert: Alert }) {
  const { title, text } = alertWords(alert);
  return (
    <li>
      <Group gap="xs" align="baseline">
        <ToneLabel tone={alert.level === 'urgent' ? 'bad' : 'attention'}>{title}</ToneLabel>
        <AlertWhere alert={alert} />
        {alert.organisation !== null && alert.subject.kind !== 'organisation' && (
          <Text size="sm" c="dimmed" span className="device-text">
            {plain(alert.organisation.name)}
          </Text>
        )}
        <Age at={alert.openedAt} size="xs" />
      </Group>
      <Text size="sm" className="device-text">
        {plain(text)}
      </Text>
    </li>
  );
}
