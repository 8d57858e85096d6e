/** The first screen: a few numbers, each of which leads to its list. */
import * as z from 'zod';
import { countedAt, deviceCount, route } from '#console/api/route.ts';
import { causeText, shownStateSchema } from '#console/api/shown-state.ts';
import { counter } from '#protocol/words.ts';

export const overviewSchema = z.object({
  devices: deviceCount,
  counts: z.array(z.object({ state: shownStateSchema, devices: deviceCount })).max(20),
  /** The most frequent causes among devices that need attention, most first. */
  causes: z.array(z.object({ cause: causeText, state: shownStateSchema, devices: deviceCount })).max(10),
  organisations: z.object({
    total: counter,
    watching: counter,
    deploying: counter,
    paused: counter,
    withoutSite: counter,
  }),
  connections: z.object({ total: counter, withProblem: counter, tokenEndsSoon: counter }),
  countedAt,
});
export type Overview = z.infer<typeof overviewSchema>;

export const overviewRoutes = {
  read: route({ method: 'GET', path: '/api/overview', access: 'viewer', response: overviewSchema }),
};
