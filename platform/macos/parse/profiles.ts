/** Configuration profiles: what a management server has approved beforehand, so that no person is asked. */
import {
  entryOf,
  isDictionary,
  itemsOf,
  parseXmlPlist,
  stringOf,
  type PlistValue,
} from '#platform/macos/parse/plist.ts';
import type { Approvals } from '#platform/platform.ts';

const payloadTypes = {
  privacy: 'com.apple.TCC.configuration-profile-policy',
  systemExtensions: 'com.apple.system-extension-policy',
  contentFilter: 'com.apple.webcontent-filter',
  notifications: 'com.apple.notificationsettings',
  backgroundItems: 'com.apple.servicemanagement',
} as const;

interface ProfilePayload {
  readonly type: string;
  readonly content: PlistValue | null;
}

/**
 * Payloads for the whole computer, of `profiles show -output stdout-xml`. A Mac without any gives an empty answer. A
 * payload for one user approves nothing for a daemon. Null when it is no property list.
 */
export function parseProfiles(output: string): readonly ProfilePayload[] | null {
  if (output.trim() === '') return [];
  const list = parseXmlPlist(output);
  if (!isDictionary(list)) return null;
  return itemsOf(entryOf(list, '_computerlevel')).flatMap((profile) =>
    itemsOf(entryOf(profile, 'ProfileItems')).flatMap((item) => {
      const type = stringOf(entryOf(item, 'PayloadType'));
      return type === null ? [] : [{ type, content: entryOf(item, 'PayloadContent') }];
    }),
  );
}

/** Payloads that deny are left out, and so is a user's own: it approves nothing for a daemon. */
export function approvalsOf(payloads: readonly ProfilePayload[]): Approvals {
  const contents = (type: string): readonly (PlistValue | null)[] =>
    payloads.filter((payload) => payload.type === type).map(({ content }) => content);
  return {
    fullDiskAccess: contents(payloadTypes.privacy).flatMap(fullDiskAccess),
    systemExtensions: contents(payloadTypes.systemExtensions).flatMap(systemExtensions),
    contentFilters: contents(payloadTypes.contentFilter).flatMap((content) =>
      textsAt(content, ['PluginBundleID', 'FilterDataProviderBundleIdentifier']),
    ),
    notifications: contents(payloadTypes.notifications).flatMap((content) =>
      itemsOf(entryOf(content, 'NotificationSettings')).flatMap((item) => textsAt(item, ['BundleIdentifier'])),
    ),
    backgroundItems: contents(payloadTypes.backgroundItems).flatMap((content) =>
      itemsOf(entryOf(content, 'Rules')).flatMap((item) => textsAt(item, ['RuleValue'])),
    ),
  };
}

function fullDiskAccess(content: PlistValue | null): string[] {
  return itemsOf(entryOf(entryOf(content, 'Services'), 'SystemPolicyAllFiles')).flatMap((rule) => {
    const allowed = entryOf(rule, 'Allowed') === true || entryOf(rule, 'Authorization') === 'Allow';
    return allowed ? textsAt(rule, ['Identifier']) : [];
  });
}

function systemExtensions(content: PlistValue | null): Approvals['systemExtensions'][number][] {
  const byName = entryOf(content, 'AllowedSystemExtensions');
  const named = isDictionary(byName) ? [...byName.entries] : [];
  const teams = itemsOf(entryOf(content, 'AllowedTeamIdentifiers')).filter((team) => typeof team === 'string');
  return [
    ...named.flatMap(([teamId, bundles]) =>
      itemsOf(bundles).flatMap((bundleId) => (typeof bundleId === 'string' ? [{ teamId, bundleId }] : [])),
    ),
    ...teams.map((teamId) => ({ teamId, bundleId: null })),
  ];
}

function textsAt(value: PlistValue | null, keys: readonly string[]): string[] {
  return keys.flatMap((key) => stringOf(entryOf(value, key)) ?? []);
}
