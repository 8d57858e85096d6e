/**
 * The administrator's words, in one table. What the protocol or the API can say and this table cannot does not compile.
 * Never in a word of ours: assignment, facts, journal, digest, transient.
 */
import { plain } from '#console/web/device-text.ts';
import type { RefusalReason } from '#console/api/command-rule.ts';
import type { DeviceCommand, DeviceSort } from '#console/api/devices.ts';
import type { EnrolmentKey } from '#console/api/enrolment-keys.ts';
import type { Mapping } from '#console/api/mappings.ts';
import type { MappingStatus } from '#console/api/mapping-status.ts';
import type { DeploymentOutcome, DeploymentPreview } from '#console/api/organisations.ts';
import type { ShownState } from '#console/api/shown-state.ts';
import type { Attempt } from '#console/api/attempts.ts';
import type { Operator } from '#console/api/session.ts';
import type { EventKind } from '#protocol/events.ts';
import type { Conflict } from '#protocol/state.ts';
import type { AttemptStep, DeploymentMode, Target } from '#protocol/words.ts';

/** good: works · attention: works or stands still, somebody should look · bad: unprotected · busy: goes on by itself · quiet. */
export type Tone = 'good' | 'attention' | 'bad' | 'busy' | 'quiet';

/** Short names of the states, for filters, counters and the overview; a device's own line says more (`state-words.ts`). */
export const states: Record<ShownState, { readonly name: string; readonly tone: Tone }> = {
  protected: { name: 'Protected', tone: 'good' },
  degraded: { name: 'Protected, needs attention', tone: 'attention' },
  'not-protecting': { name: 'Not protecting', tone: 'bad' },
  failed: { name: 'Needs you', tone: 'bad' },
  blocked: { name: 'Other antivirus found', tone: 'attention' },
  retrying: { name: 'Failed, will try again', tone: 'attention' },
  waiting: { name: 'Waiting', tone: 'busy' },
  installing: { name: 'Installing', tone: 'busy' },
  checking: { name: 'Checking', tone: 'busy' },
  unsupported: { name: 'Not with this version', tone: 'attention' },
  unassigned: { name: 'No site chosen', tone: 'quiet' },
  paused: { name: 'Watching only', tone: 'quiet' },
  'not-reporting': { name: 'Not reporting', tone: 'quiet' },
};

/** In the order in which they deserve a look. */
export const statesByWeight: readonly ShownState[] = [
  'not-protecting',
  'failed',
  'blocked',
  'retrying',
  'degraded',
  'unsupported',
  'waiting',
  'installing',
  'checking',
  'unassigned',
  'paused',
  'not-reporting',
  'protected',
];

export { conditions, notProtecting, problems } from '#console/api/state-names.ts';

export const unassigned: Record<'not-enrolled' | 'no-assignment' | 'no-site' | 'expired', string> = {
  'not-enrolled': 'Not enrolled',
  'no-assignment': 'New, waiting for its first instructions',
  'no-site': 'No site chosen',
  expired: 'Too long without contact to install',
};

export const steps: Record<AttemptStep, string> = {
  download: 'Download',
  'verify-package': 'Check the package',
  preflight: 'Last look before installing',
  'site-token': 'Fetch the site token',
  install: "Run SentinelOne's installer",
  settle: 'Wait until it has settled',
  repair: 'Repair',
  register: 'Register with SentinelOne',
  verify: 'Prove that it protects',
};

export const stepResults = { started: 'running', ok: 'done', failed: 'failed', waiting: 'waiting' } as const;

export const attemptResults: Record<NonNullable<Attempt['result']>, { readonly name: string; readonly tone: Tone }> = {
  protected: { name: 'Protected', tone: 'good' },
  installed: { name: 'Installed', tone: 'good' },
  failed: { name: 'Failed', tone: 'bad' },
  superseded: { name: 'Given up, something changed', tone: 'quiet' },
  unknown: { name: 'End not seen', tone: 'attention' },
};

export const triggers = { automatic: 'by itself', retry: 'after Retry install', repair: 'as a repair' } as const;

export const events: Record<EventKind, string> = {
  'agent-started': 'Garrison agent started',
  'state-lost': 'The memory of the Garrison agent was damaged and set aside',
  'assignment-accepted': 'New instructions accepted',
  'assignment-refused': 'Instructions refused',
  'command-received': 'Command received',
  'command-executed': 'Command carried out',
  'command-refused': 'Command refused',
  'state-changed': 'State changed',
  'conflict-found': 'Other antivirus found',
  'attempt-started': 'Attempt started',
  'attempt-step': 'Step',
  'installer-exited': "SentinelOne's installer ended",
  'attempt-ended': 'Attempt ended',
  reboot: 'Restart by the Garrison agent',
  'protection-lost': 'Left without antivirus',
  'package-refused': 'Package refused',
  'retry-requested': 'Retry asked for',
  'diagnostics-made': 'Diagnostics made',
  'agent-update': 'Update of the Garrison agent',
  'events-dropped': 'Some older entries were dropped by the device',
  unenrolled: 'Left this console',
};

export const antivirusStates: Record<Conflict['state'], { readonly name: string; readonly tone: Tone }> = {
  active: { name: 'active', tone: 'bad' },
  'installed-inactive': { name: 'installed, not active', tone: 'attention' },
  'pending-reboot': { name: 'gone after a restart', tone: 'attention' },
  remnant: { name: 'leftovers', tone: 'quiet' },
  coexists: { name: 'may stay', tone: 'quiet' },
  self: { name: 'SentinelOne itself', tone: 'good' },
  unknown: { name: 'could not be checked', tone: 'attention' },
};

/** What a device looked at for other antivirus; a look that this page does not know goes by its own name. */
const looks: Readonly<Record<string, string>> = {
  packages: 'installed packages',
  services: 'services',
  processes: 'running processes',
  drivers: 'drivers and kernel modules',
  paths: 'program folders',
  securityCenter: 'Windows Security Center',
  uninstallEntries: 'installed programs',
  systemExtensions: 'system extensions',
  launchDaemons: 'launch daemons',
  bundleIds: 'applications',
  receipts: 'installer receipts',
  defender: 'Microsoft Defender',
};

export function lookName(look: string): string {
  return Object.hasOwn(looks, look) ? (looks[look] ?? '') : `“${plain(look)}”`;
}

/** Why a button cannot be pressed. */
export const refusals: Record<RefusalReason, string> = {
  'no-right': 'Your role may look, not act. Ask an administrator.',
  'duplicate-identity': 'Two machines use this identity; decide first which one keeps it.',
  'not-approved':
    'The device came in with an install key that asks for approval; approve it on the screen Enrolment first.',
  'never-reported': 'The device has not sent its first report yet.',
  'already-protected': 'SentinelOne is installed and protects; there is nothing to install again.',
  watching: 'The organisation only watches. Use Start deployment on the organisation first.',
  paused: 'Installing is paused for this organisation. Use Start deployment to go on.',
  'no-site': 'No SentinelOne site is chosen for the organisation. Choose one under Administration, Apps, SentinelOne.',
  'removed-there': 'SentinelOne has removed this device. Press Put back first, in the SentinelOne section below.',
  'no-restart': 'No restart by the Garrison agent is scheduled.',
};

/** Of what concerns every organisation, for who may see only some. */
export const globalOnly = 'This concerns all organisations. Ask an administrator of all of them.';

export const verbs: Record<DeviceCommand['verb'], string> = {
  retry: 'Retry install',
  check: 'Check again',
  cancel: 'Call off the restart',
};
export const commandResults: Record<NonNullable<DeviceCommand['result']>, string> = {
  done: 'carried out',
  refused: 'refused by the device',
  joined: 'joined what was already running',
  expired: 'expired before the device came for it',
};

export const modes: Record<DeploymentMode, { readonly name: string; readonly tone: Tone }> = {
  watch: { name: 'Watching only', tone: 'quiet' },
  deploy: { name: 'Installing', tone: 'good' },
  paused: { name: 'Paused', tone: 'attention' },
};

export const outcomes: Record<DeploymentOutcome, { readonly name: string; readonly tone: Tone }> = {
  install: { name: 'will install', tone: 'busy' },
  'already-installed': { name: 'have SentinelOne already, stay as they are', tone: 'good' },
  'other-antivirus': { name: 'have other antivirus, will not install', tone: 'attention' },
  unsupported: { name: 'not with this version', tone: 'attention' },
  'not-reporting': { name: 'are not reporting, decide when they come back', tone: 'quiet' },
  'needs-person': { name: 'need you first', tone: 'bad' },
  'not-checked': { name: 'are not checked yet', tone: 'quiet' },
};

export const hindrances: Record<NonNullable<DeploymentPreview['hindrance']>, string> = {
  'no-site': 'Choose a SentinelOne site for this organisation first.',
  'no-connection': 'Enable SentinelOne first.',
  'installing-stopped':
    'Installing through this SentinelOne console is stopped. Allow it again on the SentinelOne screen.',
  'no-package': 'No package is ready. Fetch one under Administration, Apps, SentinelOne, Packages.',
  'already-deploying': 'This organisation is already installing.',
};

export const mappingStatuses: Record<MappingStatus, { readonly name: string; readonly tone: Tone }> = {
  mapped: { name: 'Mapped', tone: 'good' },
  unmapped: { name: 'Unmapped', tone: 'quiet' },
  'needs-confirmation': { name: 'Needs confirmation', tone: 'attention' },
};
export const mappingConcerns: Record<NonNullable<Mapping['concern']>, string> = {
  'site-renamed': 'The site was renamed in SentinelOne.',
  'site-expired': 'The site has expired in SentinelOne.',
  'site-deleted': 'The site was deleted in SentinelOne.',
  'connection-lost': 'Its SentinelOne console does not answer any more.',
};
export const suggestionReasons: Record<NonNullable<Mapping['suggestion']>['why'], string> = {
  'same-name': 'same name',
  'devices-seen-there': 'its devices were seen there',
};

export const keyStates: Record<EnrolmentKey['state'], { readonly name: string; readonly tone: Tone }> = {
  active: { name: 'Active', tone: 'good' },
  expired: { name: 'Expired', tone: 'quiet' },
  'used-up': { name: 'Used up', tone: 'quiet' },
  revoked: { name: 'Revoked', tone: 'quiet' },
};

export const targets: Record<Target, string> = {
  'windows-x86': 'Windows (x32)',
  'windows-x64': 'Windows (x64)',
  macos: 'macOS',
  'linux-x64-deb': 'Linux (x86-64, deb)',
  'linux-x64-rpm': 'Linux (x86-64, rpm)',
  'linux-arm64-deb': 'Linux (aarch64, deb)',
  'linux-arm64-rpm': 'Linux (aarch64, rpm)',
};

export const roles: Record<Operator['role'], string> = {
  viewer: 'may look',
  operator: 'may act on devices',
  admin: 'administrator',
};
export const systems = { linux: 'Linux', macos: 'macOS', windows: 'Windows' } as const;
export const productStates = { absent: 'not installed', partial: 'half installed', present: 'installed' } as const;
export const sorts: Record<DeviceSort, string> = {
  name: 'Name',
  state: 'State, worst first',
  'last-seen': 'Last contact',
};
/** What a device takes a new package or site from. */
export const trusts = { 'console-only': 'the console alone', owner: 'the console, approved by the owner key' } as const;
export const sources = { console: 'this console', local: 'a file on the device' } as const;
