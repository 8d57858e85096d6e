import { isRedirected, programFiles, systemDrive, systemRoot } from '#platform/windows/system-root.ts';
import { Fault } from '#protocol/codes.ts';

/** Names that would change what a child loads or where it looks; a recipe that asks for one is a mistake of ours. */
const reserved =
  /^(?:PATH|PATHEXT|COMSPEC|SYSTEM.*|WINDIR|TEMP|TMP|PSMODULEPATH|PROGRAM.*|COMMON.*|USER.*|HOME.*|APPDATA|LOCALAPPDATA|NODE_.*|OPENSSL_.*|COR_.*|CORECLR_.*|COMPLUS_.*|__COMPAT_LAYER)$/;

export interface EnvironmentParts {
  /** A directory that only administrators write: TEMP and profile of the child. */
  readonly home: string;
  /** From the local configuration only, never from our own environment. */
  readonly proxy: string | null;
  readonly added?: Readonly<Record<string, string>>;
}

/**
 * A child's environment, built from nothing. The runtime hands on what it misses of its own list of variables (PATH, TEMP,
 * USERPROFILE, LOGONSERVER …), so every one of those stands here. Modules of PowerShell are found in the system's own
 * directory only.
 */
export function windowsEnvironment(parts: EnvironmentParts): Record<string, string> {
  const root = systemRoot();
  const drive = systemDrive();
  // As the child sees it: a 64-bit program that a 32-bit one starts knows no Sysnative.
  const system = `${root}\\System32`;
  const environment: Record<string, string> = {
    SystemRoot: root,
    SystemDrive: drive,
    windir: root,
    ComSpec: `${system}\\cmd.exe`,
    PATH: [system, root, `${system}\\Wbem`, `${system}\\WindowsPowerShell\\v1.0`].join(';'),
    PATHEXT: '.COM;.EXE',
    PSModulePath: `${system}\\WindowsPowerShell\\v1.0\\Modules`,
    ProgramData: `${drive}\\ProgramData`,
    ALLUSERSPROFILE: `${drive}\\ProgramData`,
    ...programFolders(drive),
    TEMP: parts.home,
    TMP: parts.home,
    USERPROFILE: parts.home,
    APPDATA: `${parts.home}\\AppData\\Roaming`,
    LOCALAPPDATA: `${parts.home}\\AppData\\Local`,
    HOMEDRIVE: drive,
    HOMEPATH: parts.home.startsWith(drive) ? parts.home.slice(drive.length) : '\\',
    USERNAME: 'SYSTEM',
    USERDOMAIN: 'NT AUTHORITY',
    LOGONSERVER: '',
    OS: 'Windows_NT',
  };
  if (parts.proxy !== null) for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) environment[name] = parts.proxy;
  for (const [name, value] of Object.entries(parts.added ?? {})) {
    if (!/^[A-Z][A-Z0-9_]*$/.test(name) || reserved.test(name) || value.includes('\0')) {
      throw new Fault('agent.defect', `a child's environment must not hold ${JSON.stringify(name)}`);
    }
    environment[name] = value;
  }
  return environment;
}

/** The profile of the system itself, which is nobody else's to write; PowerShell keeps what it knows of modules there. */
export function systemProfile(): string {
  return `${systemRoot()}\\System32\\config\\systemprofile`;
}

function programFolders(drive: string): Record<string, string> {
  const whole = programFiles();
  const own = isRedirected() ? `${drive}\\Program Files (x86)` : whole;
  return {
    ProgramFiles: own,
    ProgramW6432: whole,
    'ProgramFiles(x86)': `${drive}\\Program Files (x86)`,
    CommonProgramFiles: `${own}\\Common Files`,
    CommonProgramW6432: `${whole}\\Common Files`,
  };
}
