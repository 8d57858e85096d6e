/** One stand-in package of either format, made by the real tools. */
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runTool } from './tool.ts';

export type Format = 'deb' | 'rpm';
export type Machine = 'x64' | 'arm64';

export interface Recipe {
  readonly format: Format;
  readonly machine: Machine;
  readonly version: string;
  /** As the rpm calls it; the deb uses it in small letters. */
  readonly product: string;
  readonly file: string;
  /** Size of a file of random bytes inside; 0 for none. */
  readonly ballastBytes: number;
}

const payload = join(import.meta.dirname, 'payload');
const contents = [
  { source: 'common.sh', path: 'opt/sentinelone/lib/common.sh', mode: 0o644 },
  { source: 'sentinelctl', path: 'opt/sentinelone/bin/sentinelctl', mode: 0o755 },
  { source: 's1-agent', path: 'opt/sentinelone/bin/s1-agent', mode: 0o755 },
  { source: 's1-installer-child', path: 'opt/sentinelone/bin/s1-installer-child', mode: 0o755 },
  { source: 'sentinelone.service', path: 'usr/lib/systemd/system/sentinelone.service', mode: 0o644 },
] as const;
const ballast = 'opt/sentinelone/lib/ballast';
const controlLink = { path: 'usr/bin/sentinelctl', target: '/opt/sentinelone/bin/sentinelctl' };

const debScripts = {
  preinst: 'case $1 in install|upgrade) before_unpacking "$1" ;; esac',
  postinst: '[ "$1" != configure ] || if [ -n "$2" ]; then after_unpacking upgrade; else after_unpacking install; fi',
  prerm: '[ "$1" != remove ] || before_removing',
  postrm: 'case $1 in remove|purge) after_removing ;; esac',
};
const rpmScripts = {
  pre: 'if [ "$1" -gt 1 ]; then before_unpacking upgrade; else before_unpacking install; fi',
  post: 'if [ "$1" -gt 1 ]; then after_unpacking upgrade; else after_unpacking install; fi',
  preun: '[ "$1" -gt 0 ] || before_removing',
  postun: '[ "$1" -gt 0 ] || after_removing',
};

/** Builds the package at `recipe.file` and returns nothing: the file is the result. */
export async function buildPackage(recipe: Recipe): Promise<void> {
  const work = `${recipe.file}.build`;
  await rm(work, { recursive: true, force: true });
  await mkdir(join(work, 'root'), { recursive: true });
  for (const { source, path, mode } of contents) {
    const target = join(work, 'root', path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, await filledIn(source, recipe));
    await chmod(target, mode);
  }
  await writeFile(join(work, 'root', ballast), randomBytes(recipe.ballastBytes));
  await mkdir(join(work, 'root', dirname(controlLink.path)), { recursive: true });
  await symlink(controlLink.target, join(work, 'root', controlLink.path));
  const scripts = `${await filledIn('common.sh', recipe)}\n${await filledIn('installer.sh', recipe)}`;
  await (recipe.format === 'deb' ? buildDeb(recipe, work, scripts) : buildRpm(recipe, work, scripts));
  await rm(work, { recursive: true, force: true });
}

async function filledIn(source: string, { version, format }: Recipe): Promise<string> {
  const text = await readFile(join(payload, source), 'utf8');
  return text.replaceAll('@VERSION@', version).replaceAll('@FORMAT@', format);
}

async function buildDeb(recipe: Recipe, work: string, scripts: string): Promise<void> {
  const control = join(work, 'root/DEBIAN');
  await mkdir(control);
  const fields = [
    `Package: ${recipe.product.toLowerCase()}`,
    `Version: ${recipe.version}`,
    `Architecture: ${recipe.machine === 'x64' ? 'amd64' : 'arm64'}`,
    'Maintainer: Garrison tests <tests@garrison.invalid>',
    'Section: admin',
    'Priority: optional',
    'Description: Stand-in for a vendor agent, for tests only',
  ];
  await writeFile(join(control, 'control'), `${fields.join('\n')}\n`);
  const sums = contents.map(async ({ path }) => {
    const digest = createHash('md5').update(await readFile(join(work, 'root', path)));
    return `${digest.digest('hex')}  ${path}\n`;
  });
  await writeFile(join(control, 'md5sums'), (await Promise.all(sums)).join(''));
  for (const [name, call] of Object.entries(debScripts)) {
    await writeFile(join(control, name), `#!/bin/sh\n${scripts}\n${call}\n`, { mode: 0o755 });
  }
  await runTool('dpkg-deb', ['--root-owner-group', '--build', join(work, 'root'), recipe.file]);
}

async function buildRpm(recipe: Recipe, work: string, scripts: string): Promise<void> {
  const files = contents.map(({ path, mode }) => `%attr(${mode.toString(8).padStart(4, '0')},root,root) /${path}`);
  const spec = [
    `Name: ${recipe.product}`,
    `Version: ${recipe.version}`,
    'Release: 1',
    'Summary: Stand-in for a vendor agent, for tests only',
    'License: Apache-2.0',
    'Vendor: Garrison tests',
    'AutoReqProv: no',
    '%description',
    'Stand-in for a vendor agent, for tests only.',
    '%install',
    `mkdir -p %{buildroot} && cp -a ${work}/root/. %{buildroot}/`,
    '%files',
    ...files,
    `/${ballast}`,
    `/${controlLink.path}`,
    // A percent sign begins a macro.
    ...Object.entries(rpmScripts).map(([name, call]) => `%${name}\n${`${scripts}\n${call}`.replaceAll('%', '%%')}`),
  ];
  await writeFile(join(work, 'stand-in.spec'), `${spec.join('\n')}\n`);
  const defines = [`_topdir ${work}`, '_dbpath %{_topdir}/db', '__brp_mangle_shebangs %{nil}', '_build_id_links none'];
  const target = recipe.machine === 'x64' ? 'x86_64-linux' : 'aarch64-linux';
  const argv = ['-bb', '--quiet', '--target', target, ...defines.flatMap((define) => ['--define', define])];
  await runTool('rpmbuild', [...argv, join(work, 'stand-in.spec')]);
  const [folder] = await readdir(join(work, 'RPMS'));
  const [built] = await readdir(join(work, 'RPMS', folder ?? ''));
  await rename(join(work, 'RPMS', folder ?? '', built ?? ''), recipe.file);
}
