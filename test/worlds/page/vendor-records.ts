/** What SentinelOne has on record of the mock's devices: what fits how each is doing. */
import type { VendorLookup, VendorMismatch } from '#console/api/vendor-record.ts';
import type { Device } from './devices.ts';
import { fault, iso, minuteMs } from './states.ts';

const host = 'euce1-100.example.net';

function mismatchesOf({ state }: Device): VendorMismatch[] {
  if (state?.kind === 'not-protecting') return ['decommissioned'];
  if (state?.kind !== 'degraded') return [];
  return state.problems.some((one) => one.kind === 'wrong-site') ? ['wrong-site'] : ['version-differs', 'duplicate'];
}

export function vendorRecordOf(device: Device, nowMs: number): VendorLookup {
  const none = { record: null, mismatches: [], otherSite: null, fault: null, readAt: null };
  const link = { url: `https://${host}/`, host };
  if (device.mapping.status === 'unmapped') return { ...none, looked: 'not-mapped', link: null };
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
      scanStatus: healthy ? 'finished' : 'started',
      userActionsNeeded: healthy ? [] : ['reboot_needed', 'ne_not_running'],
    },
    mismatches,
    readAt,
    link,
  };
}
