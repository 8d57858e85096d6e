import { Stack, Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { useOperator } from '#console/web/server/session.ts';
import { sections, type Section } from '#console/web/settings/sections.ts';

const route = getRouteApi('/settings');

/** Each section is for whom it is: what somebody may not use is not shown to them. */
export function SettingsScreen() {
  const { tab } = route.useSearch();
  const navigate = route.useNavigate();
  const operator = useOperator();
  const mine = sections.filter((section) => operator !== null && section.isFor(operator));
  const shown = mine.find((section) => section.tab === tab) ?? mine[0];
  const choose = (value: string | null): void => {
    const next = mine.find((section) => section.tab === value);
    if (next !== undefined) void navigate({ search: { tab: next.tab }, replace: true });
  };
  return (
    <Stack gap="md">
      <PageHead title="Settings" />
      {shown === undefined ? null : (
        <Tabs value={shown.tab} onChange={choose} keepMounted={false}>
          <Tabs.List mb="md">
            {mine.map((section) => (
              <Tabs.Tab key={section.tab} value={section.tab}>
                {section.label}
              </Tabs.Tab>
            ))}
          </Tabs.List>
          <Tabs.Panel value={shown.tab}>
            <Shown section={shown} />
          </Tabs.Panel>
        </Tabs>
      )}
    </Stack>
  );
}

function Shown({ section: { Content } }: { section: Section }) {
  return <Content />;
}
