/** Coverage out of counted rows. Pure. */
import {
  organisationsShownMax,
  type CoverageAnswer,
  type Gap,
  type OrganisationCoverage,
} from '#console/api/coverage.ts';
import { coverageOf, vendorStandings, type Coverage, type VendorStanding } from '#console/api/coverage-rule.ts';
import { shownStates, type ShownState } from '#console/api/shown-state.ts';
import type { CoverageCount } from '#console/store/devices/device-counts.ts';
import { deploymentModeSchema, type DeploymentMode } from '#protocol/words.ts';

export interface CoveredOrganisation {
  readonly organisation_id: string;
  readonly name: string;
  readonly mode: string;
}

interface Judged {
  readonly row: CoverageCount;
  readonly coverage: Coverage;
  readonly record: VendorStanding;
}

type Share = { should: number; covered: number };

const gapsShownMax = 50;
const systems = ['windows', 'macos', 'linux'] as const;

function judged(row: CoverageCount, mode: DeploymentMode): Judged {
  const record = vendorStandings.find((standing) => standing === row.vendor_record) ?? 'none';
  const counted = { mode, stateKind: row.state_kind, reporting: row.reporting === 1, record };
  return { row, record, coverage: coverageOf(counted) };
}

function shareOf(rows: readonly Judged[]): Share {
  const sum = (coverage: Coverage): number =>
    rows.reduce((total, one) => total + (one.coverage === coverage ? one.row.devices : 0), 0);
  const covered = sum('covered');
  return { should: covered + sum('gap'), covered };
}

function gapOf({ row, record }: Judged): Omit<Gap, 'devices'> {
  if (row.reporting === 0) return { state: 'not-reporting', cause: null, record: null };
  const state: ShownState = shownStates.find((one) => one === row.state_kind) ?? 'checking';
  const saysSo = state === 'protected' || state === 'degraded';
  if (saysSo && record !== 'live') return { state, cause: null, record };
  return { state, cause: row.cause, record: null };
}

function gapsOf(rows: readonly Judged[]): Gap[] {
  const gaps = new Map<string, Gap>();
  for (const one of rows.filter(({ coverage }) => coverage === 'gap')) {
    const gap = gapOf(one);
    const key = JSON.stringify(gap);
    gaps.set(key, { ...gap, devices: (gaps.get(key)?.devices ?? 0) + one.row.devices });
  }
  return [...gaps.values()].toSorted((one, other) => other.devices - one.devices);
}

/** Those that should be protected, the ones with the most that are not first. */
function organisationsCovered(
  counts: readonly CoverageCount[],
  organisations: readonly CoveredOrganisation[],
): OrganisationCoverage[] {
  const byOrganisation = Map.groupBy(counts, (row) => row.organisation_id);
  return organisations
    .flatMap(({ organisation_id: organisationId, name, mode }): OrganisationCoverage[] => {
      const rows = byOrganisation.get(organisationId) ?? [];
      const share = shareOf(rows.map((row) => judged(row, modeOf(mode))));
      return share.should === 0 ? [] : [{ organisationId, name, ...share }];
    })
    .toSorted(
      (one, other) =>
        other.should - other.covered - (one.should - one.covered) || one.name.localeCompare(other.name, 'en'),
    );
}

function modeOf(mode: string): DeploymentMode {
  return deploymentModeSchema.catch('watch').parse(mode);
}

type FromCounts = Omit<CoverageAnswer, 'silent' | 'recordsReadAt' | 'countedAt'>;

export function coverageFrom(
  counts: readonly CoverageCount[],
  organisations: readonly CoveredOrganisation[],
): FromCounts {
  const modes = new Map(organisations.map((row) => [row.organisation_id, modeOf(row.mode)]));
  const rows = counts.map((row) => judged(row, modes.get(row.organisation_id) ?? 'watch'));
  const sum = (of: readonly Judged[]): number => of.reduce((total, one) => total + one.row.devices, 0);
  const watched = rows.filter(({ coverage }) => coverage === 'watched');
  const ifDeployed = shareOf(watched.map(({ row }) => judged(row, 'deploy')));
  const covered = organisationsCovered(counts, organisations);
  return {
    ...shareOf(rows),
    attention: sum(rows.filter(({ coverage, row }) => coverage === 'covered' && row.state_kind === 'degraded')),
    watched: { devices: sum(watched), covered: ifDeployed.covered },
    organisations: covered.slice(0, organisationsShownMax),
    organisationsTotal: covered.length,
    systems: systems.flatMap((os) => {
      const share = shareOf(rows.filter(({ row }) => row.os === os));
      return share.should === 0 ? [] : [{ os, ...share }];
    }),
    gaps: gapsOf(rows).slice(0, gapsShownMax),
  };
}
