import { stat } from 'node:fs/promises';
import { nullOn } from '#platform/files/errors.ts';
import type { InstalledPackage, Probe } from '#platform/inventory.ts';
import { debPackageState, dpkgQueryFormat, installedDebs, parseDebFields } from '#platform/linux/parse/dpkg.ts';
import { installedRpms, rpmMetadata, rpmPackageState, rpmQueryFormat } from '#platform/linux/parse/rpm.ts';
import { listSystemDirectory } from '#platform/linux/read.ts';
import { completed, failed } from '#platform/looks.ts';
import type { Runner } from '#platform/linux/runner.ts';
import type { PackageFormat, PackageMetadata, PackageState, ProbeResult } from '#platform/platform.ts';

const listLimits = { timeoutMs: 30_000, outputBytesMax: 16 * 1024 * 1024 };
const rpmDatabases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm'];

/** Which package databases hold anything; the tools alone prove nothing (rpm is installable on Debian). */
export async function packageDatabases(): Promise<{ readonly deb: boolean; readonly rpm: boolean }> {
  const status = await nullOn(['ENOENT', 'ENOTDIR'], () => stat('/var/lib/dpkg/status'));
  const rpmFiles = (await Promise.all(rpmDatabases.map(listSystemDirectory))).flat();
  const rpm = rpmFiles.some((name) => ['Packages', 'Packages.db', 'rpmdb.sqlite'].includes(name));
  return { deb: (status?.size ?? 0) > 0, rpm };
}

/** Everything installed; `unsupported` on a system without a package database. */
export async function installedPackages(runner: Runner): Promise<Probe<readonly InstalledPackage[]>> {
  const databases = await packageDatabases();
  const packages: InstalledPackage[] = [];
  if (databases.deb) {
    const probe = answered(await runner.probe(dpkgQuery([]), listLimits), 'dpkg-query', [0]);
    if (probe.status !== 'ok') return missingTool(probe);
    packages.push(...installedDebs(probe.value.stdout));
  }
  if (databases.rpm) {
    const probe = answered(await runner.probe(rpmQuery(['-qa']), listLimits), 'rpm', [0]);
    if (probe.status !== 'ok') return missingTool(probe);
    packages.push(...installedRpms(probe.value.stdout));
  }
  if (!databases.deb && !databases.rpm) return { status: 'unsupported', detail: 'no package database' };
  return { status: 'ok', value: packages };
}

/** State of the first of `names` that is there at all. */
export async function packageState(
  runner: Runner,
  format: PackageFormat,
  names: readonly string[],
): Promise<Probe<PackageState>> {
  if (format === 'deb') {
    // 1: none of the names is known.
    const probe = answered(await runner.probe(dpkgQuery(names), listLimits), 'dpkg-query', [0, 1]);
    return probe.status === 'ok' ? { status: 'ok', value: debPackageState(probe.value.stdout) } : probe;
  }
  if (format === 'rpm') {
    const probe = completed(await runner.probe(rpmQuery(['-q', ...names]), listLimits), 'rpm');
    return probe.status === 'ok' ? rpmState(probe.value, names.length) : probe;
  }
  return notOnLinux(format);
}

/** rpm's exit code counts the names that are not installed, and says so for each; another count is an error of its own. */
function rpmState(result: ProbeResult, asked: number): Probe<PackageState> {
  const absent = result.stdout.match(/^package .+ is not installed$/gm)?.length ?? 0;
  const believable = result.code === absent && absent <= asked;
  if (!believable) return failed(`rpm ended with ${result.code}: ${result.stderr.trim()}`);
  return { status: 'ok', value: rpmPackageState(result.stdout) };
}

/** Name, version and architecture from the file's own header; nothing in it is run. */
export async function packageMetadata(
  runner: Runner,
  format: PackageFormat,
  file: string,
): Promise<Probe<PackageMetadata>> {
  if (format === 'deb') {
    const args = ['-f', file, 'Package', 'Version', 'Architecture'];
    const probe = await runner.probe({ program: 'dpkg-deb', args }, listLimits);
    return metadataFrom(probe, 'dpkg-deb', parseDebFields);
  }
  if (format === 'rpm') {
    return runner.withPrivate('rpmdb', async (database) => {
      const args = ['--dbpath', database.path, '-qp', '--qf', rpmQueryFormat, file];
      return metadataFrom(await runner.probe({ program: 'rpm', args }, listLimits), 'rpm', rpmMetadata);
    });
  }
  return notOnLinux(format);
}

function metadataFrom(
  probe: Probe<ProbeResult>,
  program: string,
  parse: (output: string) => PackageMetadata | null,
): Probe<PackageMetadata> {
  const result = completed(probe, program);
  if (result.status !== 'ok') return result;
  const metadata = result.value.code === 0 ? parse(result.value.stdout) : null;
  if (metadata !== null) return { status: 'ok', value: metadata };
  const detail = `${program} ended with ${result.value.code}: ${result.value.stderr.trim()}`;
  return { status: 'failed', code: 'package.unreadable', detail: detail.slice(0, 600) };
}

function dpkgQuery(names: readonly string[]) {
  return { program: 'dpkg-query', args: ['-W', '-f', dpkgQueryFormat, ...names] };
}

function rpmQuery(args: readonly string[]) {
  return { program: 'rpm', args: [...args, '--qf', rpmQueryFormat] };
}

function answered(probe: Probe<ProbeResult>, program: string, codes: readonly number[]): Probe<ProbeResult> {
  const result = completed(probe, program);
  if (result.status !== 'ok' || codes.includes(result.value.code ?? -1)) return result;
  return failed(`${program} ended with ${result.value.code}: ${result.value.stderr.trim()}`);
}

/** A database without its tool is a look that failed, not a system without packages. */
function missingTool<T>(probe: Exclude<Probe<T>, { status: 'ok' }>): Probe<never> {
  return probe.status === 'unsupported' ? failed(probe.detail) : probe;
}

function notOnLinux(format: PackageFormat): Probe<never> {
  return { status: 'unsupported', detail: `${format} packages are not made for Linux` };
}
