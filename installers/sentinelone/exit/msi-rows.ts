/** Exit codes of msiexec, as Microsoft documents them ("Error codes" of Windows Installer). Its classes are ours. */
import type { ExitMeaning } from '#installers/vendor.ts';
import {
  afterReboot,
  alreadyThere,
  done,
  doneReboot,
  download,
  fault,
  few,
  never,
  once,
  onceThenReboot,
  waits,
} from '#installers/sentinelone/exit/meaning.ts';

export const msiRows: Readonly<Record<number, ExitMeaning>> = {
  0: done('installed'),
  // The machine goes down by itself then: what was noted before that must be enough.
  1641: doneReboot('installed; a restart has been started'),
  3010: doneReboot('installed; a restart is needed'),
  1601: fault('install.system-broken', 'the Windows Installer service cannot be reached', few),
  1602: fault('install.cancelled', 'cancelled by a user', few),
  1603: fault('install.failed', 'fatal error', onceThenReboot),
  1604: fault('install.reboot-needed', 'suspended before it was complete', afterReboot),
  // Said of a removal. Nothing we ask for can mean it, and nothing was installed.
  1605: fault('install.failed', 'says that the product is not installed', once),
  1612: fault('package.unreadable', 'the source of the installation is missing', download),
  1613: fault('install.system-outdated', 'the Windows Installer is too old', never),
  1618: fault('install.busy', 'another Windows Installer run is active', waits),
  1619: fault('package.unreadable', 'the package cannot be opened', download),
  1620: fault('package.unreadable', 'the package is not valid', download),
  // Its log lies in the private directory of its run, so that another run has another one.
  1622: fault('install.failed', 'its log file cannot be opened', once),
  1624: fault('install.wrong-package', 'a transform cannot be applied', never),
  1625: fault('install.forbidden', 'a policy of Windows Installer forbids it', never),
  1633: fault('install.wrong-package', 'the package is for another processor', never),
  1638: alreadyThere('another version of the product is there'),
  1639: fault('install.bad-arguments', 'the command line was not understood', never),
  1640: fault('install.forbidden', 'a policy of Windows forbids it in a remote session', never),
  1642: fault('install.wrong-package', 'the patch does not apply to what is installed', never),
  1654: fault('install.wrong-package', 'not supported on this processor', never),
};
