/** The administrator's words for what SentinelOne says of a device. */
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
};

/** A word of a newer SentinelOne is shown as it is. */
const said = (words: Readonly<Record<string, string>>, word: string): string =>
  words[word] ?? word.replaceAll('_', ' ');

export function threatWords({ infected, activeThreats }: Pick<VendorRecord, 'infected' | 'activeThreats'>): string {
  if (activeThreats > 0) return `${activeThreats} active`;
  return infected ? 'infected' : 'none active';
}

export const scanWords = (status: string): string => said(scans, status);

export const needWords = (needs: readonly string[]): string =>
  [...new Set(needs.map((need) => said(actions, need)))].join(', ');
