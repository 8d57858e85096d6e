import { Group, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Overview } from '#console/api/overview.ts';
import { counted, number } from '#console/web/format.ts';
import { CoveragePanel } from '#console/web/overview/coverage-panel.tsx';
import { OpenAlerts } from '#console/web/overview/open-alerts.tsx';
import { Age } from '#console/web/parts/age.tsx';
import { byWeight, HealthBar } from '#console/web/parts/health-bar.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageHead } from '#console/web/parts/page-head.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { ToneIcon, ToneLabel } from '#console/web/parts/tone-label.tsx';
import { overviewQuery } from '#console/web/server/queries.ts';
import { causeName } from '#console/web/state-words.ts';
import { states, type Tone } from '#console/web/words.ts';

export function OverviewScreen() {
  const overview = useQuery(overviewQuery);
  return (
    <Stack>
      <PageHead title="Overview" below={overview.data && <Age at={overview.data.countedAt} before="Counted " />} />
      <Loaded of={overview} rows={6}>
        {(data) => (data.devices === 0 ? <FirstSteps overview={data} /> : <Numbers overview={data} />)}
      </Loaded>
    </Stack>
  );
}

function Numbers({ overview }: { overview: Overview }) {
  return (
    <Stack>
      <Panel title={counted(overview.devices, 'device')}>
        <Stack gap="md">
          <HealthBar counts={overview.counts} />
          <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="xs" verticalSpacing="xs">
            {byWeight(overview.counts).map((row) => (
              <Group key={row.state} gap="xs" wrap="nowrap" align="baseline">
                <span className="dot" data-tone={states[row.state].tone} aria-hidden />
                <PageLink to="/devices" search={{ state: row.state }} size="sm" c="inherit">
                  {states[row.state].name}
                </PageLink>
                <Text size="sm" fw={650} span>
                  {number(row.devices)}
                </Text>
              </Group>
            ))}
          </SimpleGrid>
        </Stack>
      </Panel>
      <OpenAlerts />
      <CoveragePanel />
      <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: 'start' }}>
        <Causes overview={overview} />
        <SetUp overview={overview} />
      </SimpleGrid>
    </Stack>
  );
}

function Causes({ overview }: { overview: Overview }) {
  return (
    <Panel title="Most frequent causes">
      {overview.causes.length === 0 ? (
        <Quiet>Nothing needs attention.</Quiet>
      ) : (
        <Stack gap={8}>
          {overview.causes.map((row) => (
            <Group key={`${row.state} ${row.cause}`} justify="space-between" wrap="nowrap" gap="sm">
              <PageLink
                to="/devices"
                search={{ state: row.state, cause: row.cause }}
                size="sm"
                c="inherit"
                className="cause"
              >
                {causeName(row.cause)}
              </PageLink>
              <Text size="sm" fw={650} span>
                {number(row.devices)}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
    </Panel>
  );
}

function SetUp({ overview }: { overview: Overview }) {
  const { organisations, connections } = overview;
  const { total, deploying, watching, paused, withoutSite } = organisations;
  return (
    <Panel title="Set-up">
      <Stack gap={10}>
        <Line tone={withoutSite > 0 ? 'attention' : 'good'}>
          <PageLink to="/administration/apps/sentinelone" search={{ tab: 'mappings' }} size="sm" c="inherit">
            {withoutSite > 0
              ? `${counted(withoutSite, 'organisation')} without a SentinelOne site`
              : 'Every organisation has its SentinelOne site'}
          </PageLink>
        </Line>
        <Line tone="quiet">
          <PageLink to="/organisations" size="sm" c="inherit">
            {`${counted(total, 'organisation')}: ${deploying} installing, ${watching} watching only, ${paused} paused`}
          </PageLink>
        </Line>
        {connectionLines(connections).map((line) => (
          <Line key={line.text} tone={line.tone}>
            <PageLink to="/administration/apps/sentinelone" size="sm" c="inherit">
              {line.text}
            </PageLink>
          </Line>
        ))}
      </Stack>
    </Panel>
  );
}

function connectionLines({
  total,
  withProblem,
  tokenEndsSoon,
}: Overview['connections']): { tone: Tone; text: string }[] {
  if (total === 0) return [{ tone: 'attention', text: 'SentinelOne is not enabled yet' }];
  const lines: { tone: Tone; text: string }[] = [
    withProblem > 0
      ? { tone: 'bad', text: `${counted(withProblem, 'SentinelOne console')} with a problem` }
      : { tone: 'good', text: `${counted(total, 'SentinelOne console')}, all answering` },
  ];
  if (tokenEndsSoon > 0) lines.push({ tone: 'attention', text: `${counted(tokenEndsSoon, 'API token')} ending soon` });
  return lines;
}

function Line({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <Group gap="xs" wrap="nowrap" align="flex-start">
      <span className="line-icon" data-tone={tone}>
        <ToneIcon tone={tone} size={18} />
      </span>
      {children}
    </Group>
  );
}

/** An empty console shows the way instead of zeros. */
function FirstSteps({ overview }: { overview: Overview }) {
  const { organisations, connections } = overview;
  return (
    <Panel title="First steps">
      <Stack gap="sm">
        <Step done={organisations.total > 0}>
          <PageLink to="/organisations">Create an organisation</PageLink>
        </Step>
        <Step done={connections.total > 0}>
          <PageLink to="/administration/apps/sentinelone">Enable SentinelOne</PageLink>
        </Step>
        <Step done={organisations.total > organisations.withoutSite}>
          <PageLink to="/administration/apps/sentinelone" search={{ tab: 'mappings' }}>
            Choose a site for the organisation
          </PageLink>
        </Step>
        <Step done={false}>
          <PageLink to="/enrolment">Make an install key and bring in the first device</PageLink>
        </Step>
      </Stack>
    </Panel>
  );
}

function Step({ done, children }: { done: boolean; children: ReactNode }) {
  return (
    <Group gap="sm">
      <ToneLabel tone={done ? 'good' : 'quiet'}>{done ? 'done' : 'to do'}</ToneLabel>
      {children}
    </Group>
  );
}
