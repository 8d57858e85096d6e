/** Stand-in vendor packages for Windows: one small program, as an installer of its own and inside an MSI, for both processors. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { NtExecutable, NtExecutableResource, Resource } from 'resedit';
import { runTool } from '#test/worlds/sentinelone/packages/tool.ts';

type WindowsProcessor = 'x64' | 'x86';
type WindowsFormat = 'exe' | 'msi';

export interface WindowsStandIn {
  readonly target: `windows-${WindowsProcessor}`;
  readonly format: WindowsFormat;
  readonly fileName: string;
  readonly path: string;
  readonly version: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** The tested versions: 24.x is not made for 32-bit Windows any more. */
const windowsVersions: Readonly<Record<WindowsProcessor, string>> = { x64: '24.1.4.257', x86: '23.3.3.264' };

const compilers: Readonly<Record<WindowsProcessor, string>> = {
  x64: 'x86_64-w64-mingw32-gcc',
  x86: 'i686-w64-mingw32-gcc',
};
const bits: Readonly<Record<WindowsProcessor, string>> = { x64: '64bit', x86: '32bit' };
const services = ['SentinelAgent', 'SentinelHelperService', 'SentinelStaticEngine', 'LogProcessorService'] as const;

/** Windows shows three numbers of the vendor's four: the third is left out. */
function shortVersion(version: string): string {
  return version.split('.').toSpliced(2, 1).join('.');
}

/** Builds all four into `folder`, which holds nothing else afterwards. */
export async function buildWindowsStandIns(folder: string): Promise<readonly WindowsStandIn[]> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const built: WindowsStandIn[] = [];
  for (const processor of ['x64', 'x86'] as const) {
    const version = windowsVersions[processor];
    const tail = `_windows_${bits[processor]}_v${version.replaceAll('.', '_')}`;
    const exe = join(folder, `SentinelOneInstaller${tail}.exe`);
    await compile(processor, version, exe);
    built.push(describe(processor, 'exe', exe));
    const msi = join(folder, `SentinelInstaller${tail}.msi`);
    await pack(processor, exe, msi);
    built.push(describe(processor, 'msi', msi));
  }
  return built;
}

async function compile(processor: WindowsProcessor, version: string, file: string): Promise<void> {
  const sources = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith('.c'))
    .map((name) => join(import.meta.dirname, name));
  const defines = [`-DVERSION="${version}"`, `-DSHORT_VERSION="${shortVersion(version)}"`];
  const flags = ['-std=c11', '-Wall', '-Wextra', '-Werror', '-Os', '-s', '-mwindows'];
  await runTool(compilers[processor], [...flags, ...defines, '-o', file, ...sources, '-lws2_32', '-ladvapi32']);
  const driver = `${file}.sys`;
  const entry = processor === 'x64' ? 'DriverEntry' : '_DriverEntry@8';
  const asDriver = ['-Os', '-s', '-nostdlib', '-Wl,--subsystem,native', '-Wl,--dynamicbase', `-Wl,-e,${entry}`];
  await runTool(compilers[processor], [...asDriver, '-o', driver, join(import.meta.dirname, 'driver/monitor.c')]);
  writeFileSync(file, withResources(readFileSync(file), version, readFileSync(driver)));
  rmSync(driver);
}

/** The version, and the driver that it brings. */
function withResources(program: Buffer, version: string, driver: Buffer): Buffer {
  const [major = 0, minor = 0, patch = 0, build = 0] = version.split('.').map(Number);
  const parsed = NtExecutable.from(program);
  const resources = NtExecutableResource.from(parsed);
  const info = Resource.VersionInfo.createEmpty();
  info.lang = 1033;
  info.setFileVersion(major, minor, patch, build);
  info.setProductVersion(major, minor, patch, build);
  const names = { CompanyName: 'Garrison tests', ProductName: 'Sentinel Agent', FileDescription: 'Stand-in installer' };
  info.setStringValues({ lang: 1033, codepage: 1200 }, { ...names, FileVersion: version, ProductVersion: version });
  info.outputToResourceEntries(resources.entries);
  resources.entries.push({ type: 10, id: 'MONITOR', lang: 0, codepage: 0, bin: Uint8Array.from(driver).buffer });
  resources.outputResource(parsed);
  return Buffer.from(parsed.generate());
}

async function pack(processor: WindowsProcessor, program: string, file: string): Promise<void> {
  const version = windowsVersions[processor];
  const names = [...services, 'SentinelCtl'];
  const components = names.map(
    (
      name,
      index,
    ) => `<Component Id="${name}" Guid="5E471E10-0000-4000-8000-00000000010${index}"${processor === 'x64' ? ' Win64="yes"' : ''}>
        <File Id="${name}.exe" Name="${name}.exe" Source="${basename(program)}" KeyPath="yes"/></Component>`,
  );
  const filled = {
    VERSION: version,
    SHORT_VERSION: shortVersion(version),
    PROGRAM: basename(program),
    FOLDER: processor === 'x64' ? 'ProgramFiles64Folder' : 'ProgramFilesFolder',
    COMPONENTS: components.join('\n'),
    REFERENCES: names.map((name) => `<ComponentRef Id="${name}"/>`).join('\n'),
  };
  const source = Object.entries(filled).reduce(
    (text, [name, value]) => text.replaceAll(`@${name}@`, () => value),
    readFileSync(join(import.meta.dirname, 'package.wxs'), 'utf8'),
  );
  writeFileSync(`${file}.wxs`, source);
  await runTool('wixl', ['-a', processor, '-o', file, `${file}.wxs`]);
  rmSync(`${file}.wxs`);
  for (const statement of beginStatements) await runTool('msibuild', [file, '-q', statement]);
}

/** Type 2: a program out of the package, here before anything is done. */
const beginStatements = [
  "INSERT INTO `CustomAction` (`Action`, `Type`, `Source`, `Target`) VALUES ('Begin', 2, 'StandIn', 'msi begin')",
  "INSERT INTO `InstallExecuteSequence` (`Action`, `Condition`, `Sequence`) VALUES ('Begin', 'NOT Installed', 1450)",
];

function describe(processor: WindowsProcessor, format: WindowsFormat, path: string): WindowsStandIn {
  const bytes = readFileSync(path);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const version = windowsVersions[processor];
  return {
    target: `windows-${processor}`,
    format,
    fileName: basename(path),
    path,
    version,
    sizeBytes: bytes.length,
    sha256,
  };
}
