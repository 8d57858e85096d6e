/** What to click on a Mac that no MDM server manages: its users decide there, and no program can do it for them. */
export interface ManualStep {
  readonly title: string;
  /** Where in System Settings (macOS 13 and newer); macOS 12 says System Preferences and Security & Privacy. */
  readonly where: string;
  readonly what: string;
  /** The agent's own word while it is missing, as its status and this console show it. */
  readonly shownAs: string;
}

export const manualSteps: readonly ManualStep[] = [
  {
    title: 'Give full disk access',
    where: 'System Settings → Privacy & Security → Full Disk Access',
    what: 'Switch on sentineld, sentineld_helper and sentineld_shell. If one is not listed, add it with + from the SentinelOne folder. Without this the agent runs and sees no files.',
    shownAs: 'full-disk-access-missing',
  },
  {
    title: 'Allow the network extension',
    where:
      'System Settings → General → Login Items & Extensions → Network Extensions (macOS 12 to 14: Privacy & Security, at the bottom)',
    what: 'Allow the extension of SentinelOne (com.sentinelone.network-monitoring).',
    shownAs: 'network-extension-unapproved',
  },
  {
    title: 'Allow the network filter',
    where: 'The question "Would like to filter network content"',
    what: 'Choose Allow. If it was declined: System Settings → Network → Filters, and switch SentinelOne on.',
    shownAs: 'network-extension-unapproved',
  },
  {
    title: 'Leave its background items on',
    where: 'System Settings → General → Login Items & Extensions → Allow in the Background (macOS 13 and newer)',
    what: 'Leave everything of SentinelOne, Inc. or Sentinel Labs, Inc. switched on.',
    shownAs: 'service-stopped',
  },
  {
    title: 'Allow Bluetooth and notifications',
    where: 'System Settings → Privacy & Security → Bluetooth, and System Settings → Notifications',
    what: 'Switch on SentinelOne. The agent protects without them, but does not control Bluetooth devices and shows no warnings.',
    shownAs: 'permission-missing',
  },
];
