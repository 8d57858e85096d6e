/** What the Linux packages hold and need: one list for deb and rpm. Everything belongs to root; others write nowhere. */
import { systemdUnit, unitFileName, watchUnit, watchUnitFileName } from '#platform/linux/unit.ts';
import { linuxProgramRoot } from '#platform/linux/versions.ts';

export const packageName = 'garrison-agent';
/**
 * The package manager's own copy. It is laid down as a version of its own (`activate`), because a package manager removes the
 * files of the version before while that still runs, and knows nothing of versions that came by themselves.
 */
const packagedProgram = `${linuxProgramRoot}/packaged/garrison-agent`;
const currentProgram = `${linuxProgramRoot}/current/garrison-agent`;
/** Beside our own licence, in the packages of every system. */
export const noticesName = 'third-party-notices.txt';
export const summary = 'Puts the right endpoint protection on this device and keeps it standing';

export interface PackagedFile {
  readonly path: string;
  readonly mode: number;
  /** Text, a file of this machine, or where a link leads. */
  readonly content: { readonly text: string } | { readonly file: string } | { readonly link: string };
  /** Stays on the system also where documents are left out (rpm). */
  readonly isLicense?: true;
}

export interface PackagedDirectory {
  readonly path: string;
  readonly mode: number;
}

/** Each system has its own place for them. */
const licenses = { deb: `/usr/share/doc/${packageName}`, rpm: `/usr/share/licenses/${packageName}` } as const;

/** The agent makes its state directory itself. */
export function directories(format: keyof typeof licenses): readonly PackagedDirectory[] {
  return [
    { path: '/etc/garrison', mode: 0o700 },
    { path: linuxProgramRoot, mode: 0o755 },
    { path: `${linuxProgramRoot}/packaged`, mode: 0o755 },
    { path: licenses[format], mode: 0o755 },
  ];
}

export interface Packaged {
  readonly format: keyof typeof licenses;
  /** Files of this machine: the agent and our own licence. */
  readonly program: string;
  readonly license: string;
  /** Licences of what is inside the program. */
  readonly notices: string;
}

export function packagedFiles({ format, program, license, notices }: Packaged): readonly PackagedFile[] {
  const unit = (name: string, text: string): PackagedFile => {
    return { path: `/usr/lib/systemd/system/${name}`, mode: 0o644, content: { text } };
  };
  return [
    { path: packagedProgram, mode: 0o755, content: { file: program } },
    { path: '/usr/sbin/garrison-agent', mode: 0o777, content: { link: currentProgram } },
    unit(unitFileName, systemdUnit(currentProgram)),
    unit(watchUnitFileName, watchUnit(linuxProgramRoot)),
    { path: `${licenses[format]}/copyright`, mode: 0o644, content: { file: license }, isLicense: true },
    { path: `${licenses[format]}/${noticesName}`, mode: 0o644, content: { text: notices }, isLicense: true },
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
${packagedProgram} activate
systemctl enable --quiet ${unitFileName} || true
if ${running}; then systemctl daemon-reload; systemctl restart ${unitFileName}; fi`,
  /** An agent that somebody has stopped or switched off stays so. */
  afterUpgrade: `
${packagedProgram} activate
if ${running}; then systemctl daemon-reload; systemctl try-restart ${unitFileName}; fi`,
  /** An installer that runs is a unit of its own and goes on. */
  beforeRemoval: `
if ${running}; then
  systemctl stop ${watchUnitFileName} || true
  systemctl disable --quiet --now ${unitFileName}
else systemctl disable --quiet ${unitFileName} || true; fi`,
  afterRemoval: `
rm -rf ${linuxProgramRoot}
if ${running}; then systemctl daemon-reload; systemctl reset-failed ${unitFileName} ${watchUnitFileName} 2>/dev/null || true; fi`,
  /** Identity, journal, packages and configuration: only when everything is to go. */
  purge: `
rm -rf /var/lib/garrison /etc/garrison`,
} as const;
