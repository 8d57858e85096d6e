import type { CodeRow } from '#protocol/codes/row.ts';

/** What is refused because it cannot be trusted. */
export const trustCodes = {
  'package.unsigned': {
    class: 'permanent',
    title: "The package does not carry the vendor's signature",
    remedy: 'Do not install it. Replace the package in the console by the original from the vendor.',
  },
  'package.untrusted-signature': {
    class: 'permanent',
    title: 'The package is signed by somebody else than the vendor',
    remedy: 'Do not install it. Replace the package in the console by the original from the vendor.',
  },
  'package.altered': {
    class: 'permanent',
    title: 'The package was altered after it was signed',
    remedy: 'Do not install it. Replace the package in the console by the original from the vendor.',
  },
  'package.unreadable': {
    class: 'permanent',
    title: 'The package file cannot be read as one',
    remedy: 'Replace the package in the console by the original from the vendor.',
  },
  'package.wrong-product': {
    class: 'permanent',
    title: 'The package holds another product than the one assigned',
    remedy: 'Replace the package in the console by the right one.',
  },
  'package.wrong-version': {
    class: 'permanent',
    title: 'The package holds another version than the one assigned',
    remedy: 'Replace the package in the console by the right one.',
  },
  'package.wrong-architecture': {
    class: 'permanent',
    title: 'The package was made for another processor',
    remedy: 'Replace the package in the console by the right one.',
  },
  'package.below-floor': {
    class: 'permanent',
    title: 'The package is older than this Garrison agent accepts',
    remedy: 'Choose a newer version.',
  },
  'package.signature-unchecked': {
    class: 'transient',
    title: 'The package signature could not be checked',
    remedy: 'It is tried again by itself; without an answer it is never installed.',
  },
  'package.not-approved': {
    class: 'permanent',
    title: 'The owner key has not approved this package',
    remedy: 'Approve the file with the owner key: garrison-console approve package FILE.',
  },
  'token.not-approved': {
    class: 'permanent',
    title: 'The owner key has not approved this SentinelOne site',
    remedy: 'Approve the site with the owner key: garrison-console approve site.',
  },
  'token.unavailable': {
    class: 'transient',
    title: 'No site token from the console',
    remedy: 'It is tried again by itself. Check the SentinelOne connection in the console.',
  },
  'token.malformed': {
    class: 'permanent',
    title: 'The site token is not one',
    remedy: 'Read the site token again in the console (Administration, SentinelOne, Mappings).',
  },
  'token.site-mismatch': {
    class: 'permanent',
    title: 'The site token belongs to another site than the one assigned',
    remedy: 'Check the mapping of the organisation, then press Retry install.',
  },
  'token.tenant-not-pinned': {
    class: 'permanent',
    title: 'The site token belongs to a SentinelOne console that the owner key has not allowed',
    remedy: 'Allow that SentinelOne console with the owner key, or check who changed the connection.',
  },
  'assignment.untrusted': {
    class: 'permanent',
    title: 'An assignment with a wrong signature was refused',
    remedy: 'Somebody may be tampering. Check the console and the network in between.',
  },
  'assignment.foreign': {
    class: 'permanent',
    title: 'An assignment made for another device or console was refused',
    remedy: 'Somebody may be tampering. Check the console and the network in between.',
  },
  'assignment.expired': {
    class: 'condition',
    title: 'The assignment has expired',
    remedy: 'The device needs to reach the console once before it may install.',
  },
  'assignment.older': {
    class: 'permanent',
    title: 'An older assignment was refused',
    remedy: 'Nothing to do unless it repeats; a restored console needs a new epoch (see the guide).',
  },
  'assignment.implausible': {
    class: 'permanent',
    title: 'An assignment numbered far in the future was refused',
    remedy: 'Check the clock of the console.',
  },
  'assignment.unsupported': {
    class: 'permanent',
    title: 'The assignment asks for something this Garrison agent cannot do',
    remedy: 'Update the Garrison agent on the device.',
  },
  'command.untrusted': {
    class: 'permanent',
    title: 'A command with a wrong signature was refused',
    remedy: 'Somebody may be tampering. Check the console and the network in between.',
  },
  'command.foreign': {
    class: 'permanent',
    title: 'A command made for another device or console was refused',
    remedy: 'Somebody may be tampering. Check the console and the network in between.',
  },
  'command.expired': {
    class: 'permanent',
    title: 'A command arrived after it had expired',
    remedy: 'Press the button again if it is still wanted.',
  },
  'command.replayed': {
    class: 'permanent',
    title: 'A command that was already carried out came again',
    remedy: 'Nothing to do unless it repeats.',
  },
  'command.unsupported': {
    class: 'permanent',
    title: 'The Garrison agent does not know this command',
    remedy: 'Update the Garrison agent on the device.',
  },
  'keys.untrusted': {
    class: 'permanent',
    title: 'A key set that is not signed by the owner key was refused',
    remedy: 'Somebody may be tampering. Check the console and the network in between.',
  },
  'keys.expired': {
    class: 'permanent',
    title: "The console's keys have run out",
    remedy: 'Renew the key set of the console with the owner key; devices take it with their next check-in.',
  },
  'keys.older': {
    class: 'permanent',
    title: 'An older key set was refused',
    remedy: 'A restored console needs a new epoch signed with the owner key (see the guide).',
  },
} as const satisfies Record<string, CodeRow>;
