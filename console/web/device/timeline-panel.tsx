import { Button, Group, SegmentedControl, Stack } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { AttemptCard } from '#console/web/device/attempt-card.tsx';
import { EventLine, GapLine } from '#console/web/device/event-line.tsx';
import { inOrder } from '#console/web/device/timeline-order.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { attemptsQuery, timelineOptions } from '#console/web/server/queries.ts';

const views = [
  { value: 'attempts', label: 'Attempts' },
  { value: 'everything', label: 'Everything' },
];

export function TimelinePanel({ deviceId }: { deviceId: string }) {
  const [view, setView] = useState('attempts');
  return (
    <Panel
      title="Timeline"
      aside={
        <>
          <PageLink to="/activity" search={{ deviceId, source: 'audit' }} size="sm">
            What people did with it
          </PageLink>
          <SegmentedControl
            size="xs"
            data={views}
            value={view}
            onChange={setView}
            aria-label="What the timeline shows"
          />
        </>
      }
    >
      {view === 'attempts' ? <Attempts deviceId={deviceId} /> : <Everything deviceId={deviceId} />}
    </Panel>
  );
}

function Attempts({ deviceId }: { deviceId: string }) {
  const attempts = useQuery(attemptsQuery(deviceId));
  return (
    <Loaded of={attempts}>
      {({ items }) =>
        items.length === 0 ? (
          <Quiet>Nothing was installed from here yet.</Quiet>
        ) : (
          <Stack gap="sm">
            {items.map((attempt, index) => (
              <AttemptCard key={`${attempt.journalId} ${attempt.attempt}`} attempt={attempt} open={index === 0} />
            ))}
          </Stack>
        )
      }
    </Loaded>
  );
}

function Everything({ deviceId }: { deviceId: string }) {
  const timeline = useInfiniteQuery(timelineOptions(deviceId));
  return (
    <Loaded of={timeline}>
      {(data) => {
        const items = data.pages.flatMap((page) => page.items);
        const entries = inOrder(items, data.pages[0]?.gaps ?? [], !timeline.hasNextPage);
        if (entries.length === 0) return <Quiet>Nothing happened yet.</Quiet>;
        return (
          <Stack gap={0}>
            <ol className="events">
              {entries.map((entry) =>
                entry.kind === 'event' ? (
                  <EventLine key={entry.key} event={entry.event} />
                ) : (
                  <GapLine key={entry.key} gap={entry.gap} />
                ),
              )}
            </ol>
            {timeline.hasNextPage && (
              <Group justify="center" mt="sm">
                <Button
                  variant="default"
                  size="xs"
                  loading={timeline.isFetchingNextPage}
                  onClick={() => void timeline.fetchNextPage()}
                >
                  Show older
                </Button>
              </Group>
            )}
          </Stack>
        );
      }}
    </Loaded>
  );
}
