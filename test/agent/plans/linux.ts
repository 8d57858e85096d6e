/** Inventories as dpkg, rpm, systemd and /proc give them. */
import type { Machine } from '#platform/platform.ts';
import { ok, type Profile } from '#test/agent/plans/profile.ts';
import { deb, folder, process, service } from '#test/installers/antivirus/inventories.ts';

const debian = { os: 'linux' } satisfies Partial<Machine>;
const rhel9 = {
  os: 'linux',
  name: 'Red Hat Enterprise Linux 9.4 (Plow)',
  version: '9.4',
  formats: ['rpm'],
  distribution: { id: 'rhel', like: ['fedora'] },
} satisfies Partial<Machine>;

export const linuxProfiles: readonly Profile[] = [
  {
    name: 'debian-12-x64-clean',
    right: 'The deb for x86-64 is installed.',
    machine: debian,
  },
  {
    name: 'rhel-9-x64-clean',
    right: 'The rpm for x86-64 is installed.',
    machine: rhel9,
  },
  {
    name: 'amazon-2023-arm64-clean',
    right: 'The rpm for aarch64 is installed, whatever the list calls its architecture.',
    machine: {
      ...rhel9,
      name: 'Amazon Linux 2023',
      version: '2023',
      architecture: 'arm64',
      sse42: null,
      distribution: { id: 'amzn', like: ['fedora'] },
    },
  },
  {
    name: 'ubuntu-24-arm64-clean',
    right: 'The deb for aarch64 is installed; SSE4.2 is asked of x86 only.',
    machine: {
      os: 'linux',
      name: 'Ubuntu 24.04.1 LTS',
      version: '24.04',
      architecture: 'arm64',
      sse42: null,
      distribution: { id: 'ubuntu', like: ['debian'] },
    },
  },
  {
    name: 'fedora-coreos-ostree',
    right: 'Image-based: packages cannot change it, no version helps.',
    machine: {
      ...rhel9,
      name: 'Fedora CoreOS 41',
      version: '41',
      imageBased: true,
      distribution: { id: 'fedora', like: [] },
    },
  },
  {
    name: 'debian-12-without-sse42',
    right: 'The processor lacks SSE4.2; on a virtual machine another processor type helps.',
    machine: { ...debian, sse42: false },
  },
  {
    name: 'debian-12-clamd',
    right: 'A running clamd blocks by default; an exception or stopping the daemon is offered.',
    machine: debian,
    inventory: {
      packages: ok([deb('clamav-daemon'), deb('clamav-freshclam'), deb('clamav')]),
      services: ok([service('clamav-daemon.service'), service('clamav-freshclam.service')]),
      processes: ok([process('/usr/sbin/clamd'), process('/usr/bin/freshclam')]),
    },
  },
  {
    name: 'debian-12-clamd-excepted',
    right: 'With an exception for ClamAV the deb is installed, and ClamAV stays reported.',
    machine: debian,
    inventory: {
      packages: ok([deb('clamav-daemon')]),
      services: ok([service('clamav-daemon.service')]),
    },
    wanted: {
      antivirus: {
        exceptions: [
          { productId: 'clamav', issuedAt: '2026-06-01T11:00:00.000Z', expiresAt: '2026-06-08T11:00:00.000Z' },
        ],
      },
    },
  },
  {
    name: 'debian-12-falcon-removed',
    right: "Falcon was removed and its configuration is left: reported, in nobody's way.",
    machine: debian,
    inventory: { packages: ok([deb('falcon-sensor', 'config-files')]), paths: ok([folder('/opt/CrowdStrike')]) },
  },
  {
    name: 'debian-12-disk-full',
    right: 'There is no room for the agent: waits, and says how much is missing.',
    machine: debian,
    freeBytes: 700 * 1024 ** 2,
  },
  {
    name: 'debian-12-not-enrolled',
    right: 'Nobody has said what to install: looked at, nothing chosen.',
    machine: debian,
    wanted: null,
  },
];
