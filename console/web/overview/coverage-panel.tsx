import { Group, Progress, SimpleGrid, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { CoverageAnswer, Gap } from '#console/api/coverage.ts';
import { gapName, percent, silenceName } from '#console/web/coverage-words.ts';
import { plain } from '#console/web/device-text.ts';
import { counted, number } from '#console/web/format.ts';
import { Age } from '#console/web/parts/age.tsx';
import { Loaded } from '#console/web/parts/loaded.tsx';
import { PageLink } from '#console/web/parts/page-link.tsx';
import { Panel, Quiet } from '#console/web/parts/panel.tsx';
import { coverageQuery, type DeviceListFilters } from '#console/web/server/queries.ts';
import { systems } from '#console/web/words.ts';

/** Organisations and causes named here; the rest is in the list behind the link. */
const shownMax = 6;

/** A device's own word does not count here: SentinelOne's record must bear it out. */
export function CoveragePanel() {
  const coverage = useQuery(coverageQuery);
  const readAt = coverage.data?.recordsReadAt ?? null;
  return (
    <Panel
      title="Coverage"
      aside={readAt !== null && <Age at={readAt} before="SentinelOne's records read " size="xs" />}
    >
      <Loaded of={coverage} rows={4}>
        {(data) => <Shares coverage={data} />}
      </Loaded>
    </Panel>
  );
}

function Shares({ coverage }: { coverage: CoverageAnswer }) {
  const { should, covered, watched } = coverage;
  if (should === 0) {
    return (
      <Quiet>
        {watched.devices === 0
          ? 'Nothing should be protected yet.'
          : `All organisations only watch. ${counted(watched.covered, 'device')} of ${number(watched.devices)} are protected all the same.`}
      </Quiet>
    );
  }
  return (
    <Stack gap="md">
      <Stack gap={6}>
        <Text size="sm">
          <Text span fw={650}>
            {percent(covered, should)}
          </Text>{' '}
          protected, as SentinelOne confirms: {number(covered)} of {counted(should, 'device')} that should be.
          {watched.devices > 0 && ` A further ${counted(watched.devices, 'device')} in organisations that only watch.`}
        </Text>
        <Progress value={(covered / should) * 100} aria-label="Share of protected devices" color="teal" />
      </Stack>
      <SimpleGrid cols={{ base: 1, md: 2, lg: 4 }} spacing="lg">
        <Gaps gaps={coverage.gaps} />
        <Organisations coverage={coverage} />
        <Column title="By system">
          {coverage.systems.map((row) => (
            <Row key={row.os} label={systems[row.os]} filters={{ os: row.os, coverage: 'gap' }} value={share(row)} />
          ))}
        </Column>
        <Column title="Not reporting">
          {coverage.silent.map(({ hours, devices }) => (
            <Row
              key={hours}
              label={silenceName(hours)}
              filters={{ silentHours: hours, coverage: 'gap' }}
              value={number(devices)}
            />
          ))}
        </Column>
      </SimpleGrid>
    </Stack>
  );
}

const share = ({ covered, should }: { covered: number; should: number }): string =>
  `${percent(covered, should)} of ${number(should)}`;

function Gaps({ gaps }: { gaps: readonly Gap[] }) {
  return (
    <Column title="What the others lack">
      {gaps.length === 0 && <Quiet>Nothing.</Quiet>}
      {gaps.slice(0, shownMax).map((gap) => {
        const { state, cause, record, devices } = gap;
        const filters = {
          state,
          ...(cause === null ? {} : { cause }),
          ...(record === null ? {} : { record }),
          coverage: 'gap',
        } as const;
        return (
          <Row key={`${state} ${cause} ${record}`} label={gapName(gap)} filters={filters} value={number(devices)} />
        );
      })}
      {gaps.length > shownMax && (
        <PageLink to="/devices" search={{ coverage: 'gap' }} size="sm">
          All of them
        </PageLink>
      )}
    </Column>
  );
}

function Organisations({ coverage: { organisations, organisationsTotal } }: { coverage: CoverageAnswer }) {
  return (
    <Column title="By organisation, worst first">
      {organisations.slice(0, shownMax).map((row) => (
        <Row
          key={row.organisationId}
          label={plain(row.name)}
          filters={{ organisationId: row.organisationId, coverage: 'gap' }}
          value={share(row)}
        />
      ))}
      {organisationsTotal > shownMax && (
        <Text size="sm" c="dimmed">
          and {counted(organisationsTotal - shownMax, 'more organisation')}
        </Text>
      )}
    </Column>
  );
}

function Column({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Stack gap={8} component="section" aria-label={title}>
      <Text size="xs" c="dimmed" fw={600}>
        {title}
      </Text>
      {children}
    </Stack>
  );
}

interface RowProps {
  readonly label: string;
  readonly filters: DeviceListFilters;
  readonly value: string;
}

function Row({ label, filters, value }: RowProps) {
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="baseline">
      <PageLink to="/devices" search={filters} size="sm" c="inherit" className="cause">
        {label}
      </PageLink>
      <Text size="sm" fw={650} span style={{ whiteSpace: 'nowrap' }}>
        {value}
      </Text>
    </Group>
  );
}
