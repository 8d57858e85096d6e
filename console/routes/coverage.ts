/** Protected of what should be protected. */
import { coverageRoutes, silences } from '#console/api/coverage.ts';
import type { Scope } from '#console/auth/scope.ts';
import { coverageFrom } from '#console/fleet/lists/coverage.ts';
import { iso, isoOrNull } from '#console/fleet/lists/shown.ts';
import { visibleConnections } from '#console/routes/connections.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { countCoverage, countSilent } from '#console/store/devices/device-counts.ts';
import { listOrganisations } from '#console/store/organisations.ts';

/** The oldest reading of those connections that devices of the scope are mapped to; null when one was never read. */
async function recordsReadAt(side: OperatorSide, scope: Scope): Promise<string | null> {
  const times = (await visibleConnections(side, scope)).map((row) => row.agents_read_at);
  if (times.length === 0 || times.includes(null)) return null;
  return isoOrNull(Math.min(...times.map(Number)));
}

export function registerCoverage(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;
  serve(server, coverageRoutes.read, async ({ who, query }) => {
    const nowMs = clock.now();
    const counts = await countCoverage(store.read, who.scope, query);
    const silent: { hours: number; devices: number }[] = [];
    for (const hours of silences) {
      const filter = { ...query, silentBeforeMs: nowMs - hours * 3_600_000 };
      silent.push({ hours, devices: await countSilent(store.read, who.scope, filter) });
    }
    return {
      ...coverageFrom(counts, await listOrganisations(store.read, who.scope)),
      silent,
      recordsReadAt: await recordsReadAt(side, who.scope),
      countedAt: iso(nowMs),
    };
  });
}
