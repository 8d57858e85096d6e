/** Which lines of a long log are worth keeping for people. Pure. */

const charactersMax = 8 * 1024;
const linesBefore = 25;
const linesAfter = 5;

/** Verbose log of msiexec: what led to the first action that failed, and how it ended. */
export function failedActionLines(log: string): string {
  const lines = log.split(/\r?\n/);
  const at = lines.findIndex((line) => /Return value 3\.\s*$/.test(line));
  if (at === -1) return log.slice(-charactersMax / 2);
  const around = lines.slice(Math.max(0, at - linesBefore), at + linesAfter).join('\n');
  return `${around.slice(-charactersMax / 2)}\n[…]\n${log.slice(-charactersMax / 4)}`;
}

/** /var/log/install.log: lines of the installer and of what it runs; the rest belongs to updates and other software. */
export function installerLines(log: string): string {
  const kept = log
    .split('\n')
    .filter((line) =>
      / (?:installer|installd|system_installd|package_script_service|PackageKit)\[\d+\]|PKInstallErrorDomain|^--- |^\(/.test(
        line,
      ),
    );
  return kept.join('\n').slice(-charactersMax);
}
