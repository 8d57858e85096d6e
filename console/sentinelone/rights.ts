/**
 * The rights of an API token's role, one row each: what the vendor's role editor calls it, what of ours needs it, and how
 * it can be found out. The first part follows the minimum role of the integration guide; the second is what such a role
 * forgets. Pure data.
 */
import type { Call } from '#console/sentinelone/call.ts';
import type { SentinelOneScope } from '#console/sentinelone/sites.ts';

export const features = [
  'sites',
  'site-token',
  'packages',
  'agents',
  'groups',
  'accounts',
  'scan-start',
  'scan-abort',
  'move',
  'threats',
  'owner',
  'rights-list',
  'renew',
  'create-site',
] as const;
export type Feature = (typeof features)[number];

export interface Right {
  /** As in the role editor. */
  readonly setting: string;
  readonly level: string;
  /** What does not work without it, in the administrator's words; null: nothing here uses it. */
  readonly neededFor: string | null;
  readonly feature: Feature | null;
  /** Without it nothing can be deployed. */
  readonly required: boolean;
  /** How the API's own lists call page and permission, when not as the editor: letters only, lower case. */
  readonly listedAs?: { readonly pages?: readonly string[]; readonly permissions?: readonly string[] };
  /** A small read that only this right opens. */
  readonly look: ((scope: SentinelOneScope) => Call) | null;
}

function firstOf(path: string): (scope: SentinelOneScope) => Call {
  return (scope) => ({ path, query: { ...scope, limit: 1 } });
}
const unscoped = (path: string) => (): Call => ({ path, query: { limit: 1 } });

type Use = Pick<Right, 'neededFor' | 'feature'> & { readonly required?: boolean };
type Finding = Pick<Right, 'listedAs'> & { readonly look?: Right['look'] };

function right(setting: string, level: string, use: Use | null, finding: Finding = {}): Right {
  return {
    setting,
    level,
    neededFor: use?.neededFor ?? null,
    feature: use?.feature ?? null,
    required: use?.required ?? false,
    ...(finding.listedAs === undefined ? {} : { listedAs: finding.listedAs }),
    look: finding.look ?? null,
  };
}

const permissions = (...names: string[]): Finding => ({ listedAs: { permissions: names } });

export const rights: readonly Right[] = [
  right(
    'Endpoints',
    'View',
    { neededFor: "comparing devices with SentinelOne's own record", feature: 'agents', required: true },
    { look: firstOf('agents') },
  ),
  right('Endpoints', 'View Threats', { neededFor: 'showing threats of a device', feature: 'threats' }),
  right('Endpoints', 'Move to Another Site', { neededFor: 'moving a device to the right site', feature: 'move' }),
  right('Endpoints', 'Initiate Scan', { neededFor: 'starting a full disk scan', feature: 'scan-start' }),
  right('Endpoints', 'Abort Scan', { neededFor: 'aborting a scan', feature: 'scan-abort' }),
  right(
    'Endpoint Threats',
    'View',
    { neededFor: 'showing threats of a device', feature: 'threats' },
    { look: firstOf('threats'), listedAs: { pages: ['threats'] } },
  ),
  right(
    'Accounts',
    'View',
    { neededFor: 'showing the name of the account', feature: 'accounts' },
    { look: unscoped('accounts') },
  ),
  right('Activity', 'View', null, { look: firstOf('activities'), listedAs: { pages: ['activitypage'] } }),
  right('Cloud', 'View', null),
  right('Cloud Account', 'View', null),
  right('Cloud Policies', 'View', null),
  right('Console Integration', 'View', null),
  right(
    'Console Users',
    'View',
    { neededFor: 'telling whose API token it is', feature: 'owner' },
    { look: unscoped('users'), listedAs: { pages: ['users'] } },
  ),
  right('Endpoint Policy', 'View', null, { listedAs: { pages: ['policy', 'policies', 'endpointpolicies'] } }),
  right('Groups', 'View', { neededFor: 'choosing a group of a site', feature: 'groups' }, { look: firstOf('groups') }),
  right(
    'Roles',
    'View',
    { neededFor: 'reading this list of rights', feature: 'rights-list' },
    { look: unscoped('rbac/roles') },
  ),
  right(
    'Service Users',
    'View',
    { neededFor: 'telling whose API token it is, for a service user', feature: 'owner' },
    { look: unscoped('service-users') },
  ),
  right(
    'Sites',
    'View',
    { neededFor: 'choosing sites and reading their site tokens', feature: 'sites', required: true },
    { look: firstOf('sites') },
  ),
  right('Threat Intelligence', 'View', null),
  right('Threat Services', 'View', null),
  right('Unified Alerts', 'View', null),
  right('Unified Alerts', 'Star Alerts: View', null, permissions('staralerts', 'viewstar')),
  right('Unified Alerts', 'Mobile Alerts: View', null, permissions('mobilealerts', 'viewmobile')),
  right('Unified Alerts', 'Identity Alerts: View', null, permissions('identityalerts', 'viewidentity')),
  right('Unified Alerts', 'Generic Alerts: View', null, permissions('genericalerts', 'viewgeneric')),
  right('Unified Alerts', 'Endpoint Alerts: View', null, permissions('endpointalerts', 'viewendpoint')),

  right(
    'Agent Packages',
    'View',
    { neededFor: 'listing and fetching agent packages (files can be added by hand instead)', feature: 'packages' },
    { look: firstOf('update/agent/packages'), listedAs: { pages: ['packages'] } },
  ),
  right('Sites', 'Create', { neededFor: 'creating a site from here', feature: 'create-site' }),
];

/** Told apart by the kind of user, so it has a row of its own: see `renewalRow`. */
export const renewalRight = {
  setting: 'API token',
  level: 'Generate',
  neededFor: 'renewing the API token by itself',
  feature: 'renew' as const,
};
