import type { CodeRow } from '#protocol/codes/row.ts';

/** Releases of our own agent, and how it updates itself. */
export const updateCodes = {
  'release.no-key': {
    class: 'permanent',
    title: 'This build believes no release key',
    remedy: 'Its updates are off. Update it by its package, or build it with the public halves of your release keys.',
  },
  'release.untrusted': {
    class: 'permanent',
    title: 'A release that is not signed by a release key was refused',
    remedy: 'Do not use it. Fetch the release again from where it is published.',
  },
  'release.expired': {
    class: 'permanent',
    title: 'The release has expired',
    remedy: 'Import a newer release, or this one with a newer signature.',
  },
  'release.incomplete': {
    class: 'permanent',
    title: 'A file of the release is missing or is not the one that was signed',
    remedy: 'Fetch the release again and import the whole directory.',
  },
  'update.not-managed': {
    class: 'permanent',
    title: 'This Garrison agent was not installed in a way that lets it update itself',
    remedy: 'Install the package, or run garrison-agent service install.',
  },
  'update.older': {
    class: 'permanent',
    title: 'A version of the Garrison agent that is not newer was refused',
    remedy: 'To go back, import a release that names the version it may replace, and agree to it in the console.',
  },
  'update.no-program': {
    class: 'permanent',
    title: 'The release holds no Garrison agent for this system',
    remedy: 'Import a release that was built for it.',
  },
  'update.quarantined': {
    class: 'permanent',
    title: 'This version of the Garrison agent has failed here twice and is not tried again',
    remedy: 'Import another release.',
  },
  'update.failed-here': {
    class: 'permanent',
    title: 'This version of the Garrison agent has failed here and is not tried again before a restart of the device',
    remedy: 'Look at why it failed first; it may be tried once more after a restart of the device.',
  },
  'update.does-not-start': {
    class: 'permanent',
    title: 'The new version of the Garrison agent does not start on this device',
    remedy: 'The version before keeps running. Report it, with the output of garrison-agent doctor.',
  },
  'update.crashed': {
    class: 'permanent',
    title: 'The new version of the Garrison agent ended again and again',
    remedy: 'The version before runs again. Report it, with the output of garrison-agent doctor.',
  },
  'update.silent': {
    class: 'permanent',
    title: 'The new version of the Garrison agent did not reach the console',
    remedy: 'The version before runs again, and reaches it. Report it, with the output of garrison-agent doctor.',
  },
  'update.busy': {
    class: 'permanent',
    title: 'Another update of the Garrison agent is under way',
    remedy: 'Try again when it has ended.',
  },
  'update.interrupted': {
    class: 'permanent',
    title: 'The update of the Garrison agent was cut off again and again',
    remedy: 'Try it again when the device is not being restarted.',
  },
  'update.no-space': {
    class: 'permanent',
    title: 'Not enough free disk space to update the Garrison agent',
    remedy: 'Free space on the disk, then update again.',
  },
} as const satisfies Record<string, CodeRow>;
