/** What lists, counters and bulk actions of devices are narrowed by, as conditions on columns of one index. */
import { sql, type Expression, type SqlBool } from 'kysely';
import { noProduct } from '#console/api/devices.ts';
import type { Coverage, VendorStanding } from '#console/api/coverage-rule.ts';
import type { ShownState } from '#console/api/shown-state.ts';
import type { Scope } from '#console/auth/scope.ts';
import { within } from '#console/store/scoped.ts';

export interface DeviceFilter {
  readonly organisationId?: string | undefined;
  readonly search?: string | undefined;
  readonly cause?: string | undefined;
  readonly os?: string | undefined;
  readonly state?: ShownState | undefined;
  readonly coverage?: Coverage | undefined;
  readonly record?: VendorStanding | undefined;
  readonly agentVersion?: string | undefined;
  /** `noProduct`: without one. */
  readonly productVersion?: string | undefined;
  /** Not heard of since; narrower than the state `not-reporting`. */
  readonly silentBeforeMs?: number | undefined;
}

/** Whether anything but the organisation narrows it: then few may match, wherever they stand in an order. */
export function isNarrow(filter: DeviceFilter): boolean {
  return Object.entries(filter).some(
    ([name, value]) => name !== 'organisationId' && value !== undefined && value !== '',
  );
}

/** Whether it is narrowed to what is rare. */
export function isRare({ state, coverage, ...others }: DeviceFilter): boolean {
  const usual = state === undefined || state === 'protected' || state === 'not-reporting';
  return !usual || coverage === 'gap' || isNarrow({ ...others, silentBeforeMs: undefined });
}

function escapeLike(text: string): string {
  return text.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}

/** For `where` on `devices`; removed devices are never among them. */
export function deviceConditions(scope: Scope, filter: DeviceFilter): Expression<SqlBool>[] {
  const all: Expression<SqlBool>[] = [
    within(scope, 'devices.organisation_id'),
    sql<SqlBool>`devices.revoked_at is null`,
    sql<SqlBool>`devices.retired_at is null`,
  ];
  const { organisationId, os, cause, record, search, silentBeforeMs, agentVersion, productVersion } = filter;
  if (organisationId !== undefined) all.push(sql<SqlBool>`devices.organisation_id = ${organisationId}`);
  if (os !== undefined) all.push(sql<SqlBool>`devices.os = ${os}`);
  if (cause !== undefined) all.push(sql<SqlBool>`devices.cause = ${cause}`);
  if (record !== undefined) all.push(sql<SqlBool>`devices.vendor_record = ${record}`);
  if (agentVersion !== undefined) all.push(sql<SqlBool>`devices.agent_version = ${agentVersion}`);
  if (productVersion === noProduct) all.push(sql<SqlBool>`devices.product_version is null`);
  else if (productVersion !== undefined) all.push(sql<SqlBool>`devices.product_version = ${productVersion}`);
  if (search !== undefined && search !== '') {
    const pattern = `%${escapeLike(search.toLowerCase())}%`;
    all.push(sql<SqlBool>`devices.hostname_folded like ${pattern} escape '\\'`);
  }
  if (silentBeforeMs !== undefined)
    all.push(sql<SqlBool>`devices.reporting = 0 and devices.last_seen_at < ${silentBeforeMs}`);
  return [...all, ...stateCondition(filter), ...coverageCondition(filter)];
}

function stateCondition({ state }: DeviceFilter): Expression<SqlBool>[] {
  if (state === undefined) return [];
  if (state === 'not-reporting') return [sql<SqlBool>`devices.reporting = 0`];
  const reporting = sql<SqlBool>`devices.reporting = 1`;
  if (state === 'checking') {
    return [reporting, sql<SqlBool>`(devices.state_kind is null or devices.state_kind = ${state})`];
  }
  return [reporting, sql<SqlBool>`devices.state_kind = ${state}`];
}

// A device that has said nothing yet has no state: without the word for that, `not` would leave it out of both.
const covered = sql<SqlBool>`(devices.reporting = 1 and devices.vendor_record = 'live'
  and coalesce(devices.state_kind, 'checking') in ('protected', 'degraded'))`;
const notCovered = sql<SqlBool>`not ${covered}`;
// As an expression, so that SQLite does not look up every organisation in an index that lacks the other columns.
const organisation = sql<string>`(devices.organisation_id || '')`;
const watched = sql<SqlBool>`${organisation} in (select organisation_id from organisations where mode = 'watch')`;
const meant = sql<SqlBool>`${organisation} in (select organisation_id from organisations where mode <> 'watch')`;

/** The same as `coverageOf`, in the words of the database. */
function coverageCondition({ coverage }: DeviceFilter): Expression<SqlBool>[] {
  switch (coverage) {
    case undefined:
      return [];
    case 'covered':
      return [meant, covered];
    case 'gap':
      return [meant, notCovered];
    case 'watched':
      return [watched];
  }
}
