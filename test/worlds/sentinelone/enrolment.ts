/**
 * The side that faces endpoints: how the stand-in vendor agent registers and reports. The real one speaks a private
 * protocol, so this is our own, kept small enough for a shell script: form fields or JSON in, one line of JSON out.
 */
import { json, type Answer, type Settings } from '#test/worlds/sentinelone/exchange.ts';
import { nextId, type EnrolledAgent, type Group, type Site, type Tenant } from '#test/worlds/sentinelone/tenant.ts';

interface Context {
  tenant: Tenant;
  settings: Settings;
  now: number;
  body: Record<string, unknown>;
}

function text(body: Record<string, unknown>, name: string, standard = ''): string {
  const value = body[name];
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : standard;
}

/** The key itself, or the whole registration token that carries it. */
function siteKeyOf(body: Record<string, unknown>): string {
  const key = text(body, 'siteKey');
  if (key !== '' || typeof body['token'] !== 'string') return key;
  try {
    const decoded: unknown = JSON.parse(Buffer.from(body['token'], 'base64').toString('utf8'));
    return typeof decoded === 'object' && decoded !== null && 'site_key' in decoded ? String(decoded.site_key) : '';
  } catch {
    return '';
  }
}

function placeOf(tenant: Tenant, siteKey: string): { site: Site; group: Group } | null {
  const direct = tenant.sites.find((site) => site.siteKey === siteKey);
  const group = tenant.groups.find((candidate) =>
    direct === undefined ? candidate.siteKey === siteKey : candidate.siteId === direct.id && candidate.isDefault,
  );
  const site = direct ?? tenant.sites.find(({ id }) => id === group?.siteId);
  return site === undefined || group === undefined || group.type === 'dynamic' ? null : { site, group };
}

function hasLicence(tenant: Tenant, site: Site): boolean {
  const used = tenant.agents.filter((agent) => agent.siteId === site.id && !agent.isDecommissioned).length;
  return site.unlimitedLicenses || used < site.totalLicenses;
}

function newAgent(context: Context, uuid: string, place: { site: Site; group: Group }): EnrolledAgent {
  const { body, now } = context;
  const osType = text(body, 'os', 'linux');
  return {
    id: nextId(context.tenant),
    uuid,
    computerName: text(body, 'computerName', 'unknown'),
    serialNumber: text(body, 'serialNumber'),
    siteId: place.site.id,
    groupId: place.group.id,
    agentVersion: text(body, 'version', '0.0.0.0'),
    osType,
    osName: text(body, 'osName', osType),
    osArch: text(body, 'osArch', '64 bit'),
    installerType: text(body, 'installerType', '.deb'),
    machineType: text(body, 'machineType', 'server'),
    registeredAtMs: now,
    lastActiveAtMs: now,
    /** The first full disk scan starts by itself. */
    scanStartedAtMs: now,
    scanAbortedAtMs: null,
    isDecommissioned: false,
    isUninstalled: false,
    infected: false,
    activeThreats: 0,
    operationalState: 'na',
    missingPermissions: [],
    userActionsNeeded: ['none'],
    mitigationMode: 'protect',
    isPendingUninstall: false,
    hiddenForPolls: context.settings.agentsAppearAfterPolls,
  };
}

/** 200 with the agent's ids, 403 when the key enrols nowhere, 400 without a uuid. Registering again is the same agent. */
export function register(context: Context): Answer {
  const { tenant, body, now } = context;
  const uuid = text(body, 'uuid');
  if (uuid === '') return json(400, { error: 'uuid is missing' });
  const place = placeOf(tenant, siteKeyOf(body));
  if (place === null || place.site.state !== 'active') return json(403, { error: 'site key not accepted' });
  const known = tenant.agents.find((agent) => agent.uuid === uuid);
  if (known === undefined && !hasLicence(tenant, place.site)) return json(403, { error: 'no licence left' });
  const agent = known ?? newAgent(context, uuid, place);
  if (known === undefined) tenant.agents.push(agent);
  agent.siteId = place.site.id;
  agent.groupId = place.group.id;
  agent.agentVersion = text(body, 'version', agent.agentVersion);
  agent.lastActiveAtMs = now;
  agent.isDecommissioned = false;
  agent.isUninstalled = false;
  return json(200, { uuid, agentId: agent.id, siteId: agent.siteId, url: context.settings.publicUrl });
}

/** 200, or 404 for an agent the console does not have (any more). */
export function heartbeat(context: Context): Answer {
  const uuid = text(context.body, 'uuid');
  const agent = context.tenant.agents.find((candidate) => candidate.uuid === uuid && !candidate.isDecommissioned);
  if (agent === undefined) return json(404, { error: 'unknown agent' });
  agent.lastActiveAtMs = context.now;
  agent.agentVersion = text(context.body, 'version', agent.agentVersion);
  return json(200, { uuid, siteId: agent.siteId });
}
