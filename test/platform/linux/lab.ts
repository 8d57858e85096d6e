import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const askScript = fileURLToPath(new URL('./ask.ts', import.meta.url));

/** A throw-away directory of root. */
export function labDirectory(): { readonly path: string; remove(): void } {
  if (process.getuid?.() !== 0) throw new Error('lab tests run as root');
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'garrison-lab-')));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Question {
  readonly method: string;
  readonly args?: readonly unknown[];
  /** Directories or files put over the machine's own, for the asking process alone. */
  readonly over?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Asks the real platform in a mount namespace of its own, where `over` hides what the machine really has. */
export function ask(lab: string, question: Question): unknown {
  const mounts = Object.entries(question.over ?? {}).map(([target, source]) => `mount --bind ${source} ${target}`);
  const script = [...mounts, `exec "$0" "$@"`].join(' && ');
  const node = [process.execPath, askScript, question.method, JSON.stringify(question.args ?? []), `${lab}/scratch`];
  const args = ['-m', '--propagation', 'private', 'sh', '-c', script, ...node];
  const env = { ...process.env, ...question.environment };
  return JSON.parse(execFileSync('unshare', args, { encoding: 'utf8', env })) as unknown;
}

/** An empty dpkg database that `dpkg` can work on. */
export function emptyDpkg(lab: string): string {
  for (const name of ['info', 'updates', 'triggers']) mkdirSync(join(lab, 'dpkg', name), { recursive: true });
  writeFileSync(join(lab, 'dpkg', 'status'), '');
  return join(lab, 'dpkg');
}

export interface StandIn {
  readonly name: string;
  readonly version?: string;
  /** Maintainer scripts by name. */
  readonly scripts?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
}

export function buildDeb(lab: string, standIn: StandIn): string {
  const root = mkdtempSync(join(lab, 'deb-'));
  const version = standIn.version ?? '24.2.2.20';
  const control = `Package: ${standIn.name}\nVersion: ${version}\nArchitecture: all\nMaintainer: x <x@example.test>\nDescription: stand-in\n`;
  place(join(root, 'DEBIAN/control'), control, 0o644);
  for (const [name, body] of Object.entries(standIn.scripts ?? {})) place(join(root, 'DEBIAN', name), body, 0o755);
  for (const [name, body] of Object.entries(standIn.files ?? {})) place(join(root, name), body, 0o755);
  const md5sums = execFileSync(
    'sh',
    ['-c', 'find . -path ./DEBIAN -prune -o -type f -printf "%P\\n" | xargs -r md5sum'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  place(join(root, 'DEBIAN/md5sums'), md5sums, 0o644);
  const file = join(lab, `${standIn.name}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', root, file], { stdio: 'pipe' });
  return file;
}

export function buildRpm(lab: string, standIn: StandIn): string {
  const top = mkdtempSync(join(lab, 'rpm-'));
  const files = Object.entries(standIn.files ?? { '/opt/standin/file': 'x' });
  const install = files.map(([path, body]) => {
    place(join(top, 'in', path), body, 0o755);
    return `mkdir -p %{buildroot}${dirname(path)} && cp ${join(top, 'in', path)} %{buildroot}${path}`;
  });
  const version = standIn.version ?? '24.2.2.20';
  const spec = [
    `Name: ${standIn.name}`,
    `Version: ${version}`,
    'Release: 1',
    'Summary: stand-in',
    'License: none',
    'BuildArch: noarch',
    'AutoReqProv: no',
    '%description',
    'stand-in',
    '%install',
    ...install,
    '%files',
    ...files.map(([path]) => `%attr(0755,root,root) ${path}`),
  ].join('\n');
  place(join(top, 'standin.spec'), `${spec}\n`, 0o644);
  const defines = ['--define', `_topdir ${top}/build`, '--define', '_build_id_links none'];
  execFileSync('rpmbuild', ['-bb', '--quiet', ...defines, join(top, 'standin.spec')], { stdio: 'pipe' });
  return `${top}/build/RPMS/noarch/${standIn.name}-${version}-1.noarch.rpm`;
}

export interface SigningKey {
  readonly fingerprint: string;
  readonly armoured: string;
  sign(rpm: string): void;
}

export function makeKey(lab: string, name: string): SigningKey {
  const home = join(lab, `gpg-${name}`);
  mkdirSync(home, { mode: 0o700 });
  const gpg = (args: readonly string[]): string =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], { encoding: 'utf8', stdio: 'pipe' });
  gpg(['--passphrase', '', '--quick-generate-key', `${name} <${name}@example.test>`, 'rsa2048', 'sign', 'never']);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(gpg(['--with-colons', '-K']))?.[1] ?? '';
  const defines = ['--define', '__gpg /usr/bin/gpg', '--define', `_gpg_name ${name}`, '--define', `_gpg_path ${home}`];
  return {
    fingerprint,
    armoured: gpg(['--armor', '--export']),
    sign: (rpm) => {
      execFileSync('rpmsign', [...defines, '--addsign', rpm], { stdio: 'pipe' });
    },
  };
}

function place(path: string, body: string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, body, { mode });
}
