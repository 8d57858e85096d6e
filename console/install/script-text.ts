/** The script of an install line: a fixed text with the settings of this console and of one release written into it. */
import { Fault } from '#protocol/codes.ts';
import type { InstallScript, PackageKind } from '#console/install/systems.ts';

export interface OfferedPackage {
  readonly target: string;
  readonly kind: PackageKind;
  /** Hex. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

export interface ScriptSettings {
  /** Origin from the signed key set, never from a request (G13). */
  readonly address: string;
  readonly consoleId: string;
  /** Of the agent. */
  readonly version: string;
  /** SHA-256 (hex) of public keys of the console's certificate; none: the system's authorities decide. */
  readonly tlsPins: readonly string[];
  readonly packages: readonly OfferedPackage[];
}

const marker = '# @SETTINGS@';

export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export function quoteForPowerShell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** As curl wants them: `sha256//BASE64;sha256//BASE64`. */
export function curlPins(tlsPins: readonly string[]): string {
  return tlsPins.map((hex) => `sha256//${Buffer.from(hex, 'hex').toString('base64')}`).join(';');
}

function shellSettings(settings: ScriptSettings): string[] {
  const rows = settings.packages.map(
    ({ target, kind, sha256, sizeBytes }) => `${target} ${kind} ${sha256} ${sizeBytes}`,
  );
  return [
    `address=${quoteForShell(settings.address)}`,
    `console=${quoteForShell(settings.consoleId)}`,
    `version=${quoteForShell(settings.version)}`,
    `pins=${quoteForShell(curlPins(settings.tlsPins))}`,
    `packages=${quoteForShell(rows.join('\n'))}`,
  ];
}

function powerShellSettings(settings: ScriptSettings): string[] {
  const rows = settings.packages.map(
    ({ target, sha256, sizeBytes }) =>
      `  @{ system = ${quoteForPowerShell(target)}; sha256 = ${quoteForPowerShell(sha256)}; size = ${sizeBytes} }`,
  );
  return [
    `$address = ${quoteForPowerShell(settings.address)}`,
    `$console = ${quoteForPowerShell(settings.consoleId)}`,
    `$version = ${quoteForPowerShell(settings.version)}`,
    `$pinned = $${settings.tlsPins.length > 0}`,
    '$packages = @(',
    rows.join(',\n'),
    ')',
  ];
}

const writers: Readonly<Record<InstallScript, (settings: ScriptSettings) => string[]>> = {
  sh: shellSettings,
  powershell: powerShellSettings,
};

/** The same settings always give the same bytes: the line names their SHA-256. */
export function scriptText(script: InstallScript, template: string, settings: ScriptSettings): string {
  const lines = writers[script](settings);
  const parts = template.split(marker);
  if (parts.length !== 2)
    throw new Fault('internal', 'the template of the install script has no single place for its settings');
  return parts.join(lines.join('\n'));
}
