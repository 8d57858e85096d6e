/** The administrator's words for what SentinelOne says of a device. */
import type { Elsewhere } from '#console/api/vendor-actions.ts';
import type { VendorMismatch, VendorRecord } from '#console/api/vendor-record.ts';

export const mismatches: Record<VendorMismatch, { readonly title: string; readonly remedy: string }> = {
  'installed-not-registered': {
    title: "Installed here, but not known in this organisation's site",
    remedy:
      'A fresh agent takes a few minutes to appear. If it stays away, check whether the device reaches the SentinelOne console.',
  },
  'wrong-site': {
    title: 'SentinelOne has it in another site',
    remedy: 'Move the endpoint to the right site in SentinelOne, or choose another site for the organisation.',
  },
  decommissioned: {
    title: 'Decommissioned in SentinelOne, but still installed here',
    remedy: 'Find out who did that in SentinelOne, and why.',
  },
  'version-differs': {
    title: 'SentinelOne has another version on record',
    remedy: 'After an upgrade this settles by itself. If it stays, look at the endpoint in SentinelOne.',
  },
  duplicate: {
    title: 'SentinelOne has more than one record of this device',
    remedy: 'Decommission the ones that are not in use, in SentinelOne.',
  },
  stale: {
    title: 'SentinelOne has not heard of it for more than a day',
    remedy: 'The device itself reports. Check proxy and firewall towards the SentinelOne console.',
  },
  'detect-only': {
    title: 'It only detects and does not stop threats',
    remedy: 'Set the policy of its site or group to protect, in SentinelOne.',
  },
  'switched-off': {
    title: 'Its agent is switched off in SentinelOne',
    remedy: 'Enable the agent again in SentinelOne.',
  },
  'pending-uninstall': {
    title: 'An uninstall is ordered in SentinelOne and waits for the device',
    remedy: 'Reject it in SentinelOne if nobody wanted that.',
  },
  'user-action-needed': {
    title: 'Something must be done at the device before it protects fully',
    remedy: 'See “Needs” below.',
  },
};

const scans: Readonly<Record<string, string>> = {
  none: 'not started yet',
  started: 'running',
  aborted: 'aborted',
  finished: 'finished',
};

const actions: Readonly<Record<string, string>> = {
  user_action_needed: 'somebody at the device',
  reboot_needed: 'a restart',
  reboot_required: 'a restart',
  upgrade_needed: 'an upgrade',
  incompatible_os: 'a system it supports',
  unprotected: 'to be protected at all',
  rebootless_without_dynamic_detection: 'a restart for all of its detection',
  pending_deprecation: 'an upgrade, its version ends soon',
  extended_exclusions_partially_accepted: 'a look at its exclusions',
  ne_not_running: 'its network extension to run',
  ne_cf_not_active: 'its network filter to be allowed',
  user_action_needed_fda: 'Full Disk Access',
  user_action_needed_rs_fda: 'Full Disk Access for remote shell',
  user_action_needed_fda_helper: 'Full Disk Access for its helper',
  user_action_needed_fda_sentineld: 'Full Disk Access for its daemon',
  user_action_needed_bluetooth_per: 'permission to use Bluetooth',
  user_action_needed_network: 'its network extension to be allowed',
  user_action_needed_notifications: 'permission to notify',
};

/** A word of a newer SentinelOne is shown as it is. */
const said = (words: Readonly<Record<string, string>>, word: string): string =>
  words[word] ?? word.replaceAll('_', ' ');

export function threatWords({ infected, activeThreats }: Pick<VendorRecord, 'infected' | 'activeThreats'>): string {
  if (activeThreats > 0) return `${activeThreats} active`;
  return infected ? 'infected' : 'none active';
}

/** A full disk scan has never been finished there: the one that runs began with the installation. */
export const isFirstScan = ({ scanStatus, lastScanAt }: Pick<VendorRecord, 'scanStatus' | 'lastScanAt'>): boolean =>
  scanStatus === 'started' && lastScanAt === null;

export const scanWords = (status: string): string => said(scans, status);

export const needWords = (needs: readonly string[]): string =>
  [...new Set(needs.map((need) => said(actions, need)))].join(', ');

const threats: Readonly<Record<string, string>> = {
  not_mitigated: 'not mitigated',
  mitigated: 'mitigated',
  marked_as_benign: 'marked as benign',
  'n/a': '',
};
export const threatStates = (word: string | null): string | null => (word === null ? null : said(threats, word));

export const moveRefusals: Record<NonNullable<Elsewhere['refusal']>, string> = {
  'name-differs': 'Not moved from here: SentinelOne has it under another name. Look at it there.',
  'site-of-another-organisation': 'Not moved from here: its site belongs to another organisation.',
  'claimed-twice': 'Not moved from here: more than one device says it has this agent.',
};
