/**
 * Exit codes of the vendor's Windows installer since 22.1, as the vendor documents them (article 000008704). Its classes are
 * ours. Numbers of tasks in the vendor's console (9999…, 25xx) are no exit codes and stand in no row: they are unknown.
 */
import type { ExitMeaning } from '#installers/vendor.ts';
import {
  afterReboot,
  alreadyThere,
  degraded,
  done,
  doneReboot,
  download,
  fault,
  few,
  never,
  once,
  twiceThenReboot,
  waits,
  withArguments,
} from '#installers/sentinelone/exit/meaning.ts';

const staged: Readonly<Record<number, ExitMeaning>> = {
  0: done('installed'),
  12: done('upgraded without a reinstallation'),
  100: doneReboot('the old agent is removed; the new one goes on installing after a restart'),
  101: doneReboot('a restart is needed to go on'),
  102: doneReboot('a restart is needed'),
  103: doneReboot('a restart is needed to finish removing the old agent'),
  104: doneReboot('an earlier run still owes a restart'),
  200: fault('install.reboot-needed', 'the removal of an old agent ends with a restart', afterReboot),
  201: fault('install.failed', "the installer's own diagnosis failed", never),
  202: done('folders of an old agent were removed'),
  203: fault('install.reboot-needed', 'folders of an old agent are removed with the next restart', afterReboot),
  204: fault('install.failed', 'internal error of the installer', once),
  205: fault('install.cancelled', 'cancelled by a user', few),
  206: fault('install.bad-arguments', 'the command line was not understood', never),
};

const before: Readonly<Record<number, ExitMeaning>> = {
  1000: alreadyThere('the same or a newer version is there'),
  1001: fault('install.older-than-installed', 'the assigned version is too old to go back to', never),
  1002: fault('install.busy', 'another SentinelOne installer is running', waits),
  1003: fault('install.busy', 'another Windows Installer run is active', waits),
  1004: fault('install.bad-arguments', 'the installer properties are wrong', never),
  1005: fault('install.old-agent-locked', 'the passphrase of the old agent is wrong', never),
  1006: fault('install.failed', 'internal error of the installer', once),
  1009: fault('install.system-broken', 'the Task Scheduler folders of SentinelOne cannot be opened', never),
};

const during: Readonly<Record<number, ExitMeaning>> = {
  2000: fault('install.failed', 'general failure', twiceThenReboot),
  2001: fault('install.failed', 'the upgrade failed', once),
  2002: fault('install.left-bare', 'the old agent is gone and the new one failed: nothing protects now', afterReboot),
  2003: fault('install.leftovers', 'the old agent could not be removed', afterReboot),
  2004: fault('install.leftovers', 'the old agent can only be removed in Safe Mode', never),
  2005: fault('install.old-agent-locked', 'the SentinelOne console has not approved the upgrade', few),
  2006: fault(
    'install.leftovers',
    'the configuration of an old agent was not found',
    withArguments('--dont_fail_on_config_preserving_failures'),
  ),
  2007: fault('install.failed', 'unexpected failure; the vendor asks for a restart', afterReboot),
  2008: fault('token.malformed', 'the installer says that it got no site token', never),
  2009: fault('install.leftovers', 'the id of an old agent cannot be read', withArguments('--dont_preserve_agent_uid')),
  // We always pass -q: whoever still wants a desktop did not understand us.
  2010: fault('install.bad-arguments', 'the installer wants an interactive desktop', never),
  2011: fault('install.system-outdated', "Windows does not accept the installer's certificates", download),
  2012: fault('install.leftovers', 'the version of an old agent cannot be read', withArguments('--force')),
  2013: fault('install.too-few-resources', 'not enough resources', few),
  2014: fault('install.interfered', 'the installer could not unpack itself', download),
  2015: fault('install.unsupported-system', "the system does not meet the installer's requirements", never),
  2016: fault('install.system-outdated', 'the Windows update KB2533623 is missing', never),
  2017: fault('install.failed', 'a library could not be loaded', once),
  2018: fault('install.older-than-installed', 'going back to the assigned version failed', never),
  2019: fault('install.old-agent-locked', 'the SentinelOne console has not approved the upgrade', few),
  2020: fault('install.no-space', 'too little space on the system drive', waits),
  2021: fault('install.old-agent-locked', 'the SentinelOne console has not approved the upgrade', few),
  2022: fault('install.failed', 'an App Container could not be made', once),
  2023: fault('install.no-space', 'too little space on the system drive', waits),
  2024: fault('install.old-agent-locked', 'a signed message of the console was not accepted', never),
  2025: fault('install.old-agent-locked', 'the offline authorisation was not accepted', never),
  2026: fault('install.failed', 'the ISAPI filter of an old agent could not be removed', once),
  2027: degraded('install.disabled', 'installed, but the agent is disabled'),
  2028: degraded('install.disabled', 'upgraded, but the agent is disabled'),
  2029: fault('install.interfered', 'no work folder could be made in the Temp folder of Windows', once),
  2030: fault('install.interfered', 'the installer cannot open its own files', few),
  2031: fault('install.system-broken', 'the Task Scheduler folders of SentinelOne cannot be opened', never),
  2032: fault('install.failed', 'its log file cannot be opened', once),
};

export const exeRows: Readonly<Record<number, ExitMeaning>> = { ...staged, ...before, ...during };
