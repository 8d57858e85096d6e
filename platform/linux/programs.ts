/**
 * Every program that may be started on Linux, and where it may stand. There is no other way to start one. Merged and
 * unmerged /usr are both served: the first that exists and that only root can have put there is taken.
 */
export const programs = {
  apt: ['/usr/bin/apt'],
  'apt-get': ['/usr/bin/apt-get'],
  dnf: ['/usr/bin/dnf'],
  dpkg: ['/usr/bin/dpkg'],
  'dpkg-deb': ['/usr/bin/dpkg-deb'],
  'dpkg-query': ['/usr/bin/dpkg-query'],
  journalctl: ['/usr/bin/journalctl', '/bin/journalctl'],
  'needs-restarting': ['/usr/bin/needs-restarting'],
  rpm: ['/usr/bin/rpm', '/bin/rpm'],
  rpmkeys: ['/usr/bin/rpmkeys'],
  shutdown: ['/usr/sbin/shutdown', '/sbin/shutdown'],
  systemctl: ['/usr/bin/systemctl', '/bin/systemctl'],
  'systemd-detect-virt': ['/usr/bin/systemd-detect-virt', '/bin/systemd-detect-virt'],
  'systemd-notify': ['/usr/bin/systemd-notify', '/bin/systemd-notify'],
  'systemd-run': ['/usr/bin/systemd-run', '/bin/systemd-run'],
  yum: ['/usr/bin/yum'],
  zypper: ['/usr/bin/zypper'],
} as const satisfies Record<string, readonly string[]>;

export type ProgramName = keyof typeof programs;

export function isProgramName(name: string): name is ProgramName {
  return Object.hasOwn(programs, name);
}

/** Programs that install software; one of them running means the machine is not settled. */
export const installerNames: ReadonlySet<string> = new Set([
  'apt',
  'apt-get',
  'aptitude',
  'dnf',
  'dnf-3',
  'dnf5',
  'dpkg',
  'dpkg-deb',
  'microdnf',
  'rpm',
  'tdnf',
  'unattended-upgrade',
  'unattended-upgrades',
  'yum',
  'zypper',
]);

/** Run by an interpreter: their own name is the script's. `unattended-upgrade-shutdown` waits for ever and is not one. */
export const interpreterNames: readonly RegExp[] = [/^python\d?(?:\.\d+)?$/, /^platform-python(?:\d.*)?$/, /^perl$/];
