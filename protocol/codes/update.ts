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
} as const satisfies Record<string, CodeRow>;
