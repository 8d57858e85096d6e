/** Names of what a state carries, as administrators say them: read by the page, by e-mails and by webhooks. Pure. */
import type { notProtectingReasons, problemKinds } from '#protocol/state.ts';
import type { Condition } from '#protocol/words.ts';

export const problems: Record<(typeof problemKinds)[number], string> = {
  'reboot-needed': 'Restart needed',
  'not-connected': 'Not connected to SentinelOne',
  'wrong-site': 'Enrolled in another site than the one chosen',
  'other-antivirus': 'Other antivirus is also there',
  'update-available': 'A newer version is available',
  'clock-skewed': "The device's clock is wrong",
  'foreign-console': 'Belongs to another SentinelOne console',
  'below-minimum': 'Older than the version you ask for',
  'engine-problem': 'SentinelOne reports a problem of its own',
  'network-extension-unapproved': 'Its network extension is not approved',
  'permission-missing': 'A permission is missing',
};

export const notProtecting: Record<(typeof notProtectingReasons)[number], string> = {
  'service-stopped': 'The SentinelOne agent is not running',
  disabled: 'The SentinelOne agent is switched off',
  'detect-only': 'It only detects and does not stop threats',
  'full-disk-access-missing': 'Full Disk Access is missing',
  'not-registered': 'Not registered with SentinelOne',
  'extension-unapproved': 'Its system extension is not approved',
  'reboot-pending': 'Not protecting until it is restarted',
  'bare-after-failed-upgrade': 'Left without antivirus',
  unreadable: 'The SentinelOne agent does not say how it is',
};

/** After "Waiting for". */
export const conditions: Record<Condition, string> = {
  'package-manager-free': 'another installation to finish',
  'installer-settled': 'the installer to finish',
  'disk-space': 'disk space',
  network: 'the network',
  reboot: 'restart',
  window: 'its install hours',
  turn: 'its turn',
  console: 'the Garrison console',
  'antivirus-gone': 'the other antivirus to go',
  clock: 'the right time',
};
