/**
 * Rights as SentinelOne's role editor shows them: pages with permissions. Names of rights in the API follow the vendor's
 * permission lists ("Endpoints.initiateScan"); titles are what an administrator reads.
 */
import type { User } from '#test/worlds/sentinelone/tenant.ts';

/** Page title | page word in the API | permission title=word, … */
const pageLines = `
Endpoints|Endpoints|View=view, View Threats=viewThreats, Move to Another Site=moveToAnotherSite, Initiate Scan=initiateScan, Abort Scan=abortScan, Uninstall=uninstall
Endpoint Threats|Threats|View=view, Mitigate=mitigate
Accounts|Accounts|View=view
Activity|Activity Page|View=view
Cloud|Cloud|View=view
Cloud Account|Cloud Account|View=view
Cloud Policies|Cloud Policies|View=view
Console Integration|Console Integration|View=view
Console Users|Users|View=view, Edit=edit
Endpoint Policy|Policy|View=view
Groups|Groups|View=view
Roles|Roles|View=view
Service Users|Service Users|View=view, Edit=edit, Create=create
Sites|Sites|View=view, Create=create, Edit=edit
Threat Intelligence|Threat Intelligence|View=view
Threat Services|Threat Services|View=view
Unified Alerts|Unified Alerts|View=view, Star Alerts=viewStar, Mobile Alerts=viewMobile, Identity Alerts=viewIdentity, Generic Alerts=viewGeneric, Endpoint Alerts=viewEndpoint
Agent Packages|Packages|View=view, Edit=edit
`;

interface Page {
  readonly name: string;
  readonly word: string;
  readonly permissions: readonly { readonly title: string; readonly word: string }[];
}

const pages: readonly Page[] = pageLines
  .trim()
  .split('\n')
  .map((line) => {
    const [name = '', word = '', permissions = ''] = line.split('|');
    const rows = permissions.split(', ').map((one) => one.split('='));
    return { name, word, permissions: rows.map(([title = '', own = '']) => ({ title, word: own })) };
  });

/** The least a role needs by the integration guide this product replaces; it forgets "Agent Packages". */
export const guideRole: readonly string[] = [
  'Endpoints.view',
  'Endpoints.viewThreats',
  'Endpoints.moveToAnotherSite',
  'Endpoints.initiateScan',
  'Endpoints.abortScan',
  'Threats.view',
  'Accounts.view',
  'Activity Page.view',
  'Cloud.view',
  'Cloud Account.view',
  'Cloud Policies.view',
  'Console Integration.view',
  'Users.view',
  'Policy.view',
  'Groups.view',
  'Roles.view',
  'Service Users.view',
  'Sites.view',
  'Threat Intelligence.view',
  'Threat Services.view',
  'Unified Alerts.view',
  'Unified Alerts.viewStar',
  'Unified Alerts.viewMobile',
  'Unified Alerts.viewIdentity',
  'Unified Alerts.viewGeneric',
  'Unified Alerts.viewEndpoint',
];

/** Effective rights of a user, as `users/{id}` and `rbac/role/{id}` answer them. */
export function pagesOf(user: User): unknown[] {
  const has = (right: string): boolean => user.permissions.includes('*') || user.permissions.includes(right);
  return pages.map(({ name, word, permissions }) => ({
    identifier: word.replaceAll(' ', ''),
    name,
    permissions: permissions.map((one) => ({
      identifier: one.word,
      title: one.title,
      value: has(`${word}.${one.word}`),
      dependsOn: [],
      disabledReason: null,
      disabledReasonCode: null,
    })),
  }));
}
