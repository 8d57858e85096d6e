import type { CodeRow } from '#protocol/codes/row.ts';

/** Choosing, downloading and running the installer. */
export const installCodes = {
  'antivirus.present': {
    class: 'condition',
    title: 'Other antivirus found',
    remedy: 'Remove the named product, or add an exception for it, then press Check again.',
  },
  'antivirus.unknown': {
    class: 'condition',
    title: 'Could not check for other antivirus',
    remedy: 'See which look failed and why. It is tried again by itself; an administrator may waive this one look.',
  },
  'selection.unsupported': {
    class: 'permanent',
    title: 'Not with this version',
    remedy: 'See why each package was rejected and what would help.',
  },
  'selection.none': {
    class: 'permanent',
    title: 'No package for this system',
    remedy: 'Add a package for this system in the console, or choose another version.',
  },
  'install.busy': {
    class: 'condition',
    title: 'Another installation is running',
    remedy: 'Nothing to do: it goes on when the named program has finished.',
  },
  'install.outside-hours': {
    class: 'condition',
    title: 'Outside the hours for installations',
    remedy: 'Nothing to do: it goes on when the hours set for the organisation begin.',
  },
  'install.reboot-needed': {
    class: 'condition',
    title: 'A restart is needed',
    remedy: 'Restart the device; it goes on by itself afterwards.',
  },
  'install.left-bare': {
    class: 'permanent',
    title: 'The old agent is gone and the new one did not go in',
    remedy:
      'Restart the device at once; it is tried again by itself. If that fails too, read the output in the timeline.',
  },
  'install.not-its-turn': {
    class: 'condition',
    title: 'Waiting for its turn',
    remedy: 'Nothing to do: a few devices install at a time; the organisation shows how far it is.',
  },
  'install.overdue': {
    class: 'condition',
    title: 'The installer takes longer than expected',
    remedy: 'It is left running. Look at the device if this stays for an hour.',
  },
  'install.partial': {
    class: 'permanent',
    title: 'Half installed, and the repair did not help',
    remedy: 'Clean up the package on the device (Linux: dpkg --configure -a, or reinstall), then press Retry install.',
  },
  'install.failed': {
    class: 'transient',
    title: 'The installer failed',
    remedy: 'It is tried again by itself. Read the output in the timeline for the cause.',
  },
  'install.scriptlet-failed': {
    class: 'transient',
    title: "A step of the vendor's installer failed",
    remedy: 'Tried once more by itself. If it fails again, read the output in the timeline.',
  },
  'install.leftovers': {
    class: 'permanent',
    title: 'Leftovers of an earlier SentinelOne agent are in the way',
    remedy:
      'Linux: remove the unit, user and group named sentinelone that an earlier agent left. Windows: restart; if that does not help, remove the old agent with its passphrase (in Safe Mode where the detail says so). Then press Retry install.',
  },
  'install.unsupported-system': {
    class: 'permanent',
    title: "The vendor's installer does not support this system",
    remedy:
      'Use a system that SentinelOne supports (the detail says what it misses); on Linux the service registration tool, chkconfig or update-rc.d, may be missing.',
  },
  'install.dependencies-missing': {
    class: 'permanent',
    title: 'Packages that the agent needs are missing',
    remedy: "Repair the system's package sources so that the named packages can be installed.",
  },
  'install.package-manager-broken': {
    class: 'permanent',
    title: "The system's package manager is in a broken state",
    remedy: 'Run "dpkg --configure -a" (or the repair of your system) on the device, then press Retry install.',
  },
  'install.read-only-system': {
    class: 'permanent',
    title: 'The system is read-only',
    remedy: 'Image-based systems are not supported by the package. Remount it writable if it should be.',
  },
  'install.wrong-package': {
    class: 'defect',
    title: 'The wrong package was chosen',
    remedy: 'Our fault: please report it with a diagnostics archive.',
  },
  'install.bad-arguments': {
    class: 'defect',
    title: 'The installer did not understand its arguments',
    remedy: 'Our fault: please report it with a diagnostics archive.',
  },
  'install.program-missing': {
    class: 'permanent',
    title: 'The system has no package manager that we know',
    remedy: 'Install the package manager named, or use a supported distribution.',
  },
  'install.key-missing': {
    class: 'permanent',
    title: "The system refuses the vendor's package key",
    remedy: "Import the vendor's package signing key as your policy asks, then press Retry install.",
  },
  'install.unknown-exit': {
    class: 'transient',
    title: 'The installer ended with a code nobody has documented',
    remedy: 'It is tried again by itself. Send the output to support if it stays.',
  },
  'install.not-started': {
    class: 'transient',
    title: 'The installer could not be started',
    remedy: 'It is tried again by itself. Look at the service manager of the device if it stays.',
  },
  'install.crashed': {
    class: 'transient',
    title: 'The installer crashed',
    remedy: 'Tried once more by itself. If it fails again, read the output in the timeline.',
  },
  'install.not-verified': {
    class: 'transient',
    title: 'The installer said it succeeded, but the agent is not there',
    remedy: 'It is tried again by itself. Read the output in the timeline for the cause.',
  },
  'install.loop': {
    class: 'permanent',
    title: 'Installed three times without ever working',
    remedy: 'Look at the evidence of the last verification, solve the cause, then press Retry install.',
  },
  'install.budget-spent': {
    class: 'transient',
    title: 'Installer starts for today are used up',
    remedy: 'It goes on at the time shown. Retry install raises the limit once.',
  },
  'install.no-space': {
    class: 'condition',
    title: 'Not enough free disk space',
    remedy: 'Free the amount shown on the named disk; it goes on by itself.',
  },
  'install.outcome-unknown': {
    class: 'transient',
    title: 'An installer ran and its end was not seen',
    remedy: 'The device was verified afterwards; nothing to do unless it says otherwise.',
  },
  'download.digest-mismatch': {
    class: 'transient',
    title: 'The downloaded package is not the one that was approved',
    remedy: 'Downloaded again by itself. If it stays, check proxies on the way and the package in the console.',
  },
  'download.interrupted': {
    class: 'transient',
    title: 'The download was cut off',
    remedy: 'It goes on where it stopped, by itself.',
  },
  'download.unavailable': {
    class: 'transient',
    title: 'The console could not serve the package',
    remedy: 'It is tried again by itself. Look at the package in the console if it stays.',
  },
} as const satisfies Record<string, CodeRow>;
