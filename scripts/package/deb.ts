import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../build/run.ts';
import { directories, needs, packageName, steps, summary } from './contents.ts';
import { layOut, type Laid } from './lay-out.ts';
import type { PackageRequest } from './linux.ts';

const architectures = { 'linux-x64': 'amd64', 'linux-arm64': 'arm64' } as const;

/** A tilde sorts before the release itself: "0.2.0~rc.1" is older than "0.2.0". */
export function debVersion(version: string): string {
  return version.replace('-', '~');
}

export function debName(request: Pick<PackageRequest, 'target' | 'version'>): string {
  return `${packageName}_${debVersion(request.version)}_${architectures[request.target]}.deb`;
}

/** Debian's scripts are told what happens: `configure` with the version that was there before, if any. */
const scripts = {
  postinst: `[ "$1" = configure ] || exit 0
if [ -z "$2" ]; then${indent(steps.afterInstall)}
else${indent(steps.afterUpgrade)}
fi`,
  prerm: `[ "$1" = remove ] || exit 0${steps.beforeRemoval}`,
  postrm: `case $1 in
remove)${indent(steps.afterRemoval)} ;;
purge)${indent(steps.purge)} ;;
esac`,
} as const;

function indent(text: string): string {
  return text.replaceAll('\n', '\n  ');
}

/** A package of Debian's: what is in it and what is said about it. */
export interface DebRequest extends Laid {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly depends: readonly string[];
  readonly summary: string;
  /** Of the maintainer, by name; shell after `set -e`. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly compress: boolean;
  readonly output: string;
}

export function buildDeb(request: PackageRequest, work: string): void {
  const architecture = architectures[request.target];
  packDeb(
    {
      ...request,
      name: packageName,
      architecture,
      depends: needs.deb,
      summary,
      scripts,
      directories: directories('deb'),
    },
    work,
  );
}

export function packDeb(request: DebRequest, work: string): void {
  const root = join(work, 'root');
  layOut(root, request);
  const control = join(root, 'DEBIAN');
  mkdirSync(control);
  chmodSync(control, 0o755);
  const regular = request.files.filter(({ content }) => !('link' in content));
  const sizeKilobytes = regular.reduce((sum, { path }) => sum + statSync(join(root, path)).size, 0) / 1024;
  const fields = [
    `Package: ${request.name}`,
    `Version: ${debVersion(request.version)}`,
    `Architecture: ${request.architecture}`,
    `Depends: ${request.depends.join(', ')}`,
    'Maintainer: Garrison <garrison@localhost>',
    'Section: admin',
    'Priority: optional',
    `Installed-Size: ${Math.ceil(sizeKilobytes)}`,
    `Description: ${request.summary}`,
  ];
  writeFileSync(join(control, 'control'), `${fields.join('\n')}\n`);
  const sums = regular.map(({ path }) => {
    const digest = createHash('md5')
      .update(readFileSync(join(root, path)))
      .digest('hex');
    return `${digest}  ${path.slice(1)}\n`;
  });
  writeFileSync(join(control, 'md5sums'), sums.join(''));
  for (const [name, text] of Object.entries(request.scripts)) {
    writeFileSync(join(control, name), `#!/bin/sh\nset -e\n${text}\n`);
    chmodSync(join(control, name), 0o755);
  }
  const compression = request.compress ? ['-Zxz'] : ['-Znone'];
  run('dpkg-deb', ['--root-owner-group', ...compression, '--build', root, request.output], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', SOURCE_DATE_EPOCH: String(request.epochSeconds) },
  });
}
