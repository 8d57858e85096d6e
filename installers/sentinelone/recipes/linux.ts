/** How deb and rpm packages are installed and repaired. */
import type { InstallerExit, ExitMeaning, Recipe, TokenHandover } from '#installers/vendor.ts';
import type { Invocation, PackageState } from '#platform/platform.ts';
import { classifyLinuxExit } from '#installers/sentinelone/exit/linux.ts';
import { requireTokenText } from '#installers/sentinelone/site-token.ts';

/** Seen installers take one to five minutes; slow disks and a full first scan of a server more. */
const overdueAfterMs = 30 * 60_000;
/** The vendor asks for 2 GB on the file system of /opt/sentinelone; the package file comes on top where it is kept. */
const freeBytesMin = 2 * 1024 ** 3;
/** A package manager that starts in between is waited for this long; then it is `install.busy`. */
const lockSeconds = 60;

const configFile = 'sentinelone-install.conf';

/** The vendor's script writes the first of these and moves it to the second when it succeeds. */
const vendorLogs = ['/tmp/sentinel_install.log', '/opt/sentinelone/log/install.log'];

/**
 * dpkg: an earlier agent's configuration is kept, a newer agent never replaced by an older one. apt: nothing is removed
 * or added that the package does not need.
 */
const dpkgInstall: Invocation = {
  program: 'dpkg',
  args: ['--refuse-downgrade', '--force-confold', '--install', '{package}'],
};

const debInstall: readonly Invocation[] = [
  {
    program: 'apt-get',
    args: [
      'install',
      '-y',
      '-q',
      '--no-remove',
      '--no-install-recommends',
      '-o',
      `DPkg::Lock::Timeout=${lockSeconds}`,
      '-o',
      'Dpkg::Options::=--force-confold',
      '{package}',
    ],
  },
  dpkgInstall,
];

/**
 * `exit_on_lock` turns an endless wait into code 200. The signature was checked against our own keyring before; what the
 * system's policy asks on top (`localpkg_gpgcheck`) stays in force.
 */
const dnfArguments = [
  'install',
  '-y',
  '-q',
  '--setopt=exit_on_lock=True',
  '--setopt=install_weak_deps=False',
  '{package}',
];

const rpmInstall: readonly Invocation[] = [
  { program: 'dnf', args: dnfArguments },
  // No weak dependencies in yum 3, and it refuses unknown options.
  { program: 'yum', args: ['install', '-y', '--setopt=exit_on_lock=True', '{package}'] },
  // SUSE: plain rpm, as the vendor does it; zypper would ask about unsigned headers.
  { program: 'rpm', args: ['-i', '{package}'] },
];

/** Unpacked but not configured: only its own last script is run again, never another package's (`--configure -a`). */
function debRepair(state: PackageState): readonly Invocation[] {
  if (state.state === 'absent') return debInstall;
  // dpkg's three letters: wish, state, error flag; R means it must be unpacked again.
  const unpackedWhole = /^.[UFWt]/.test(state.detail) && !state.detail.endsWith('R');
  if (unpackedWhole) return [{ program: 'dpkg', args: ['--force-confold', '--configure', 'sentinelagent'] }];
  return [dpkgInstall];
}

/** rpm has no half state of its own: the same package is laid down again. `-U` refuses an older one over a newer one. */
function rpmRepair(state: PackageState): readonly Invocation[] {
  if (state.state === 'absent') return rpmInstall;
  return [{ program: 'rpm', args: ['-U', '--replacepkgs', '{package}'] }];
}

/**
 * The token goes in by the vendor's configuration file: never by argv, which every user can read, and not by the
 * environment, which every child of the package manager would inherit.
 */
function handOver(token: string): TokenHandover {
  requireTokenText(token);
  return {
    argumentFile: null,
    files: [{ name: configFile, content: `S1_AGENT_MANAGEMENT_TOKEN=${token}\nS1_AGENT_AUTO_START=true\n` }],
    environment: {
      S1_AGENT_INSTALL_CONFIG_PATH: `{directory}/${configFile}`,
      DEBIAN_FRONTEND: 'noninteractive',
      // Ubuntu's needrestart would restart the customer's services after any package.
      NEEDRESTART_SUSPEND: '1',
    },
  };
}

const linux = {
  overdueAfterMs,
  freeBytesMin,
  handOver,
  packageLies: 'cache',
  runLogs: [],
  logBytesMax: 4 * 1024,
  keep: (log: string) => log,
  exitCodeFiles: [],
  repairRefusal: null,
} as const;

export const linuxRecipes: readonly Recipe[] = [
  {
    ...linux,
    format: 'deb',
    install: debInstall,
    repair: debRepair,
    logs: [...vendorLogs, '/var/log/apt/term.log', '/var/log/dpkg.log'],
    classify: (exit: InstallerExit): ExitMeaning => classifyLinuxExit('deb', exit),
  },
  {
    ...linux,
    format: 'rpm',
    install: rpmInstall,
    repair: rpmRepair,
    logs: [...vendorLogs, '/var/log/dnf.rpm.log', '/var/log/dnf.log', '/var/log/yum.log'],
    classify: (exit: InstallerExit): ExitMeaning => classifyLinuxExit('rpm', exit),
  },
];
