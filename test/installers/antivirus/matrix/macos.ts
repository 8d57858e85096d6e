/** Shapes: recorded `systemextensionsctl list` outputs (teams, bundle ids, exact state words) and launchd labels. */
import { daemon, extension, macos, ok } from '#test/installers/antivirus/inventories.ts';
import type { Situation } from '#test/installers/antivirus/matrix/situation.ts';

const terminated = 'terminated waiting to uninstall on reboot';

export const macosSituations: readonly Situation[] = [
  {
    id: 'M01',
    what: 'a new Falcon enabled, the old one terminated',
    inventory: macos({
      systemExtensions: ok([
        extension('X9E956P446', 'com.crowdstrike.falcon.Agent'),
        extension('X9E956P446', 'com.crowdstrike.falcon.Agent', terminated),
      ]),
    }),
    blocking: ['crowdstrike-falcon'],
    findings: { 'crowdstrike-falcon': 'active' },
  },
  {
    id: 'M02',
    what: "GlobalProtect only, which shares Cortex XDR's team",
    inventory: macos({
      systemExtensions: ok([extension('PXPZ95SK77', 'com.paloaltonetworks.GlobalProtect.client.extension')]),
    }),
    blocking: [],
    findings: {},
    guards: ['globalprotect'],
  },
  {
    id: 'M03',
    what: 'AVG is deleted and its extension waits for a restart',
    inventory: macos({
      systemExtensions: ok([extension('XSJ59WMJBM', 'com.avg.Antivirus.SystemExtension', terminated)]),
    }),
    blocking: ['avg'],
    findings: { avg: 'pending-reboot' },
  },
  {
    id: 'M04',
    what: 'Santa is enabled',
    inventory: macos({ systemExtensions: ok([extension('ZMCG7MLDV9', 'com.northpolesec.santa.daemon')]) }),
    blocking: [],
    findings: {},
    guards: ['santa'],
  },
  {
    id: 'M05',
    what: 'the property list cannot be read, the daemon is loaded',
    inventory: macos({ launchDaemons: ok([daemon('co.elastic.endpoint', { running: false })]) }),
    blocking: ['elastic-defend'],
    findings: { 'elastic-defend': 'active' },
  },
  {
    id: 'M06',
    what: 'the extension waits for the user',
    inventory: macos({
      systemExtensions: ok([
        extension('2H5GFH3774', 'com.sophos.endpoint.scanextension', 'activated waiting for user'),
      ]),
    }),
    blocking: ['sophos-endpoint'],
    findings: { 'sophos-endpoint': 'installed-inactive' },
  },
];
