/**
 * The one line that an administrator pastes. It fetches the script into the hands of root, compares its SHA-256 with the
 * one that stands in the line itself, and only then runs it. The enrolment string goes in by standard input or in memory (G13).
 */
import { Fault } from '#protocol/codes.ts';
import { curlPins, quoteForPowerShell, quoteForShell } from '#console/install/script-text.ts';
import type { InstallSystem } from '#console/install/systems.ts';

export interface LineSettings {
  /** Where the script is: below the public address. */
  readonly url: string;
  /** Hex, of the script. */
  readonly sha256: string;
  readonly tlsPins: readonly string[];
}

/** A script is a few kilobytes. In blocks of 512 bytes, of some shells of 1024. */
const scriptBlocksMax = 2048;
/** Of an address that may stand between quotes of any kind. */
const plainAddress = /^[A-Za-z0-9:/.[\]_-]+$/;
const cleanPath = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * What the shell of root does: all of it, so that nobody else can change what was compared before it runs. It reads the
 * string and a proxy from standard input, works in a directory of its own below /tmp (where nobody may move what belongs
 * to others), and has nothing of the caller's environment. No apostrophe in it: it is handed over between two.
 */
export function shellSteps(system: InstallSystem, settings: LineSettings, argument: string): string {
  const { url, sha256, tlsPins } = settings;
  if (!plainAddress.test(url)) throw new Fault('internal', `${url} is no address for a shell`);
  const pins = tlsPins.length === 0 ? '' : ` -k --pinnedpubkey "${curlPins(tlsPins)}"`;
  const unchecked = tlsPins.length === 0 ? '' : ' --no-check-certificate';
  const check = system.os === 'macos' ? 'shasum -a 256' : 'sha256sum';
  const [curl, wget] = [`curl -qfsS${pins} -o "$d/i" "${url}"`, `wget -q${unchecked} -O "$d/i" "${url}"`];
  const why = 'Not the script this line was made for; nothing was run. Make a new line.';
  return [
    'umask 077; IFS= read -r e; IFS= read -r p; d=$(mktemp -d /tmp/garrison.XXXXXXXXXX) || exit',
    String.raw`trap "rm -rf \"\$d\"" EXIT`,
    `(ulimit -f ${scriptBlocksMax}; export HOME="$d" https_proxy="$p"; ${curl} || ${wget}) || exit 69`,
    `echo "${sha256}  $d/i" | ${check} -c - >/dev/null || { echo "${why}" >&2; exit 65; }`,
    String.raw`printf "%s\n%s\n" "$e" "$p" | sh "$d/i"${argument}`,
  ].join('; ');
}

/** As root already, or by sudo where there is one. Nothing that is secret stands in an argument. */
function shellLine(system: InstallSystem, settings: LineSettings, enrolmentString: string, argument: string): string {
  const feed = `printf '%s\\n%s\\n' ${quoteForShell(enrolmentString)} "\${https_proxy-}"`;
  // Many have an alias of that name, and would get its text.
  const asRoot = '$(test "$(/usr/bin/id -u)" = 0 || { unalias -a; command -v sudo; })';
  return `${feed} | ${asRoot} /usr/bin/env -i ${cleanPath} sh -c '${shellSteps(system, settings, argument)}'`;
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
  return shellLine(system, settings, enrolmentString, '');
}

/** Holds no secret: the same for every device. */
export function uninstallLine(system: InstallSystem, settings: LineSettings): string {
  if (system.script === 'powershell') return powerShellLine(settings, '-Uninstall');
  return shellLine(system, settings, '', ' uninstall');
}
