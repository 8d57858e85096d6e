/** Coverage of the mock's devices, by the console's own rule; SentinelOne bears out all but one that says it is protected. */
import type { CoverageAnswer } from '#console/api/coverage.ts';
import { coverageOf } from '#console/api/coverage-rule.ts';
import { causeOf, shownState } from '#console/api/shown-state.ts';
import { now, type Answers } from './answering.ts';
import type { Device } from './devices.ts';
import { hourMs, iso } from './states.ts';
import type { PageWorld } from './world.ts';

const stateOf = (device: Device) => shownState(device.state, device.notReportingSince);

function coverageIn(world: PageWorld): CoverageAnswer {
  const doubted = world.devices.find((one) => one.state?.kind === 'protected' && one.mode === 'deploy');
  const judged = world.devices.map((device) => ({
    device,
    coverage: coverageOf({
      mode: device.mode,
      stateKind: device.state?.kind ?? null,
      reporting: device.notReportingSince === null,
      record: device === doubted ? 'stale' : 'live',
    }),
  }));
  const should = judged.filter(({ coverage }) => coverage !== 'watched');
  const shareOf = (rows: typeof judged) => ({
    should: rows.length,
    covered: rows.filter(({ coverage }) => coverage === 'covered').length,
  });
  const gaps = new Map<string, CoverageAnswer['gaps'][number]>();
  for (const { device } of should.filter(({ coverage }) => coverage === 'gap')) {
    const cause = device.state === null || device.notReportingSince !== null ? null : causeOf(device.state);
    const gap = { state: stateOf(device), cause, record: device === doubted ? ('stale' as const) : null };
    const key = JSON.stringify(gap);
    gaps.set(key, { ...gap, devices: (gaps.get(key)?.devices ?? 0) + 1 });
  }
  const watched = judged.filter(({ coverage }) => coverage === 'watched');
  const organisations = world.organisations
    .map(({ organisationId, name }) => ({
      organisationId,
      name,
      ...shareOf(should.filter(({ device }) => device.organisationId === organisationId)),
    }))
    .filter((row) => row.should > 0)
    .toSorted((one, other) => other.should - other.covered - (one.should - one.covered));
  return {
    ...shareOf(should),
    attention: should.filter(({ device }) => device.state?.kind === 'degraded').length,
    watched: {
      devices: watched.length,
      covered: watched.filter(({ device }) => device.state?.kind === 'protected').length,
    },
    organisations,
    organisationsTotal: organisations.length,
    systems: (['linux', 'macos', 'windows'] as const)
      .map((os) => ({ os, ...shareOf(should.filter(({ device }) => device.os === os)) }))
      .filter((row) => row.should > 0),
    gaps: [...gaps.values()].toSorted((one, other) => other.devices - one.devices),
    silent: [24, 168, 720].map((hours) => ({
      hours,
      devices: should.filter(
        ({ device }) =>
          device.notReportingSince !== null && Date.parse(device.notReportingSince) < world.nowMs - hours * hourMs,
      ).length,
    })),
    recordsReadAt: iso(world.nowMs - hourMs / 12),
    countedAt: now(),
  };
}

export function coverageAnswers(world: PageWorld): Answers {
  return {
    'coverage.read': () => coverageIn(world),
    'deviceExport.devices': () => ({
      rows: world.devices.length,
      isCut: false,
      fileName: 'devices-2026-03-01.csv',
      csv: `Device\r\n${world.devices.map(({ hostname }) => `${hostname}\r\n`).join('')}`,
    }),
  };
}
