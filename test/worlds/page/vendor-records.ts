/** What SentinelOne has on record of the mock's devices: what fits how each is doing. */
import type { VendorLookup, VendorMismatch } from '#console/api/vendor-record.ts';
import type { Device } from './devices.ts';
import { found, Refusal, type Answers, type Asked } from './answering.ts';
import { fault, iso, minuteMs } from './states.ts';
import type { PageWorld } from './world.ts';

const host = 'euce1-100.example.net';

function mismatchesOf({ state }: Device): VendorMismatch[] {
  if (state?.kind === 'not-protecting') return ['decommissioned'];
  if (state?.kind !== 'degraded') return [];
  return state.problems.some((one) => one.kind === 'wrong-site') ? ['wrong-site'] : ['version-differs', 'duplicate'];
}

export function vendorRecordOf(device: Device, world: PageWorld): VendorLookup {
  const nowMs = Date.now();
  const scan = world.scans.get(device.deviceId) ?? null;
  const removal = world.removed.has(device.deviceId)
    ? { how: 'decommissioned' as const, since: iso(nowMs - 30 * minuteMs) }
    : null;
  const rights = { scanStart: true, scanAbort: true, threats: true };
  const none = { record: null, mismatches: [], otherSite: null, fault: null, readAt: null, removal, rights };
  const link = { url: `https://${host}/`, host };
  if (device.mapping.siteName === null) return { ...none, looked: 'not-mapped', link: null };
  if (device.report?.product?.value.state !== 'present') return { ...none, looked: 'no-agent-id', link };
  const readAt = iso(nowMs - 24_000);
  if (device.notReportingSince !== null) {
    const problem = fault('sentinelone.unavailable', 'GET agents: no answer within 20 s');
    return { ...none, looked: 'failed', fault: problem, readAt, link };
  }
  const mismatches = mismatchesOf(device);
  if (mismatches.includes('wrong-site')) {
    return { ...none, looked: 'ok', mismatches, otherSite: 'Default site', readAt, link };
  }
  const healthy = device.state?.kind === 'protected';
  return {
    ...none,
    looked: 'ok',
    record: {
      vendorAgentId: '1893456781234500017',
      computerName: device.hostname,
      siteName: device.mapping.siteName,
      agentVersion: mismatches.includes('version-differs') ? '23.4.1.4' : device.productVersion,
      isActive: healthy,
      lastActiveAt: iso(nowMs - (healthy ? 4 : 47) * minuteMs),
      isDecommissioned: mismatches.includes('decommissioned'),
      infected: !healthy,
      activeThreats: healthy ? 0 : 2,
      networkStatus: healthy ? 'connected' : 'disconnected',
      scanStatus: scan ?? (healthy ? 'finished' : 'started'),
      scanStartedAt: iso(nowMs - 40 * minuteMs),
      lastScanAt: healthy || scan !== null ? iso(nowMs - 6 * 60 * minuteMs) : null,
      mitigationMode: 'protect',
      userActionsNeeded: healthy ? [] : ['reboot_needed', 'ne_not_running'],
    },
    mismatches,
    readAt,
    link,
  };
}

export function vendorActionAnswers(world: PageWorld): Answers {
  const deviceIdOf = (asked: Asked): string => found(world.device(asked.params['deviceId'] ?? '')).deviceId;
  return {
    'vendorActions.scan': (asked) => {
      world.scans.set(deviceIdOf(asked), asked.body.action === 'start' ? 'started' : 'aborted');
      return null;
    },
    'vendorActions.threats': () => ({
      items: [
        {
          threatId: '1893456781234500099',
          name: 'eicar.com<b>',
          classification: 'Malware',
          confidence: 'malicious',
          mitigation: 'not_mitigated',
          status: 'unresolved',
          filePath: '/home/ann/\u202egpj.eicar',
          foundAt: iso(Date.now() - 12 * minuteMs),
          url: `https://${host}/incidents/threats/1893456781234500099/overview`,
        },
      ],
      total: 3,
    }),
    'vendorActions.putBack': (asked) => {
      if (!world.removed.delete(deviceIdOf(asked))) throw new Refusal(409, 'request.conflict');
      return null;
    },
    'vendorActions.elsewhere': () => ({
      siteName: 'Northwind',
      items: elsewhere.filter(({ deviceId }) => !world.moved.has(deviceId)),
    }),
    'vendorActions.move': ({ body }) => ({
      items: body.deviceIds.map((deviceId: string) => {
        world.moved.add(deviceId);
        return { deviceId, moved: true, fault: null };
      }),
    }),
  };
}

const elsewhere = [
  {
    deviceId: 'd-004',
    hostname: 'web-04.example.net',
    vendorAgentId: '1893456781234500017',
    computerName: 'web-04',
    siteName: 'Default site',
    refusal: null,
  },
  {
    deviceId: 'd-005',
    hostname: 'pc-05.example.net',
    vendorAgentId: '1893456781234500018',
    computerName: 'reception',
    siteName: 'Default site',
    refusal: 'name-differs' as const,
  },
];
