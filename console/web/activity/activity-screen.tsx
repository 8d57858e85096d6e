import { Button, Group, Stack, Text } from '@mantine/core';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { activityRoutes, type ActivityEntry } from '#console/api/activity.ts';
import { ActivityFilter } from '#console/web/activity/activity-filter.tsx';
import { whatWords, whoWords } from '#console/web/activity/activity-words.ts';
import { timeZoneName } from '#console/web/activity/days.ts';
import { plain } from '#console/web/device-text.ts';
import { ActionButton } from '#console/web/parts/action-button.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { ProblemNotice } from '#console/web/parts/problem-notice.tsx';
import { saveFile } from '#console/web/parts/save-file.ts';
import { activityOptions } from '#console/web/server/activity-queries.ts';
import { useNow } from '#console/web/server/clock.ts';
import { call } from '#console/web/server/client.ts';
import { useRightRefusal } from '#console/web/server/session.ts';

const route = getRouteApi('/activity');

export function ActivityScreen() {
  const filters = route.useSearch();
  const activity = useInfiniteQuery(activityOptions(filters));
  const refusal = useRightRefusal('operator');
  const nowMs = useNow();
  const exported = useMutation({
    mutationFn: () => call(activityRoutes.export, { body: filters }),
    onSuccess: ({ fileName, csv }) => saveFile(fileName, csv),
  });
  return (
    <Stack gap="md">
      <PageHead
        title="Activity"
        below={
          <Text size="sm" c="dimmed">
            What people and the console did, and what devices told, newest first. Days and times of this browser:{' '}
            {timeZoneName(nowMs)}.
          </Text>
        }
        aside={
          <ActionButton
            variant="default"
            onClick={() => exported.mutate()}
            loading={exported.isPending}
            refusal={refusal}
          >
            Export as CSV
          </ActionButton>
        }
      />
      {exported.isError && <ProblemNotice error={exported.error} />}
      <ActivityFilter filters={filters} />
      <section className="panel" aria-label="Activity">
        <Loaded of={activity} rows={6}>
          {({ pages }) => <Entries entries={pages.flatMap((page) => page.items)} />}
        </Loaded>
        {activity.hasNextPage && (
          <Group p="md">
            <Button
              variant="default"
              onClick={() => void activity.fetchNextPage()}
              loading={activity.isFetchingNextPage}
            >
              Show more
            </Button>
          </Group>
        )}
      </section>
    </Stack>
  );
}

function Entries({ entries }: { entries: readonly ActivityEntry[] }) {
  if (entries.length === 0) {
    return (
      <Text p="lg" c="dimmed">
        Nothing of that kind happened.
      </Text>
    );
  }
  return (
    <table className="rows">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Who</th>
          <th scope="col">Where</th>
          <th scope="col">When</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.key}>
            <td>
              <Text size="sm" fw={600}>
                {whatWords(entry)}
              </Text>
              <Text size="sm" c="dimmed" className="device-text">
                {plain(entry.detail)}
              </Text>
            </td>
            <td data-label="Who" className="device-text">
              {whoWords(entry)}
            </td>
            <td data-label="Where" style={{ minWidth: 165 }}>
              <span>
                {entry.device === null ? (
                  <Text size="sm" className="device-text">
                    {entry.organisation === null ? plain(entry.subject) : ''}
                  </Text>
                ) : (
                  <PageLink
                    to="/devices/$deviceId"
                    params={{ deviceId: entry.device.id }}
                    size="sm"
                    className="device-text"
                  >
                    {plain(entry.device.name)}
                  </PageLink>
                )}
                <Text size="sm" c="dimmed" className="device-text">
                  {entry.organisation === null ? '' : plain(entry.organisation.name)}
                </Text>
              </span>
            </td>
            <td data-label="When">
              <Age at={entry.at} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
