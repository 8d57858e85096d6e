import type { CodeRow } from '#protocol/codes/row.ts';

/** The console and its SentinelOne connections. */
export const consoleCodes = {
  'request.invalid': { class: 'permanent', title: 'The request is not valid', remedy: 'Correct the fields named.' },
  'request.too-large': { class: 'permanent', title: 'The request is too large', remedy: 'Send less at a time.' },
  'request.conflict': {
    class: 'permanent',
    title: 'Somebody changed this in between',
    remedy: 'Reload and try again.',
  },
  'request.in-progress': {
    class: 'transient',
    title: 'The same request is being worked on',
    remedy:
      'Wait a moment and send it again with the same key. If it stays, look whether it was done, and use a new key.',
  },
  'request.key-reused': {
    class: 'permanent',
    title: 'This idempotency key belongs to another request',
    remedy: 'Use a new key for every new action.',
  },
  'request.unsupported-version': {
    class: 'permanent',
    title: 'The console does not speak this version any more',
    remedy: 'Update the Garrison agent.',
  },
  'auth.required': { class: 'permanent', title: 'Please sign in', remedy: 'Sign in again.' },
  'auth.refused': {
    class: 'permanent',
    title: 'Name, password or code is wrong',
    remedy: 'Check them; codes change every 30 seconds.',
  },
  'auth.forbidden': { class: 'permanent', title: 'You may not do this', remedy: 'Ask an administrator for the right.' },
  'auth.not-fresh': {
    class: 'permanent',
    title: 'Please confirm that it is you',
    remedy: 'Give your password, or sign in at your provider, once more; what you asked for goes on by itself.',
  },
  'auth.session-expired': {
    class: 'transient',
    title: 'The session has ended',
    remedy: 'A new one is made by itself.',
  },
  'not-found': { class: 'permanent', title: 'Not found', remedy: 'It may have been removed. Reload the page.' },
  'rate-limited': { class: 'transient', title: 'Too many requests', remedy: 'Wait a moment and try again.' },
  overloaded: { class: 'transient', title: 'The console is busy', remedy: 'It is tried again by itself.' },
  'console.already-running': {
    class: 'permanent',
    title: 'The console is already running',
    remedy: 'Stop the other one first, or give this one its own data directory.',
  },
  'console.bad-configuration': {
    class: 'permanent',
    title: 'The configuration of the console has mistakes',
    remedy: 'Correct the settings named.',
  },
  'notify.address': {
    class: 'permanent',
    title: 'Notifications cannot be sent there',
    remedy: 'Use an https address, or a mail server with TLS, outside of the machine that Garrison runs on.',
  },
  'notify.no-mail-server': {
    class: 'permanent',
    title: 'No mail server is set',
    remedy: 'Set one under Settings, Notifications.',
  },
  'console.restored': {
    class: 'condition',
    title: 'The console was restored from a backup',
    remedy: 'Look at what happened since the backup was made, then resume.',
  },
  'backup.damaged': {
    class: 'permanent',
    title: 'The backup is damaged or incomplete',
    remedy: 'Use another copy of it, or another backup.',
  },
  'backup.newer': {
    class: 'permanent',
    title: 'The backup was made by a newer console',
    remedy: 'Install the version named, or a newer one, and restore with it.',
  },
  'backup.other-key-file': {
    class: 'permanent',
    title: 'The backup does not belong to this key file',
    remedy:
      'Put the key file of the backed-up console in its place. No backup contains it, and nothing opens without it.',
  },
  'backup.not-empty': {
    class: 'permanent',
    title: 'There is a console already where the backup should go',
    remedy: 'Restore into an empty data directory or an empty database; move away what is there.',
  },
  internal: { class: 'defect', title: 'Our fault, please report', remedy: 'Look at the log of the console.' },
  'sentinelone.address': {
    class: 'permanent',
    title: 'There is no SentinelOne console at this address',
    remedy: 'Copy the address from the browser while signed in to SentinelOne.',
  },
  'sentinelone.token-refused': {
    class: 'permanent',
    title: 'SentinelOne does not accept the API token',
    remedy: 'It may be expired, revoked or cut off. Make a new one and enter it again.',
  },
  'sentinelone.token-expired': {
    class: 'permanent',
    title: 'The API token has expired',
    remedy: 'Make a new API token in SentinelOne and enter it under “New API token”. The mappings stay as they are.',
  },
  'sentinelone.token-lost': {
    class: 'permanent',
    title: 'The API token was replaced and the new one did not arrive',
    remedy:
      'A renewal was cut off between SentinelOne and here. Make a new API token in SentinelOne and enter it under “New API token”. The mappings stay as they are.',
  },
  'sentinelone.renewal-refused': {
    class: 'permanent',
    title: 'SentinelOne does not let this API token be renewed',
    remedy:
      'Allow its user to generate API tokens (for a service user: the right Service Users: Edit), or enter a new API token before this one ends.',
  },
  'sentinelone.renewal-failed': {
    class: 'transient',
    title: 'The API token could not be renewed yet',
    remedy: 'It still works, and renewing is tried again by itself.',
  },
  'sentinelone.token-ends': {
    class: 'permanent',
    title: 'The API token ends soon and was not renewed',
    remedy: 'Make a new API token in SentinelOne and enter it under “New API token”, or look at why renewing fails.',
  },
  'sentinelone.token-in-use': {
    class: 'permanent',
    title: 'This SentinelOne user has an API token already',
    remedy:
      'A user has only one: making another ends the first. Use a user of its own, or tick that it may be replaced.',
  },
  'sentinelone.sign-in': {
    class: 'permanent',
    title: 'SentinelOne did not let this user sign in',
    remedy: 'Do what the line above says, or enable with an API token instead.',
  },
  'sentinelone.site-id': {
    class: 'permanent',
    title: 'This is not a site id',
    remedy: 'Site ids are 18 or 19 digits: in SentinelOne under Settings, Sites, the site, Site Info.',
  },
  'sentinelone.choose-account': {
    class: 'permanent',
    title: 'The API token reaches several accounts',
    remedy: 'Enter the id of the account that this connection is for; add the others as connections of their own.',
  },
  'sentinelone.token-shape': {
    class: 'permanent',
    title: 'This is not an API token',
    remedy: 'Copy the API token again; site ids, site tokens and site keys look different.',
  },
  'sentinelone.permission': {
    class: 'permanent',
    title: 'The API token lacks a permission',
    remedy: "Add the permission named to the token's role in SentinelOne.",
  },
  'sentinelone.throttled': {
    class: 'transient',
    title: 'SentinelOne asks us to wait',
    remedy: 'It is tried again by itself.',
  },
  'sentinelone.unavailable': {
    class: 'transient',
    title: 'SentinelOne does not answer',
    remedy: 'It is tried again by itself.',
  },
  'sentinelone.unreadable': {
    class: 'transient',
    title: 'SentinelOne gave an answer that we do not understand',
    remedy: 'It is tried again by itself; report it if it stays.',
  },
  'sentinelone.rejected': {
    class: 'permanent',
    title: 'SentinelOne did not accept the request',
    remedy: 'Read what SentinelOne answered; report it if nothing there helps.',
  },
  'sentinelone.untrusted': {
    class: 'permanent',
    title: 'The certificate of the SentinelOne console cannot be trusted',
    remedy:
      'If your console has its own certificate authority, paste its certificate into the connection. Otherwise check who is in between.',
  },
  'sentinelone.not-found': {
    class: 'permanent',
    title: 'SentinelOne does not know this any more',
    remedy: 'It was deleted or is outside the scope of the API token.',
  },
} as const satisfies Record<string, CodeRow>;
