/** Shapes: dpkg-query and systemctl show of Debian 12; /proc of running hosts; mdatp's health record. Values are our own. */
import {
  deb,
  defenderIn,
  folder,
  linux,
  ok,
  process,
  service,
  unsupported,
} from '#test/installers/antivirus/inventories.ts';
import type { Situation } from '#test/installers/antivirus/matrix/situation.ts';

const stopped = { state: 'stopped', enabled: false } as const;

export const linuxSituations: readonly Situation[] = [
  {
    id: 'L01',
    what: 'clamav and clamav-freshclam are installed',
    inventory: linux({
      packages: ok([deb('clamav'), deb('clamav-freshclam'), deb('libclamav12')]),
      services: ok([service('clamav-freshclam.service')]),
      processes: ok([process('/usr/bin/freshclam')]),
    }),
    blocking: [],
    findings: { clamav: 'coexists' },
  },
  {
    id: 'L01b',
    what: 'only the signature updater of ClamAV is there',
    inventory: linux({
      packages: ok([deb('clamav-freshclam')]),
      services: ok([service('clamav-freshclam.service')]),
      processes: ok([process('/usr/bin/freshclam')]),
    }),
    blocking: [],
    findings: {},
  },
  {
    id: 'L01c',
    what: 'clamav-daemon runs for a mail server',
    inventory: linux({
      packages: ok([deb('clamav-daemon')]),
      services: ok([service('clamav-daemon.service')]),
      processes: ok([process('/usr/sbin/clamd')]),
    }),
    blocking: ['clamav'],
    findings: { clamav: 'active' },
  },
  {
    id: 'L01d',
    what: 'clamd@scan is installed and stopped',
    inventory: linux({ packages: ok([deb('clamd')]), services: ok([service('clamd@scan.service', stopped)]) }),
    blocking: [],
    findings: { clamav: 'coexists' },
  },
  {
    id: 'L02',
    what: 'clamonacc is active',
    inventory: linux({
      packages: ok([deb('clamav-daemon')]),
      services: ok([service('clamav-clamonacc.service')]),
      processes: ok([process('/usr/sbin/clamonacc', { blocksFileAccess: true })]),
    }),
    blocking: ['clamav'],
    findings: { clamav: 'active' },
  },
  {
    id: 'L03',
    what: 'mdatp runs in passive mode',
    inventory: linux({
      packages: ok([deb('mdatp')]),
      services: ok([service('mdatp.service')]),
      processes: ok([process('/opt/microsoft/mdatp/sbin/wdavdaemon')]),
      defender: defenderIn('Passive Mode', { realTimeProtection: false }),
    }),
    blocking: [],
    findings: { 'microsoft-defender-for-endpoint': 'coexists' },
  },
  {
    id: 'L03b',
    what: 'mdatp runs and nothing says that it is passive',
    inventory: linux({
      packages: ok([deb('mdatp')]),
      services: ok([service('mdatp.service')]),
      processes: ok([process('/opt/microsoft/mdatp/sbin/wdavdaemon', { blocksFileAccess: true })]),
    }),
    blocking: ['microsoft-defender-for-endpoint'],
    findings: { 'microsoft-defender-for-endpoint': 'active' },
  },
  {
    id: 'L04',
    what: 'falcon-sensor was removed, dpkg status rc, its start script is left',
    inventory: linux({
      packages: ok([deb('falcon-sensor', 'config-files')]),
      services: ok([service('falcon-sensor.service', stopped)]),
      paths: ok([folder('/opt/CrowdStrike')]),
    }),
    blocking: [],
    findings: { 'crowdstrike-falcon': 'remnant' },
  },
  {
    id: 'L05',
    what: 'ds_agent runs without its anti-malware module',
    inventory: linux({
      packages: ok([deb('ds-agent')]),
      services: ok([service('ds_agent.service')]),
      processes: ok([process('/opt/ds_agent/ds_agent')]),
    }),
    blocking: [],
    findings: { 'trend-deep-security': 'coexists' },
  },
  {
    id: 'L05b',
    what: 'ds_agent runs with ds_am',
    inventory: linux({
      packages: ok([deb('ds-agent')]),
      services: ok([service('ds_agent.service')]),
      processes: ok([process('/opt/ds_agent/ds_agent'), process('/opt/ds_agent/ds_am')]),
    }),
    blocking: ['trend-deep-security'],
    findings: { 'trend-deep-security': 'active' },
  },
  {
    id: 'L06',
    what: 'the sophos-spl unit is active and there is no package',
    inventory: linux({ services: ok([service('sophos-spl.service')]), packages: unsupported }),
    blocking: ['sophos-endpoint'],
    findings: { 'sophos-endpoint': 'active' },
  },
  {
    id: 'L07',
    what: 'only fapolicyd, which decides over file opens and is no antivirus',
    inventory: linux({
      packages: ok([deb('fapolicyd')]),
      services: ok([service('fapolicyd.service')]),
      processes: ok([process('/usr/sbin/fapolicyd', { blocksFileAccess: true })]),
    }),
    blocking: [],
    findings: {},
    guards: ['linux-audit-and-runtime-tools'],
  },
  {
    id: 'L08',
    what: 'clamd runs inside a container',
    inventory: linux({ processes: ok([process('/usr/sbin/clamd', { trusted: false })]) }),
    blocking: [],
    findings: {},
  },
  {
    id: 'L09',
    what: 'a program without an entry decides over file opens',
    inventory: linux({ processes: ok([process('/opt/acme/bin/Acme Guard', { blocksFileAccess: true })]) }),
    blocking: ['unnamed-acme-guard'],
    findings: { 'unnamed-acme-guard': 'active' },
  },
  {
    id: 'L10',
    what: 'Falcon is installed and its unit stopped',
    inventory: linux({
      packages: ok([deb('falcon-sensor')]),
      services: ok([service('falcon-sensor.service', stopped)]),
    }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'installed-inactive' },
  },
  {
    id: 'L11',
    what: 'Falcon was removed and its kernel module is still loaded',
    inventory: linux({ drivers: ok([{ name: 'falcon_lsm_serviceable', state: 'loaded', altitude: null }]) }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'pending-reboot' },
  },
  {
    id: 'L12',
    what: 'management agents of ESET and Kaspersky, Wazuh, osquery',
    inventory: linux({
      packages: ok([deb('klnagent64'), deb('wazuh-agent'), deb('osquery')]),
      services: ok([service('eraagent.service'), service('klnagent64.service')]),
      processes: ok([process('/opt/eset/RemoteAdministrator/Agent/ERAAgent'), process('/var/ossec/bin/wazuh-agentd')]),
    }),
    blocking: [],
    findings: {},
    guards: ['eset-management-agent', 'kaspersky-network-agent', 'wazuh-agent', 'osquery-fleet'],
  },
  {
    id: 'L13',
    what: 'SentinelOne itself is there',
    inventory: linux({
      packages: ok([deb('sentinelagent')]),
      services: ok([service('sentinelone.service')]),
      processes: ok([process('/opt/sentinelone/bin/s1-agent', { blocksFileAccess: true })]),
    }),
    blocking: [],
    findings: { sentinelone: 'self' },
  },
  {
    id: 'L14',
    what: 'a program under any name runs from the folder of a product',
    inventory: linux({ processes: ok([process('/opt/TrendMicro/SProtectLinux/SPLX.vsapiapp')]) }),
    blocking: ['trend-micro-apex-one'],
    findings: { 'trend-micro-apex-one': 'active' },
  },
];
