/**
 * The state of one stand-in SentinelOne tenant, as plain data: what tests may look at and change directly.
 * Shapes follow the vendor's published v2.1 field lists; values are made up.
 */
import { randomBytes, randomInt } from 'node:crypto';

interface Account {
  id: string;
  name: string;
  state: 'active' | 'expired' | 'deleted';
}

export interface Site {
  id: string;
  name: string;
  accountId: string;
  state: 'active' | 'expired' | 'deleted';
  isDefault: boolean;
  totalLicenses: number;
  unlimitedLicenses: boolean;
  expiration: string | null;
  siteKey: string;
  createdAt: string;
}

export interface Group {
  id: string;
  name: string;
  siteId: string;
  type: 'static' | 'dynamic' | 'pinned';
  isDefault: boolean;
  siteKey: string;
  createdAt: string;
}

export interface IssuedToken {
  value: string;
  createdAtMs: number;
  expiresAtMs: number;
  /** A session after the password and before the second factor: good for nothing but that. */
  temporary?: boolean;
}

export interface User {
  id: string;
  email: string;
  fullName: string;
  password: string | null;
  scope: 'tenant' | 'account' | 'site';
  /** Account ids or site ids, by `scope`; empty for `tenant`. */
  scopeIds: string[];
  /** Vendor permission names; `*` is all of them. */
  permissions: string[];
  /** What a missing permission answers: real consoles use both. */
  missingPermission: 401 | 403;
  apiToken: IssuedToken | null;
  sessions: IssuedToken[];
  /** Service users have no password and only an API token. */
  kind: 'user' | 'service-user';
  twoFa: 'none' | 'application' | 'sms';
  /** What the authenticator shows. */
  code: string | null;
  /** Said instead of `verified` or `temporary` once the password is right: "expired", "two_fa_not_enrolled" … */
  loginStatus: string | null;
  source: 'mgmt' | 'sso_saml' | 'active_directory';
  canGenerateApiToken: boolean;
}

/** One detection, in the nesting of v2.1. */
export interface Threat {
  id: string;
  agentId: string;
  threatName: string;
  classification: string;
  confidenceLevel: 'malicious' | 'suspicious' | 'n/a';
  mitigationStatus: 'not_mitigated' | 'mitigated' | 'marked_as_benign';
  incidentStatus: 'unresolved' | 'in_progress' | 'resolved';
  filePath: string;
  createdAtMs: number;
}

export interface VendorPackage {
  id: string;
  fileName: string;
  fileExtension: string;
  version: string;
  majorVersion: string;
  minorVersion: string;
  status: string;
  osType: string;
  platformType: string;
  osArch: string;
  packageType: string;
  fileSize: number;
  sha1: string;
  /** A real file on disk; null for a decoy, whose bytes are made from its name. */
  file: string | null;
  /** Overrides the address offered for download. */
  link: string | null;
  createdAt: string;
}

export interface EnrolledAgent {
  id: string;
  uuid: string;
  computerName: string;
  serialNumber: string;
  siteId: string;
  groupId: string;
  agentVersion: string;
  osType: string;
  osName: string;
  osArch: string;
  installerType: string;
  machineType: string;
  registeredAtMs: number;
  lastActiveAtMs: number;
  scanStartedAtMs: number | null;
  scanAbortedAtMs: number | null;
  /** End of the last scan that was finished before the one above. */
  lastScanEndMs?: number;
  isDecommissioned: boolean;
  isUninstalled: boolean;
  infected: boolean;
  activeThreats: number;
  operationalState: string;
  missingPermissions: string[];
  userActionsNeeded: string[];
  mitigationMode: 'detect' | 'protect';
  isPendingUninstall: boolean;
  /** GET agents answers that still leave this agent out. */
  hiddenForPolls: number;
}

export interface Tenant {
  lastId: string;
  accounts: Account[];
  sites: Site[];
  groups: Group[];
  users: User[];
  packages: VendorPackage[];
  agents: EnrolledAgent[];
  threats: Threat[];
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const day = 86_400_000;

/** The next id: 19 digits, beyond what a JavaScript number can hold. */
export function nextId(tenant: Tenant): string {
  tenant.lastId = String(BigInt(tenant.lastId) + 7n);
  return tenant.lastId;
}

/** An opaque API token in the old form: 80 letters and digits. */
export function newTokenValue(): string {
  return Array.from({ length: 80 }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

const part = (value: object | Buffer): string =>
  (Buffer.isBuffer(value) ? value : Buffer.from(JSON.stringify(value))).toString('base64url');

/** The newer form: three parts, ES256, with its own end inside. Nobody checks the signature; it has the right length. */
export function newJwtValue(user: Pick<User, 'kind' | 'id'>, expiresAtMs: number): string {
  const sub = `${user.kind === 'service-user' ? 'serviceuser' : 'user'}-${user.id}@mgmt-1.acme.example`;
  const claims = {
    sub,
    iss: 'authn-us-east-1-prod',
    deployment_id: '1',
    type: 'user',
    exp: Math.floor(expiresAtMs / 1000),
  };
  return [
    part({ kid: 'k1', alg: 'ES256' }),
    part({ ...claims, jti: randomBytes(8).toString('hex') }),
    part(randomBytes(64)),
  ].join('.');
}

/** Times as the vendor writes them: UTC with microseconds. */
export function vendorTime(ms: number): string {
  return new Date(ms).toISOString().replace(/(\.\d{3})Z$/, '$1000Z');
}

export function issueToken(now: number, value = newTokenValue(), lifetimeMs = 180 * day): IssuedToken {
  return { value, createdAtMs: now, expiresAtMs: now + lifetimeMs };
}

export function addSite(tenant: Tenant, site: Partial<Site> & { name: string }, now: number): Site {
  const added: Site = {
    id: nextId(tenant),
    accountId: tenant.accounts[0]?.id ?? '',
    state: 'active',
    isDefault: false,
    totalLicenses: 100,
    unlimitedLicenses: false,
    expiration: vendorTime(now + 365 * day),
    siteKey: randomBytes(8).toString('hex'),
    createdAt: vendorTime(now),
    ...site,
  };
  tenant.sites.push(added);
  addGroup(tenant, { name: 'Default Group', siteId: added.id, isDefault: true }, now);
  return added;
}

export function addGroup(tenant: Tenant, group: Partial<Group> & { name: string; siteId: string }, now: number): Group {
  const added: Group = {
    id: nextId(tenant),
    type: 'static',
    isDefault: false,
    siteKey: `g_${randomBytes(8).toString('hex')}`,
    createdAt: vendorTime(now),
    ...group,
  };
  tenant.groups.push(added);
  return added;
}

export function addUser(tenant: Tenant, user: Partial<User>, now: number): User {
  const id = nextId(tenant);
  const added: User = {
    id,
    email: `user-${id}@acme.example`,
    fullName: 'Garrison service user',
    password: null,
    scope: 'account',
    scopeIds: tenant.accounts.slice(0, 1).map((account) => account.id),
    permissions: ['*'],
    missingPermission: 403,
    apiToken: issueToken(now),
    sessions: [],
    kind: 'user',
    twoFa: 'none',
    code: null,
    loginStatus: null,
    source: 'mgmt',
    canGenerateApiToken: true,
    ...user,
  };
  tenant.users.push(added);
  return added;
}

/** One account, one administrator's service user with a token, and the named sites (the first is the default one). */
export function newTenant(options: { now: number; apiToken: string | undefined; sites: readonly string[] }): Tenant {
  const { now } = options;
  const tenant: Tenant = {
    lastId: '1893456781234500003',
    accounts: [],
    sites: [],
    groups: [],
    users: [],
    packages: [],
    agents: [],
    threats: [],
  };
  tenant.accounts.push({ id: nextId(tenant), name: 'Acme', state: 'active' });
  for (const [index, name] of options.sites.entries()) addSite(tenant, { name, isDefault: index === 0 }, now);
  addUser(tenant, { email: 'garrison@acme.example', apiToken: issueToken(now, options.apiToken) }, now);
  return tenant;
}

/** What enrols an endpoint: base64 of a small JSON object with the console's address and the key. */
export function registrationToken(url: string, siteKey: string): string {
  return Buffer.from(JSON.stringify({ url, site_key: siteKey })).toString('base64');
}

/** Sites a user may see. */
export function visibleSites(tenant: Tenant, user: User): Site[] {
  return tenant.sites.filter(
    (site) => user.scope === 'tenant' || user.scopeIds.includes(user.scope === 'account' ? site.accountId : site.id),
  );
}
