import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../build/run.ts';
import { directories, needs, packageName, steps, summary } from './contents.ts';
import { layOut } from './lay-out.ts';
import type { PackageRequest } from './linux.ts';

const architectures = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' } as const;

/** A tilde sorts before the release itself; rpm allows no hyphen. */
function rpmVersion(version: string): string {
  return version.replace('-', '~');
}

export function rpmName(request: Pick<PackageRequest, 'target' | 'version'>): string {
  return `${packageName}-${rpmVersion(request.version)}-1.${architectures[request.target]}.rpm`;
}

/** rpm's scripts are told how many versions remain: 1 after a first install, 2 after an upgrade, 0 after a removal. */
const scripts = {
  post: `if [ "$1" -eq 1 ]; then${steps.afterInstall}
else${steps.afterUpgrade}
fi`,
  preun: `if [ "$1" -eq 0 ]; then${steps.beforeRemoval}
fi`,
  postun: `if [ "$1" -eq 0 ]; then${steps.afterRemoval}
fi`,
} as const;

/** State stays after a removal: rpm knows no purge, and a removed and reinstalled agent is the same device. */
export function buildRpm(request: PackageRequest, work: string): void {
  const owned = directories('rpm');
  layOut(join(work, 'root'), { ...request, directories: owned });
  const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
  const spec = [
    `Name: ${packageName}`,
    `Version: ${rpmVersion(request.version)}`,
    'Release: 1',
    `Summary: ${summary}`,
    'License: Apache-2.0',
    'AutoReqProv: no',
    ...needs.rpm.map((need) => `Requires: ${need}`),
    '%description',
    `${summary}.`,
    '%install',
    `mkdir -p %{buildroot} && cp -a ${work}/root/. %{buildroot}/`,
    '%files',
    ...owned.map(({ path, mode }) => `%dir %attr(${octal(mode)},root,root) ${path}`),
    // rpm wants no mode for a link.
    ...request.files.map(
      ({ path, mode, content, isLicense }) =>
        `${isLicense ? '%license ' : ''}%attr(${'link' in content ? '-' : octal(mode)},root,root) ${path}`,
    ),
    ...Object.entries(scripts).map(([name, text]) => `%${name}\n${text}`),
  ];
  writeFileSync(join(work, 'agent.spec'), `${spec.join('\n')}\n`);
  const defines = [
    `_topdir ${work}`,
    '_dbpath %{_topdir}/db',
    `_binary_payload ${request.compress ? 'w6.xzdio' : 'w0.gzdio'}`,
    '_build_id_links none',
    // What rpm would do to a program: strip it, which breaks it, and take its debug parts out.
    '__os_install_post %{nil}',
    'debug_package %{nil}',
    '_buildhost garrison',
    'use_source_date_epoch_as_buildtime 1',
    'clamp_mtime_to_source_date_epoch 1',
  ];
  const target = `${architectures[request.target]}-linux`;
  const argv = ['-bb', '--quiet', '--target', target, ...defines.flatMap((define) => ['--define', define])];
  run('rpmbuild', [...argv, join(work, 'agent.spec')], {
    env: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: work,
      LANG: 'C.UTF-8',
      SOURCE_DATE_EPOCH: String(request.epochSeconds),
    },
  });
  const folder = join(work, 'RPMS', architectures[request.target]);
  const [built = ''] = readdirSync(folder);
  renameSync(join(folder, built), request.output);
}
