import { ActionIcon, Indicator, Tooltip } from '@mantine/core';
import { IconBell } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { counted } from '#console/web/format.ts';
import { alertCountsQuery } from '#console/web/server/alert-queries.ts';
import { useOperator } from '#console/web/server/session.ts';

/** How many open alerts nobody has seen yet; red when one of them is urgent. */
export function Bell() {
  const operator = useOperator();
  const counts = useQuery({ ...alertCountsQuery, enabled: operator !== null }).data?.items ?? [];
  const unseen = counts.reduce((sum, row) => sum + row.unseen, 0);
  const urgent = counts.some((row) => row.level === 'urgent' && row.unseen > 0);
  const label = unseen === 0 ? 'Alerts, nothing new' : `Alerts, ${unseen} not seen yet`;
  if (operator === null) return null;
  return (
    <Tooltip label={unseen === 0 ? 'No new alert' : `${counted(unseen, 'alert')} not seen yet`}>
      <Indicator
        label={unseen > 99 ? '99+' : unseen}
        disabled={unseen === 0}
        color={urgent ? 'red.9' : 'gray.8'}
        size={17}
        offset={6}
        aria-hidden={false}
      >
        <ActionIcon
          component={Link}
          to="/alerts"
          variant="subtle"
          color="gray"
          c="inherit"
          size="lg"
          aria-label={label}
        >
          <IconBell size={20} stroke={1.7} aria-hidden />
        </ActionIcon>
      </Indicator>
    </Tooltip>
  );
}
