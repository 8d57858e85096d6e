/** Paths as Windows' databases hold them: quoted, with variables, in the kernel's spelling, with arguments behind. */

export interface SystemFolders {
  /** "C:\\Windows" */
  readonly root: string;
  /** System32 of the machine, as this process reaches it. */
  readonly system: string;
  /** "C:" */
  readonly drive: string;
}

const drivePath = /^[A-Za-z]:\\/;

/**
 * Places a program may stand at, most likely first; several where the text depends on who reads it (`%ProgramFiles%` of a
 * 32-bit program is another folder). Empty for what is no path on a drive: a share, an address, another scheme.
 */
export function placesOf(text: string, folders: SystemFolders): readonly string[] {
  const bare = text
    .trim()
    .replace(/^"([^"]*)".*$/s, '$1')
    .replace(/^(?:\\\\\?\\|\\\?\?\\)(?=[A-Za-z]:)/, '');
  const rooted = bare
    .replace(/^\\?SystemRoot(?=\\)/i, '%SystemRoot%')
    .replace(/^system32(?=\\)/i, '%SystemRoot%\\System32');
  const found = variants(rooted, folders)
    .map((path) => throughSystem(path, folders))
    .filter((path) => drivePath.test(path) && !path.split('\\').includes('..'));
  return [...new Set(found)];
}

/** The program of a service's `ImagePath`, without its arguments. */
export function programOf(imagePath: string, folders: SystemFolders): readonly string[] {
  const text = imagePath.trim();
  if (text.startsWith('"')) return placesOf(text, folders);
  // Unquoted with blanks in it: the program ends with its own ending.
  const program = /^.*?\.(?:exe|sys|dll|com)(?=\s|$)/i.exec(text)?.[0] ?? text;
  return placesOf(program, folders);
}

function variants(path: string, { root, drive }: SystemFolders): readonly string[] {
  const values: Readonly<Record<string, readonly string[]>> = {
    systemroot: [root],
    windir: [root],
    systemdrive: [drive],
    programdata: [`${drive}\\ProgramData`],
    allusersprofile: [`${drive}\\ProgramData`],
    programfiles: [`${drive}\\Program Files`, `${drive}\\Program Files (x86)`],
    programw6432: [`${drive}\\Program Files`],
    'programfiles(x86)': [`${drive}\\Program Files (x86)`],
    commonprogramfiles: [`${drive}\\Program Files\\Common Files`, `${drive}\\Program Files (x86)\\Common Files`],
  };
  const found = /^%([^%]+)%(.*)$/s.exec(path);
  if (found === null) return [path];
  return (values[(found[1] ?? '').toLowerCase()] ?? []).map((value) => `${value}${found[2] ?? ''}`);
}

/** A 32-bit process is shown another folder under the name of System32. */
function throughSystem(path: string, { root, system }: SystemFolders): string {
  const named = `${root}\\System32\\`;
  return path.toLowerCase().startsWith(named.toLowerCase()) ? `${system}\\${path.slice(named.length)}` : path;
}
