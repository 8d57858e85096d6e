/** How the vendor's macOS package is installed. */
import type { InstallerExit, Recipe, TokenHandover } from '#installers/vendor.ts';
import { classifyMacosExit } from '#installers/sentinelone/exit/macos.ts';
import { installLogSince } from '#installers/sentinelone/recipes/install-log.ts';
import { installerLines } from '#installers/sentinelone/recipes/log-lines.ts';
import { requireTokenText } from '#installers/sentinelone/site-token.ts';

/** The package's own check of the volume. */
const freeBytesMin = 2 * 1024 ** 3;
const overdueAfterMs = 30 * 60_000;

/** The package looks for exactly this name in its own directory: no extension, the token as the only content. */
const tokenFile = 'com.sentinelone.registration-token';

function handOver(token: string): TokenHandover {
  requireTokenText(token);
  return { files: [{ name: tokenFile, content: token }], argumentFile: null, environment: {} };
}

export const macosRecipes: readonly Recipe[] = [
  {
    format: 'pkg',
    install: [{ program: 'installer', args: ['-pkg', '{package}', '-target', '/'] }],
    repair: () => [],
    // The vendor upgrades a living agent by its own control program; the package is not laid over one.
    repairRefusal: 'half installed; the package must not be laid over a living agent: remove the rest first',
    packageLies: 'run',
    overdueAfterMs,
    freeBytesMin,
    logs: ['/var/log/install.log'],
    runLogs: [],
    // The whole system writes there: of the last lines few may be ours.
    logBytesMax: 64 * 1024,
    since: installLogSince,
    keep: installerLines,
    exitCodeFiles: [],
    handOver,
    classify: (exit: InstallerExit) => classifyMacosExit(exit),
  },
];
