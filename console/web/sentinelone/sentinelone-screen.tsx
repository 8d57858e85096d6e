import { Stack, Tabs } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { ConnectionsTab } from '#console/web/sentinelone/connections-tab.tsx';
import { MacsTab } from '#console/web/sentinelone/macs-tab.tsx';
import { MappingsTab } from '#console/web/sentinelone/mappings-tab.tsx';
import { PackagesTab } from '#console/web/sentinelone/packages-tab.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { mappingsQuery } from '#console/web/server/queries.ts';

const route = getRouteApi('/administration/apps/sentinelone');

const tabs = ['connections', 'mappings', 'packages', 'macs'] as const;
type Tab = (typeof tabs)[number];

export function SentinelOneScreen() {
  const { tab = 'connections' } = route.useSearch();
  const navigate = route.useNavigate();
  const open = useQuery(mappingsQuery).data?.items.filter((row) => row.status !== 'mapped').length ?? 0;
  const choose = (value: string | null): void => {
    void navigate({ search: { tab: tabs.find((known): known is Tab => known === value) }, replace: true });
  };
  return (
    <Stack gap="md">
      <PageHead title="SentinelOne" trail={[{ label: 'Apps', to: '/administration/apps' }]} />
      <Tabs value={tab} onChange={choose} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="connections">Consoles</Tabs.Tab>
          <Tabs.Tab value="mappings">Mappings{open > 0 && ` (${open})`}</Tabs.Tab>
          <Tabs.Tab value="packages">Packages</Tabs.Tab>
          <Tabs.Tab value="macs">Macs</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="connections">
          <ConnectionsTab />
        </Tabs.Panel>
        <Tabs.Panel value="mappings">
          <MappingsTab />
        </Tabs.Panel>
        <Tabs.Panel value="packages">
          <PackagesTab />
        </Tabs.Panel>
        <Tabs.Panel value="macs">
          <MacsTab />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
