/** The first screen. */
import { overviewRoutes, type Overview } from '#console/api/overview.ts';
import { shownStates } from '#console/api/shown-state.ts';
import { connectionAlarms } from '#console/fleet/connections/connection-alarms.ts';
import { iso, summed } from '#console/fleet/lists/shown.ts';
import { connectionProblem, visibleConnections } from '#console/routes/connections.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { countCauses, countDevices } from '#console/store/devices/device-counts.ts';
import { listMappings } from '#console/store/sentinelone/mappings.ts';
import { listOrganisations } from '#console/store/organisations.ts';

export function registerOverview(server: Server): void {
  const { side } = server;
  const { read } = side.devices.store;
  serve(server, overviewRoutes.read, async ({ who }): Promise<Overview> => {
    const nowMs = side.devices.clock.now();
    const organisations = await listOrganisations(read, who.scope);
    const mapped = new Set((await listMappings(read, who.scope)).map((row) => row.organisation_id));
    const connections = await visibleConnections(side, who.scope);
    const causes = await countCauses(read, who.scope, {}, 10);
    const inMode = (mode: string): number => organisations.filter((row) => row.mode === mode).length;
    const endsSoon = connections.filter((row) => connectionAlarms(row, nowMs).some(({ kind }) => kind === 'token'));
    return {
      ...summed(await countDevices(read, who.scope, {})),
      causes: causes.flatMap(({ cause, state_kind, devices }) => {
        const state = shownStates.find((one) => one === state_kind);
        return state === undefined ? [] : [{ cause, state, devices }];
      }),
      organisations: {
        total: organisations.length,
        watching: inMode('watch'),
        deploying: inMode('deploy'),
        paused: inMode('paused'),
        withoutSite: organisations.filter((row) => !mapped.has(row.organisation_id)).length,
      },
      connections: {
        total: connections.length,
        withProblem: connections.filter((row) => connectionProblem(side, row) !== null).length,
        tokenEndsSoon: endsSoon.length,
      },
      countedAt: iso(nowMs),
    };
  });
}
