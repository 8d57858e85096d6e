/** What to do about what is not a failure code: problems, reasons and conditions. Plain words; nobody is blamed. */
import type { notProtectingReasons, problemKinds } from '#protocol/state.ts';
import type { Condition } from '#protocol/words.ts';

export const problemRemedies: Record<(typeof problemKinds)[number], string> = {
  'reboot-needed': 'Restart the device when it suits its user.',
  'not-connected': 'Check proxy and firewall towards the SentinelOne console. It reconnects by itself.',
  'wrong-site': 'Move the endpoint to the right site in SentinelOne, or choose another site for the organisation.',
  'other-antivirus': 'Two products slow each other down and may clash. Remove the other one, or add an exception.',
  'update-available': 'Upgrade it from the SentinelOne console; installed agents are never upgraded over from here.',
  'clock-skewed': 'Correct the clock of the device.',
  'foreign-console': 'Find out who manages this endpoint. It is not taken over.',
  'below-minimum': 'Upgrade it from the SentinelOne console.',
  'engine-problem': 'Look at the endpoint in the SentinelOne console.',
  'network-extension-unapproved':
    'Approve its network filter on the Mac, best by a device profile. The device itself is protected meanwhile.',
  'permission-missing': 'Grant the permission named below on the device, best by a device profile.',
};

export const notProtectingRemedies: Record<(typeof notProtectingReasons)[number], string> = {
  'service-stopped':
    'Start the SentinelOne service on the device, or restart the device. If the timeline says that it has no registration token, set one there with sentinelctl, or remove it and press Retry install.',
  disabled: 'Enable the agent in the SentinelOne console.',
  'detect-only': 'Set the policy of the site to protect in the SentinelOne console.',
  'full-disk-access-missing':
    'Allow Full Disk Access for SentinelOne in the privacy settings, best by a device profile.',
  'not-registered': 'Check whether the device reaches the SentinelOne console; it registers by itself then.',
  'extension-unapproved': 'Approve the system extension on the Mac, best by a device profile.',
  'reboot-pending': 'Restart the device; its installer goes on by itself afterwards.',
  'bare-after-failed-upgrade': 'An upgrade removed the old agent and failed. Press Retry install.',
  unreadable: 'Look at the evidence below; the SentinelOne service may be damaged.',
};

export const conditionRemedies: Record<Condition, string> = {
  'package-manager-free': 'Nothing to do: it goes on when the other installation has finished.',
  'installer-settled': 'Nothing to do: it goes on when the installer has settled.',
  'disk-space': 'Free space on the device; it goes on by itself.',
  network: 'Check DNS, proxy and firewall of the device; it goes on by itself.',
  reboot: 'Restart the device; it goes on by itself.',
  turn: 'Nothing to do: a few devices install at a time. The organisation shows how far it is.',
  window: 'Nothing to do: it goes on within the install hours of the device.',
  console: 'Nothing to do: it goes on when the device reaches this console.',
  'antivirus-gone': 'Remove the other antivirus, or add an exception; then press Check again.',
  clock: 'Correct the clock of the device; it goes on by itself.',
};
