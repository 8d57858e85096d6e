/** The console as a package of Debian's. Everything in it belongs to root; the console's own user writes its state alone. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cache, root } from '../build/runtime.ts';
import { commitSeconds } from './commit.ts';
import { type Architecture, buildConsole, type ConsoleProgram } from './console-program.ts';
import {
  consoleName,
  consoleUnit,
  consoleUnitName,
  launcher,
  programDirectory,
  settingsDirectory,
  stateDirectory,
  sysusers,
} from './console-unit.ts';
import type { PackagedFile } from './contents.ts';
import { debVersion, packDeb } from './deb.ts';

const running = '[ -d /run/systemd/system ]';
const sysusersFile = `/usr/lib/sysusers.d/${consoleName}.conf`;

/** A console that somebody has stopped stays so through an upgrade. The user is never removed: files may still be its own. */
const scripts = {
  postinst: `[ "$1" = configure ] || exit 0
systemd-sysusers ${sysusersFile}
chown root:${consoleName} ${settingsDirectory}
chmod 750 ${settingsDirectory}
install -d -m 700 -o ${consoleName} -g ${consoleName} ${stateDirectory}
if [ -z "$2" ] && command -v systemctl >/dev/null; then systemctl enable --quiet ${consoleUnitName} || true; fi
if ${running}; then
  systemctl daemon-reload
  if [ -z "$2" ]; then systemctl start ${consoleUnitName}; else systemctl try-restart ${consoleUnitName}; fi
fi`,
  prerm: `[ "$1" = remove ] || exit 0
if ${running}; then systemctl disable --quiet --now ${consoleUnitName}
elif command -v systemctl >/dev/null; then systemctl disable --quiet ${consoleUnitName} || true; fi`,
  postrm: `if ${running}; then systemctl daemon-reload; fi
if [ "$1" = purge ]; then rm -rf ${stateDirectory} ${settingsDirectory}; fi`,
} as const;

/** What Node 24 needs of the system, and who makes the user: systemd, or its one tool where a container has no systemd. */
const depends = [
  'libc6 (>= 2.28)',
  'libstdc++6 (>= 8)',
  'util-linux',
  'ca-certificates',
  'systemd-standalone-sysusers | systemd',
];

function filesBelow(directory: string, target: string): PackagedFile[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({ path: join(target, relative(directory, file)), mode: 0o644, content: { file } }));
}

function consoleFiles({ program, page, node, licenses }: ConsoleProgram): readonly PackagedFile[] {
  const text = (path: string, content: string, mode = 0o644): PackagedFile => ({
    path,
    mode,
    content: { text: content },
  });
  return [
    { path: `${programDirectory}/node`, mode: 0o755, content: { file: node } },
    ...filesBelow(program, `${programDirectory}/program`),
    ...filesBelow(page, `${programDirectory}/page`),
    text(`/usr/sbin/${consoleName}`, launcher, 0o755),
    text(`/usr/lib/systemd/system/${consoleUnitName}`, consoleUnit()),
    text(sysusersFile, sysusers),
    text(`/usr/share/doc/${consoleName}/copyright`, licenses),
  ];
}

export interface ConsolePackageOptions {
  /** Minutes of xz; tests do without. */
  readonly compress: boolean;
  /** Default: amd64. */
  readonly architecture?: Architecture;
  /** Default: that of `package.json`, into `dist/`. Tests make a newer one, which never lies beside what is shipped. */
  readonly version?: string;
}

/** Builds program, page and package; returns the file. */
export async function packageConsole(options: ConsolePackageOptions): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const version = options.version ?? manifest.version;
  const architecture = options.architecture ?? 'amd64';
  const folder = join(root, 'dist', options.version === undefined ? '' : 'test');
  const output = join(folder, `${consoleName}_${debVersion(version)}_${architecture}.deb`);
  for (const one of [folder, cache]) mkdirSync(one, { recursive: true });
  const work = mkdtempSync(join(cache, 'package-'));
  try {
    const files = consoleFiles(await buildConsole(work, version, architecture));
    packDeb(
      {
        name: consoleName,
        version,
        architecture,
        depends,
        summary: 'Says which devices get which endpoint protection, and shows what became of it',
        scripts,
        files,
        directories: [{ path: settingsDirectory, mode: 0o755 }],
        epochSeconds: commitSeconds(),
        compress: options.compress,
        output,
      },
      work,
    );
    return output;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
