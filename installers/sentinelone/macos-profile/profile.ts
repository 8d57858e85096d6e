/**
 * The configuration profile that lets SentinelOne's agent work without a click. It must reach the Mac by an MDM server
 * that its owner has approved: macOS takes these rights from nowhere else. Pure, and the same every time.
 */
import {
  filterPlugin,
  jobPrefix,
  networkExtension,
  notifying,
  programs,
  requirement,
  teamId,
} from '#installers/sentinelone/macos-profile/identifiers.ts';
import { plistXml, type PlistValue } from '#installers/sentinelone/macos-profile/plist.ts';

const profileIdentifier = 'garrison.sentinelone.macos';

interface Payload {
  /** Last part of its identifier. */
  readonly name: string;
  readonly type: string;
  readonly title: string;
  readonly content: { readonly [key: string]: PlistValue };
}

function access(identifier: string): PlistValue {
  return {
    Identifier: identifier,
    IdentifierType: 'bundleID',
    CodeRequirement: requirement(identifier),
    StaticCode: false,
    Allowed: true,
  };
}

const privacy: Payload = {
  name: 'privacy',
  type: 'com.apple.TCC.configuration-profile-policy',
  title: 'SentinelOne: full disk access, Bluetooth',
  content: {
    Services: {
      SystemPolicyAllFiles: [access(programs.daemon), access(programs.helper), access(programs.shell)],
      BluetoothAlways: [access(programs.helper)],
    },
  },
};

const systemExtension: Payload = {
  name: 'system-extension',
  type: 'com.apple.system-extension-policy',
  title: 'SentinelOne: network extension',
  content: {
    // Whoever administers the Mac may still allow other extensions.
    AllowUserOverrides: true,
    AllowedSystemExtensions: { [teamId]: [networkExtension] },
    // Since macOS 15 users could switch it off in System Settings; older ones do not know the key.
    NonRemovableFromUISystemExtensions: { [teamId]: [networkExtension] },
  },
};

const contentFilter: Payload = {
  name: 'content-filter',
  type: 'com.apple.webcontent-filter',
  title: 'SentinelOne: network filter',
  content: {
    FilterType: 'Plugin',
    UserDefinedName: 'SentinelOne',
    PluginBundleID: filterPlugin,
    FilterGrade: 'firewall',
    FilterSockets: true,
    FilterPackets: false,
    FilterBrowsers: false,
    FilterDataProviderBundleIdentifier: networkExtension,
    FilterDataProviderDesignatedRequirement: requirement(networkExtension),
  },
};

const notifications: Payload = {
  name: 'notifications',
  type: 'com.apple.notificationsettings',
  title: 'SentinelOne: notifications',
  content: {
    NotificationSettings: notifying.map((identifier) => ({
      BundleIdentifier: identifier,
      NotificationsEnabled: true,
      AlertType: 2,
      BadgesEnabled: true,
      SoundsEnabled: true,
      ShowInNotificationCenter: true,
      ShowInLockScreen: false,
      CriticalAlertEnabled: false,
    })),
  },
};

/** Since macOS 13 users can switch background items off; a managed one they cannot. */
const serviceManagement: Payload = {
  name: 'service-management',
  type: 'com.apple.servicemanagement',
  title: 'SentinelOne: background items',
  content: {
    Rules: [
      { RuleType: 'TeamIdentifier', RuleValue: teamId, Comment: 'SentinelOne' },
      { RuleType: 'LabelPrefix', RuleValue: jobPrefix, TeamIdentifier: teamId, Comment: 'SentinelOne' },
    ],
  },
};

const payloads: readonly Payload[] = [privacy, systemExtension, contentFilter, notifications, serviceManagement];

/** `sha256`: hex over UTF-8, injected. Equal inputs give the same bytes, so that a new download replaces the old profile. */
export function macosProfile(sha256: (text: string) => string): string {
  return plistXml({
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: profileIdentifier,
    PayloadUUID: uuidOf(profileIdentifier, sha256),
    PayloadDisplayName: 'SentinelOne (Garrison)',
    PayloadDescription: "Lets SentinelOne's agent read files, watch the network and run, without asking the user.",
    PayloadOrganization: 'Garrison',
    PayloadScope: 'System',
    PayloadContent: payloads.map(({ name, type, title, content }) => ({
      PayloadType: type,
      PayloadVersion: 1,
      PayloadIdentifier: `${profileIdentifier}.${name}`,
      PayloadUUID: uuidOf(`${profileIdentifier}.${name}`, sha256),
      PayloadDisplayName: title,
      ...content,
    })),
  });
}

/** A UUID of version 8 (own making) from the identifier and the vendor's team. */
function uuidOf(identifier: string, sha256: (text: string) => string): string {
  const hex = sha256(`${identifier} ${teamId}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return parts.join('-').toUpperCase();
}
