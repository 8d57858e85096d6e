/** How far deployments are on the page: one that was just started, one that halted by itself. */
import type { FreeSite } from '#console/api/organisation-making.ts';
import { paceSchema, type Deployment, type Pace } from '#console/api/pace.ts';

export function startedDeployment(installs: number, pace: Pace): Deployment {
  const startsMax = pace.limitPercent === null ? null : Math.ceil((installs * pace.limitPercent) / 100);
  return {
    state: 'running',
    startedAt: '2026-03-01T08:00:00.000Z',
    startedBy: 'ada',
    pace,
    waiting: installs - (startsMax ?? 0),
    underWay: 0,
    done: 0,
    failed: 0,
    started: 0,
    startsMax,
    haltedAt: null,
    haltCause: null,
  };
}

export const haltedDeployment: Deployment = {
  ...startedDeployment(61, paceSchema.parse({})),
  state: 'halted',
  waiting: 48,
  underWay: 2,
  done: 5,
  failed: 6,
  started: 13,
  haltedAt: '2026-03-01T09:12:00.000Z',
  haltCause: 'install.failed',
};

/** Sites of a SentinelOne console that no organisation is mapped to. */
export const freeSites: readonly FreeSite[] = Array.from({ length: 60 }, (_, index) => ({
  connectionId: 'c-main',
  connectionName: 'Europe',
  siteId: String(300_000 + index),
  siteName: `Customer ${index + 1}`,
  name: `Customer ${index + 1}`,
}));
