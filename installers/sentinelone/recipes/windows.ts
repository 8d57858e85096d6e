/** How the vendor's Windows packages are installed: the EXE (22.1 and newer, with the rich exit codes) and the MSI. */
import type { InstallerExit, Recipe, TokenHandover } from '#installers/vendor.ts';
import { classifyWindowsExit } from '#installers/sentinelone/exit/windows.ts';
import { failedActionLines } from '#installers/sentinelone/recipes/log-lines.ts';
import { requireTokenText } from '#installers/sentinelone/site-token.ts';

/** The vendor's installer asks for 2 GB on the system drive; the package and its unpacking come on top. */
const freeBytesMin = 2 * 1024 ** 3;
const exeOverdueAfterMs = 30 * 60_000;
/** msiexec was seen not to return although the installation had ended: it is said early, and the facts decide. */
const msiOverdueAfterMs = 10 * 60_000;

const tokenFile = 'site-token';
const msiLog = 'installer.log';

/**
 * A second run on a half-removed Windows machine is the dangerous one: it is how the vendor's 2002, the machine left bare,
 * comes about. What is half there goes on by itself after a restart or needs a person.
 */
const repairRefusal =
  'half installed; a second run of the installer could leave the machine without any agent: restart it, or remove the rest first';

/** Both take the token by argument only: it is there for as long as the installer runs, and nowhere else. */
function handOver(token: string): TokenHandover {
  requireTokenText(token);
  return { files: [{ name: tokenFile, content: token }], argumentFile: tokenFile, environment: {} };
}

const windows = {
  freeBytesMin,
  handOver,
  repair: () => [],
  repairRefusal,
  packageLies: 'cache',
} as const;

export const windowsRecipes: readonly Recipe[] = [
  {
    ...windows,
    format: 'exe',
    // Never restarts by itself: that would be -b. Quiet works only together with a token.
    install: [{ program: '{package}', args: ['-t', '{token}', '-q'] }],
    overdueAfterMs: exeOverdueAfterMs,
    logs: ['C:\\Windows\\Temp\\SentinelOneInstaller*.log', 'C:\\Windows\\Temp\\SentinelInstaller*.log'],
    runLogs: [],
    logBytesMax: 8 * 1024,
    keep: (log: string) => log,
    exitCodeFiles: [
      { path: 'C:\\Windows\\Temp\\SC-after-reboot-exit-code.txt', stage: 'after-reboot' },
      { path: 'C:\\Windows\\Temp\\SC-exit-code.txt', stage: 'run' },
    ],
    classify: (exit: InstallerExit) => classifyWindowsExit('exe', exit),
  },
  {
    ...windows,
    format: 'msi',
    install: [
      {
        program: 'msiexec',
        args: ['/i', '{package}', '/qn', '/norestart', '/L*V', `{directory}\\${msiLog}`, 'SITE_TOKEN={token}'],
      },
    ],
    overdueAfterMs: msiOverdueAfterMs,
    logs: [],
    // Verbose logs hold every property, the token among them.
    runLogs: [msiLog],
    // Two bytes a letter, and what failed first stands far from the end.
    logBytesMax: 4 * 1024 ** 2,
    keep: failedActionLines,
    exitCodeFiles: [],
    classify: (exit: InstallerExit) => classifyWindowsExit('msi', exit),
  },
];
