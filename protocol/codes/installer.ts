import type { CodeRow } from '#protocol/codes/row.ts';

/** What the vendor's own installers and the system's report. Few and about what to do: the number itself stands in the detail. */
export const installerCodes = {
  'install.older-than-installed': {
    class: 'permanent',
    title: 'A newer SentinelOne agent is on the device',
    remedy: 'Choose that version or a newer one; the vendor does not go back to the assigned one by itself.',
  },
  'install.old-agent-locked': {
    class: 'permanent',
    title: 'The SentinelOne agent on the device does not allow to be replaced',
    remedy:
      'In the SentinelOne console, approve its local upgrade or uninstall it from there (that needs no passphrase on the device), then press Retry install.',
  },
  'install.disabled': {
    class: 'permanent',
    title: 'Installed, but the SentinelOne agent is disabled',
    remedy: 'Enable the agent in the SentinelOne console (Actions, Enable agent). Installing it again does not help.',
  },
  'install.system-outdated': {
    class: 'permanent',
    title: 'The system lacks an update or certificate that the installer needs',
    remedy: 'Install what the detail names (Windows Update brings it), restart, then press Retry install.',
  },
  'install.system-broken': {
    class: 'permanent',
    title: 'A part of the system that the installer needs does not work',
    remedy: 'Repair what the detail names on the device, then press Retry install.',
  },
  'install.forbidden': {
    class: 'permanent',
    title: 'A policy of the system forbids this installation',
    remedy:
      'Allow the package in the policy that the detail names (Windows Installer, Gatekeeper), then press Retry install.',
  },
  'install.interfered': {
    class: 'transient',
    title: 'The installer could not reach its own files',
    remedy:
      'Tried again by itself. If it stays, another security program is holding them: exclude the SentinelOne folders in it, or remove it.',
  },
  'install.cancelled': {
    class: 'transient',
    title: 'Somebody on the device cancelled the installation',
    remedy: 'It is tried again by itself.',
  },
  'install.too-few-resources': {
    class: 'transient',
    title: 'The device had too little memory for the installer',
    remedy: 'It is tried again by itself. Close programs or add memory if it stays.',
  },
} as const satisfies Record<string, CodeRow>;
