import { Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { counted } from '#console/web/format.ts';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { PageButton } from '#console/web/parts/page-link.tsx';
import { ToneLabel } from '#console/web/parts/tone-label.tsx';
import { connectionsQuery } from '#console/web/server/queries.ts';

export function AppsScreen() {
  const connections = useQuery(connectionsQuery);
  return (
    <Stack gap="md">
      <PageHead title="Apps" />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <section className="panel" aria-label="SentinelOne">
          <Stack className="panel-body" gap="sm">
            <Group justify="space-between">
              <Title order={2}>SentinelOne</Title>
              <Loaded of={connections} rows={1}>
                {({ items }) => (
                  <State total={items.length} broken={items.filter((one) => one.problem !== null).length} />
                )}
              </Loaded>
            </Group>
            <Text size="sm">Endpoint protection, installed and kept standing with your own SentinelOne licence.</Text>
            <Group>
              <PageButton to="/administration/apps/sentinelone" variant="default">
                Open SentinelOne
              </PageButton>
            </Group>
          </Stack>
        </section>
      </SimpleGrid>
    </Stack>
  );
}

function State({ total, broken }: { total: number; broken: number }) {
  if (total === 0) return <ToneLabel tone="quiet">not enabled</ToneLabel>;
  if (broken > 0) return <ToneLabel tone="bad">{counted(broken, 'console')} with a problem</ToneLabel>;
  return <ToneLabel tone="good">enabled</ToneLabel>;
}
