/** Configuration profiles: what a management server has approved beforehand, so that no person is asked. */
import {
  entryOf,
  isDictionary,
  itemsOf,
  parseXmlPlist,
  stringOf,
  type PlistValue,
} from '#platform/macos/parse/plist.ts';

export const payloadTypes = {
  privacy: 'com.apple.TCC.configuration-profile-policy',
  systemExtensions: 'com.apple.system-extension-policy',
  contentFilter: 'com.apple.webcontent-filter',
  notifications: 'com.apple.notificationsettings',
  backgroundItems: 'com.apple.servicemanagement',
} as const;

export interface ProfilePayload {
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

/** Identifiers that a privacy payload gives Full Disk Access; a payload may also deny it. */
export function fullDiskAccess(payloads: readonly ProfilePayload[]): ReadonlySet<string> {
  const granted = new Set<string>();
  for (const { type, content } of payloads) {
    if (type !== payloadTypes.privacy) continue;
    for (const rule of itemsOf(entryOf(entryOf(content, 'Services'), 'SystemPolicyAllFiles'))) {
      const identifier = stringOf(entryOf(rule, 'Identifier'));
      const allowed = entryOf(rule, 'Allowed') === true || entryOf(rule, 'Authorization') === 'Allow';
      if (identifier !== null && allowed) granted.add(identifier);
    }
  }
  return granted;
}

/** Whether a payload lets a system extension of this team load: by name, or all of the team's. */
export function allowsExtension(payloads: readonly ProfilePayload[], teamId: string, bundleId: string): boolean {
  return payloads.some(({ type, content }) => {
    if (type !== payloadTypes.systemExtensions) return false;
    const named = itemsOf(entryOf(entryOf(content, 'AllowedSystemExtensions'), teamId)).includes(bundleId);
    return named || itemsOf(entryOf(content, 'AllowedTeamIdentifiers')).includes(teamId);
  });
}

/** Whether a payload of the kind names the bundle anywhere it may stand. */
export function namesBundle(payloads: readonly ProfilePayload[], kind: keyof typeof payloadTypes, id: string): boolean {
  return payloads.some(({ type, content }) => type === payloadTypes[kind] && holdsText(content, id));
}

function holdsText(value: PlistValue | null, text: string): boolean {
  if (value === text) return true;
  if (isDictionary(value)) return [...value.entries.values()].some((each) => holdsText(each, text));
  return itemsOf(value).some((each) => holdsText(each, text));
}
