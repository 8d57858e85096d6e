/** Enabling, changing and stopping SentinelOne consoles: by global administrators only (G16). */
import { Fault } from '#protocol/codes.ts';
import { connectionRoutes } from '#console/api/connections.ts';
import { demandGlobal } from '#console/auth/guard.ts';
import type { SignedInOperator } from '#console/auth/operators.ts';
import { mayUse } from '#console/fleet/connections/connection-alarms.ts';
import { siteRow } from '#console/fleet/connections/connection-row.ts';
import { policyChanged } from '#console/fleet/assignment/policy.ts';
import type { OperatorSide } from '#console/operator-side.ts';
import { auditBy } from '#console/routes/audit.ts';
import { oneConnection, shownSite, visibleConnection } from '#console/routes/connections.ts';
import { serve, type Server } from '#console/routes/serve.ts';
import { createSite } from '#console/sentinelone/sites.ts';
import { addSite, changeConnection, type ConnectionRow } from '#console/store/sentinelone/connections.ts';
import { writeMeta } from '#console/store/meta.ts';
import { raisePolicyVersion } from '#console/store/organisations.ts';

type Detail = Record<string, string | number | boolean | null>;

interface Deed {
  readonly action: string;
  readonly row: Pick<ConnectionRow, 'connection_id' | 'address'>;
  readonly detail?: Detail;
}

async function note(side: OperatorSide, who: SignedInOperator, { action, row, detail = {} }: Deed): Promise<void> {
  const entry = {
    action,
    subject: row.connection_id,
    organisationId: null,
    detail: { address: row.address, ...detail },
  };
  await side.devices.store.write((db) => auditBy(side, db, who, entry));
}

const changed = (side: OperatorSide): void => side.hints.publish({ topic: 'connections', id: null }, null);

async function enabled(
  side: OperatorSide,
  who: SignedInOperator,
  row: ConnectionRow,
  versionPolicy: 'baseline' | 'latest-ga' | undefined,
) {
  if (versionPolicy !== undefined) {
    await side.devices.store.write(async (db) => {
      await writeMeta(db, 'version-policy', JSON.stringify({ kind: versionPolicy }));
      await raisePolicyVersion(db, who.scope, null);
    });
    await policyChanged(side.devices);
  }
  await note(side, who, { action: 'connection.enabled', row, detail: { versionPolicy: versionPolicy ?? null } });
  changed(side);
  void side.packages.refresh().catch(() => undefined);
  return oneConnection(side, who, row.connection_id);
}

function registerEnabling(server: Server): void {
  const { side } = server;

  serve(server, connectionRoutes.enable, async ({ who, body }) => {
    demandGlobal(who);
    return enabled(side, who, await side.connections.enable(body), body.versionPolicy);
  });

  serve(server, connectionRoutes.enableByPassword, async ({ who, body }) => {
    demandGlobal(who);
    const answer = await side.connections.enableByPassword(body);
    if (answer.kind === 'code-required') return answer;
    return { kind: 'enabled' as const, connection: await enabled(side, who, answer.row, body.versionPolicy) };
  });

  serve(server, connectionRoutes.replaceToken, async ({ who, params, body }) => {
    demandGlobal(who);
    const row = await side.connections.replaceToken(params.connectionId, body.apiToken);
    await note(side, who, { action: 'connection.token-replaced', row });
    changed(side);
    return oneConnection(side, who, row.connection_id);
  });

  serve(server, connectionRoutes.renewToken, async ({ who, params }) => {
    demandGlobal(who);
    const before = await visibleConnection(side, who, params.connectionId);
    const outcome = await side.connections.renew(params.connectionId);
    await note(side, who, { action: 'connection.token-renewed', row: before, detail: { outcome } });
    changed(side);
    return oneConnection(side, who, params.connectionId);
  });
}

/** Devices may do nothing new while it is stopped: their assignments are signed anew. */
async function setInstalling(side: OperatorSide, who: SignedInOperator, row: ConnectionRow, allowed: boolean) {
  const { store, clock } = side.devices;
  const stoppedAt = allowed ? null : (row.stopped_at ?? clock.now());
  await store.write(async (db) => {
    await changeConnection(db, row.connection_id, { stopped_at: stoppedAt });
    await raisePolicyVersion(db, who.scope, null);
  });
  await note(side, who, { action: allowed ? 'connection.installing-allowed' : 'connection.installing-stopped', row });
  await policyChanged(side.devices);
  changed(side);
  side.hints.publish({ topic: 'organisations', id: null }, null);
}

function registerSettings(server: Server): void {
  const { side } = server;

  serve(server, connectionRoutes.change, async ({ who, params, body }) => {
    demandGlobal(who);
    const before = await visibleConnection(side, who, params.connectionId);
    const caPem = body.caPem === undefined ? before.ca_pem : body.caPem;
    const row = await side.connections.changeSettings(params.connectionId, { ...body, caPem });
    await note(side, who, {
      action: 'connection.changed',
      row,
      detail: { before: before.address, ownAuthority: row.ca_pem !== null },
    });
    changed(side);
    return oneConnection(side, who, params.connectionId);
  });

  serve(server, connectionRoutes.setInstalling, async ({ who, params, body }) => {
    demandGlobal(who);
    await setInstalling(side, who, await visibleConnection(side, who, params.connectionId), body.allowed);
    return oneConnection(side, who, params.connectionId);
  });
}

/** A right that SentinelOne said is missing is named at once, without asking again. */
function demandFeature(row: ConnectionRow, feature: string, permission: string): void {
  if (mayUse(row, feature)) return;
  throw new Fault('sentinelone.permission', `The API token of ${row.name} lacks ${permission}`);
}

function registerSites(server: Server): void {
  const { side } = server;
  const { store, clock } = side.devices;

  serve(server, connectionRoutes.createSite, async ({ who, params, body }) => {
    demandGlobal(who);
    const row = await visibleConnection(side, who, params.connectionId);
    demandFeature(row, 'create-site', 'Sites: Create');
    if (row.site_id !== null || row.scope === 'site')
      throw new Fault('sentinelone.permission', 'A connection to one site cannot create others');
    const { client } = await side.connections.client(row.connection_id);
    const site = await createSite(client, { ...body, accountId: row.account_id });
    const stored = siteRow(row.connection_id, site, clock.now());
    await store.write((db) => addSite(db, stored));
    await note(side, who, { action: 'site.created', row, detail: { siteId: site.id, name: site.name } });
    changed(side);
    return shownSite(stored, []);
  });
}

export function registerConnectionChanges(server: Server): void {
  registerEnabling(server);
  registerSettings(server);
  registerSites(server);
}
