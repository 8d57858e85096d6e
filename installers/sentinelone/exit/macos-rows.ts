/**
 * Phrases of installer(8) and numbers of Apple's install log as rows. First row that matches is the meaning. The numbers
 * come first: they are the same in every language of the system.
 */
import type { ExitMeaning } from '#installers/vendor.ts';
import { download, fault, few, never, once, waits } from '#installers/sentinelone/exit/meaning.ts';

/** By the number of `PKInstallErrorDomain`. Apple documents none; these were seen in public logs. */
export const domainRows: Readonly<Record<number, ExitMeaning>> = {
  102: fault('install.forbidden', 'macOS does not trust the package', never),
  112: fault('install.scriptlet-failed', 'a script of the package failed', once),
  120: fault('install.failed', 'moving the files into place failed', few),
  200: fault('install.system-broken', 'the installation service of macOS cannot be reached', few),
  201: fault('install.system-broken', 'the installation service of macOS cannot be started', few),
};

export interface PhraseRow {
  readonly pattern: RegExp;
  readonly meaning: ExitMeaning;
}

export const phraseRows: readonly PhraseRow[] = [
  {
    pattern: /Task has exceeded its \d{1,6} seconds of runtime/,
    meaning: fault('install.scriptlet-failed', 'a script of the package ran longer than macOS allows', once),
  },
  {
    pattern:
      /another install(?:ation|er)? (?:is )?(?:already )?(?:in progress|running)|installer is already running|PKInstall.{0,60}already running/i,
    meaning: fault('install.busy', 'another installation is running', waits),
  },
  {
    pattern: /not enough (?:free )?(?:disk )?space|requires [\d.]+ ?[KMG]B of (?:free )?space|No space left on device/i,
    meaning: fault('install.no-space', 'the disk is full', waits),
  },
  {
    pattern:
      /is not signed|untrusted|Gatekeeper|signature .{0,40}(?:invalid|revoked|rejected)|certificate .{0,40}(?:expired|revoked)/i,
    meaning: fault('install.forbidden', 'macOS does not accept the signature of the package', never),
  },
  {
    pattern:
      /Cannot install on volume .{1,200} because it is disabled|requires (?:macOS|Mac OS X|OS ?X) ?[\d.]+|can(?:'|’)?t be installed on this (?:computer|disk)/i,
    meaning: fault('install.unsupported-system', 'the package does not run on this version of macOS', never),
  },
  {
    pattern: /the package path specified was invalid|could not be opened|no software found to install/i,
    meaning: fault('package.unreadable', 'the package cannot be opened', download),
  },
  {
    pattern: /must be run as root|requires authentication as root/i,
    meaning: fault('install.bad-arguments', 'installer was not run as root', never),
  },
  {
    pattern: /^usage: installer|unrecognized option|illegal option/im,
    meaning: fault('install.bad-arguments', 'the arguments were not understood', never),
  },
  {
    pattern: /Read-only file system/i,
    meaning: fault('install.read-only-system', 'the file system is read-only', never),
  },
];
