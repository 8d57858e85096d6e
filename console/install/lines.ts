/**
 * The one line that an administrator pastes. It fetches the script into private hands, compares its SHA-256 with the one that
 * stands in the line itself, and only then runs it. The enrolment string goes in by standard input or in memory (G13).
 */
import { curlPins, quoteForPowerShell, quoteForShell } from '#console/install/script-text.ts';
import type { InstallSystem } from '#console/install/systems.ts';

export interface LineSettings {
  /** Where the script is: below the public address. */
  readonly url: string;
  /** Hex, of the script. */
  readonly sha256: string;
  readonly tlsPins: readonly string[];
}

/** Runs as root, by sudo where there is one. Nothing that is secret stands in an argument. */
function shellLine(system: InstallSystem, settings: LineSettings, feed: string, argument: string): string {
  const { url, sha256, tlsPins } = settings;
  const pins = tlsPins.length === 0 ? '' : ` -k --pinnedpubkey ${quoteForShell(curlPins(tlsPins))}`;
  const unchecked = tlsPins.length === 0 ? '' : ' --no-check-certificate';
  const source = quoteForShell(url);
  const check = system.os === 'macos' ? 'shasum -a 256' : 'sha256sum';
  const fetch = `{ curl -fsS${pins} -o "$d/i" ${source} || wget -q${unchecked} -O "$d/i" ${source}; }`;
  const compare = `{ echo "${sha256}  $d/i" | ${check} -c - >/dev/null || { echo "Not the script this line was made for; nothing was run. Make a new line." >&2; exit 65; }; }`;
  const run = `${feed}$(command -v sudo) sh "$d/i"${argument}`;
  return `(umask 077; d=$(mktemp -d) || exit; trap 'rm -rf "$d"' EXIT; ${fetch} || exit 69; ${compare}; ${run})`;
}

function powerShellLine({ url, sha256, tlsPins }: LineSettings, call: string): string {
  const point = '[Net.ServicePointManager]';
  const trust = tlsPins.length === 0 ? '' : `${point}::ServerCertificateValidationCallback = { $true }; `;
  const restore = tlsPins.length === 0 ? '' : ` ${point}::ServerCertificateValidationCallback = $null;`;
  const steps = [
    "$ErrorActionPreference = 'Stop'",
    `${point}::SecurityProtocol = 'Tls12'`,
    '$c = New-Object Net.WebClient',
    'if ($env:https_proxy) { $c.Proxy = New-Object Net.WebProxy $env:https_proxy }',
    `${trust}try { $b = $c.DownloadData(${quoteForPowerShell(url)}) } finally { $c.Dispose();${restore} }`,
    '$h = [BitConverter]::ToString([Security.Cryptography.SHA256]::Create().ComputeHash($b)).Replace("-", "")',
    `if ($h -ne '${sha256}') { throw 'Not the script this line was made for; nothing was run. Make a new line.' }`,
    `& ([scriptblock]::Create([Text.Encoding]::UTF8.GetString($b))) ${call}`,
  ];
  return `& { ${steps.join('; ')} }`;
}

export function installLine(system: InstallSystem, settings: LineSettings, enrolmentString: string): string {
  if (system.script === 'powershell')
    return powerShellLine(settings, `-Enrolment ${quoteForPowerShell(enrolmentString)} -Proxy "$env:https_proxy"`);
  const feed = `printf '%s\\n%s\\n' ${quoteForShell(enrolmentString)} "\${https_proxy-}" | `;
  return shellLine(system, settings, feed, '');
}

/** Holds no secret: the same for every device. */
export function uninstallLine(system: InstallSystem, settings: LineSettings): string {
  if (system.script === 'powershell') return powerShellLine(settings, '-Uninstall');
  return shellLine(system, settings, '', ' uninstall');
}
