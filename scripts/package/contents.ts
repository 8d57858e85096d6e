/** What the Linux packages hold and need: one list for deb and rpm. Everything belongs to root; others write nowhere. */
import { systemdUnit, unitFileName } from '#platform/linux/unit.ts';

export const packageName = 'garrison-agent';
const programPath = '/usr/sbin/garrison-agent';
export const summary = 'Puts the right endpoint protection on this device and keeps it standing';

export interface PackagedFile {
  readonly path: string;
  readonly mode: number;
  /** Text, or a file of this machine. */
  readonly content: { readonly text: string } | { readonly file: string };
}

/** Owned by the package, made with this mode. The agent makes its state directory itself. */
export const directories = [{ path: '/etc/garrison', mode: 0o700 }] as const;

export function packagedFiles(program: string, license: string): readonly PackagedFile[] {
  return [
    { path: programPath, mode: 0o755, content: { file: program } },
    { path: `/usr/lib/systemd/system/${unitFileName}`, mode: 0o644, content: { text: systemdUnit(programPath) } },
    { path: `/usr/share/doc/${packageName}/copyright`, mode: 0o644, content: { file: license } },
  ];
}

/** Node 22 needs these; below them the package does not install, instead of a program that does not start. */
export const needs = {
  deb: ['libc6 (>= 2.28)', 'libstdc++6 (>= 8)'],
  rpm: ['libc.so.6(GLIBC_2.28)(64bit)', 'libstdc++.so.6(GLIBCXX_3.4.25)(64bit)'],
} as const;

/** In shell, for both formats. Where systemd is not running (an image being built) the service is only switched on. */
const running = '[ -d /run/systemd/system ]';
export const steps = {
  afterInstall: `
systemctl enable --quiet ${unitFileName} || true
if ${running}; then systemctl daemon-reload; systemctl restart ${unitFileName}; fi`,
  /** An agent that somebody has stopped or switched off stays so. */
  afterUpgrade: `
if ${running}; then systemctl daemon-reload; systemctl try-restart ${unitFileName}; fi`,
  /** An installer that runs is a unit of its own and goes on. */
  beforeRemoval: `
if ${running}; then systemctl disable --quiet --now ${unitFileName}; else systemctl disable --quiet ${unitFileName} || true; fi`,
  afterRemoval: `
if ${running}; then systemctl daemon-reload; systemctl reset-failed ${unitFileName} 2>/dev/null || true; fi`,
  /** Identity, journal, packages and configuration: only when everything is to go. */
  purge: `
rm -rf /var/lib/garrison /etc/garrison`,
} as const;
