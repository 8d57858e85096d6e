/** Versions of the agent: what there is, what runs, and spreading a new one. */
import { agentVersionRoutes, type AgentVersions, type Rollout } from '#console/api/agent-versions.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import type { Scope } from '#console/auth/scope.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { concerns, reach, stepsInAll } from '#console/releases/ring-rule.ts';
import {
  previewRollout,
  resumeRollout,
  ringDevice,
  ringState,
  startRollout,
  stopRollout,
} from '#console/releases/rings.ts';
import { auditBy } from '#console/routes/audit.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import {
  countVersions,
  listFailedUpdates,
  listRollouts,
  versionedDevices,
  type RolloutRow,
} from '#console/store/deployments/agent-rollouts.ts';
import { listOrganisations } from '#console/store/organisations.ts';
import type { Db } from '#console/store/store.ts';
import { rolloutStates } from '#console/api/agent-versions.ts';
import { compareAgentVersions } from '#protocol/release/version.ts';
import { demand } from '#console/store/scoped.ts';

const failuresShown = 100;

interface Deed {
  readonly organisationId: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export function registerAgentVersions(server: Server): void {
  const { side } = server;
  const { store } = side.devices;
  const deed = (db: Db, who: SignedInOperator, action: string, on: Deed): Promise<void> =>
    auditBy(side, db, who, { action, subject: on.organisationId, ...on });
  const changed = (organisationId: string): void =>
    side.hints.publish({ topic: 'organisations', id: null }, organisationId);

  serve(server, agentVersionRoutes.read, ({ who }) => read(side, who.scope));

  serve(server, agentVersionRoutes.preview, async ({ who, params, query }) => {
    demand(who.scope, params.organisationId);
    const wanted = { ...params, ...query, downgrade: query.downgrade === 'true' };
    return previewRollout(store.read, who.scope, wanted, side.devices.clock.now());
  });

  serve(server, agentVersionRoutes.start, async ({ who, params, body }) => {
    const { organisationId } = params;
    await store.write(async (db) => {
      await startRollout(side.devices, db, who.scope, { ...body, organisationId, by: who.operator.name });
      await deed(db, who, 'agent.rollout-started', { organisationId, detail: body });
    });
    changed(organisationId);
    return null;
  });

  serve(server, agentVersionRoutes.resume, async ({ who, params: { organisationId }, body }) => {
    await store.write(async (db) => {
      await resumeRollout(db, who.scope, organisationId, body.failed);
      await deed(db, who, 'agent.rollout-resumed', { organisationId, detail: body });
    });
    changed(organisationId);
    return null;
  });

  serve(server, agentVersionRoutes.stop, async ({ who, params: { organisationId } }) => {
    await store.write(async (db) => {
      await stopRollout(db, who.scope, organisationId);
      await deed(db, who, 'agent.rollout-stopped', { organisationId, detail: {} });
    });
    changed(organisationId);
    return null;
  });
}

async function read(side: OperatorSide, scope: Scope): Promise<AgentVersions> {
  const { store, releases, clock } = side.devices;
  const db = store.read;
  const names = new Map((await listOrganisations(db, scope)).map((row) => [row.organisation_id, row.name]));
  const rollouts = [];
  for (const row of await listRollouts(db, scope))
    rollouts.push(await shown(db, scope, row, names.get(row.organisation_id) ?? ''));
  const held = await releases.list();
  const current = (await releases.current())?.release.version;
  const versions = await countVersions(db, scope);
  return {
    releases: held.map(({ release }) => ({
      version: release.version,
      expiresAt: release.expiresAt,
      current: release.version === current,
      expired: Date.parse(release.expiresAt) <= clock.now(),
      targets: release.artifacts.filter(({ kind }) => kind === 'binary').map(({ target }) => target),
      test: release.test,
    })),
    versions: versions.toSorted((a, b) => compareAgentVersions(b.version, a.version)),
    rollouts,
    failures: (await listFailedUpdates(db, scope, failuresShown)).map((row) => {
      const fault = JSON.parse(row.fault ?? '{}') as { code?: string; detail?: string };
      return {
        deviceId: row.device_id,
        hostname: row.hostname,
        organisationId: row.organisation_id,
        version: row.version,
        code: fault.code ?? 'internal',
        detail: fault.detail ?? '',
        at: new Date(row.ended_at ?? 0).toISOString(),
      };
    }),
  };
}

async function shown(db: Db, scope: Scope, row: RolloutRow, organisationName: string): Promise<Rollout> {
  const state = ringState(row);
  const rows = await versionedDevices(db, scope, row.organisation_id, row.rollout_id);
  const concerned = rows.map((one) => ringDevice(one, row.version)).filter((device) => concerns(state, device));
  const count = (update: string): number => concerned.filter((device) => device.update === update).length;
  return {
    organisationId: row.organisation_id,
    organisationName,
    version: row.version,
    state: rolloutStates.find((one) => one === row.state) ?? 'stopped',
    plan: state.plan,
    step: row.step,
    stepsInAll: stepsInAll(state.plan),
    reaches: reach(state, concerned),
    devices: concerned.length,
    underWay: count('ordered'),
    done: count('done'),
    failed: count('failed'),
    inconclusive: count('inconclusive'),
    startedAt: new Date(row.started_at).toISOString(),
    startedBy: row.started_by,
    haltCause: row.halt_cause,
  };
}
