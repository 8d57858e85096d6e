/** Starting, stopping and going on with a deployment, and how it is shown. */
import type { Deployment, Pace } from '#console/api/pace.ts';
import { deploymentStates } from '#console/api/pace.ts';
import { startsMaxOf } from '#console/fleet/deployment/deployment-rule.ts';
import { newId } from '#console/fleet/membership/enrolment.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import { releaseUnused, type SlotWork } from '#console/fleet/deployment/slots.ts';
import { stopDeployment, writeDeployment, type DeploymentRow } from '#console/store/deployments/deployments.ts';
import { holdOrganisation, setMode } from '#console/store/organisations.ts';
import { carryOpenSlots, openSlots } from '#console/store/deployments/slots.ts';

export interface Start {
  readonly organisationId: string;
  readonly pace: Pace;
  /** As previewed; the limit is a share of it. */
  readonly installs: number;
  readonly by: string;
}

export async function startDeployment(work: SlotWork, start: Start): Promise<void> {
  const { db, scope, nowMs } = work;
  const { organisationId, pace, installs, by } = start;
  const deploymentId = newId('dpl');
  await holdOrganisation(db, scope, organisationId);
  await releaseUnused(work, organisationId);
  const underWay = await carryOpenSlots(db, scope, organisationId, deploymentId);
  await writeDeployment(db, scope, {
    organisation_id: organisationId,
    deployment_id: deploymentId,
    state: 'running',
    started_at: nowMs,
    started_by: by,
    at_once_max: pace.atOnceMax,
    starts_max: startsMaxOf(pace.limitPercent, installs),
    limit_percent: pace.limitPercent,
    halt_percent: pace.haltPercent,
    halt_failures_min: pace.haltFailuresMin,
    servers_last: pace.serversLast ? 1 : 0,
    start_minute: pace.hours?.startMinute ?? null,
    end_minute: pace.hours?.endMinute ?? null,
    under_way: underWay,
    started: underWay,
    done: 0,
    failed: 0,
    done_before: 0,
    failed_before: 0,
    halted_at: null,
    halt_cause: null,
  });
  await setMode(db, scope, organisationId, 'deploy');
}

/** Nothing starts after this is durable; answers how many installs are under way and will end by themselves. */
export async function stopInstalling(
  work: SlotWork,
  organisationId: string,
  mode: 'watch' | 'paused',
): Promise<{ underWay: number; outdated: string[] }> {
  const { db, scope } = work;
  const outdated = await releaseUnused(work, organisationId);
  await stopDeployment(db, scope, organisationId);
  await setMode(db, scope, organisationId, mode);
  return { underWay: (await openSlots(db, scope, organisationId, false)).length, outdated };
}

export function shownDeployment(row: DeploymentRow, waiting: number): Deployment {
  const { start_minute: startMinute, end_minute: endMinute } = row;
  return {
    state: deploymentStates.find((state) => state === row.state) ?? 'stopped',
    startedAt: iso(row.started_at),
    startedBy: row.started_by,
    pace: {
      atOnceMax: row.at_once_max,
      limitPercent: row.limit_percent,
      haltPercent: row.halt_percent,
      haltFailuresMin: row.halt_failures_min,
      serversLast: row.servers_last === 1,
      hours: startMinute === null || endMinute === null ? null : { startMinute, endMinute },
    },
    waiting,
    underWay: row.under_way,
    done: row.done,
    failed: row.failed,
    started: row.started,
    startsMax: row.starts_max,
    haltedAt: isoOrNull(row.halted_at),
    haltCause: row.halt_cause,
  };
}
