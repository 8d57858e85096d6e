/** What lists, filters and counters need of a report, as columns. Pure. */
import type { Updateable } from 'kysely';
import type { DeviceReport } from '#protocol/report.ts';
import type { ProtectionKind } from '#protocol/state.ts';
import { causeOf, stateForList } from '#console/api/shown-state.ts';
import type { DeviceTable } from '#console/store/schema/tables.ts';

/** Worst first: what the page sorts by. */
const ranks: Readonly<Record<ProtectionKind, number>> = {
  'not-protecting': 10,
  failed: 20,
  blocked: 30,
  retrying: 40,
  degraded: 50,
  waiting: 60,
  unsupported: 70,
  installing: 80,
  unassigned: 90,
  checking: 100,
  paused: 110,
  protected: 120,
};
export const neverReportedRank = 100;

/** Device text shown in lists: without control and bidirectional characters (G23). */
export function plainText(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '').trim();
}

export function machineColumns(machine: NonNullable<DeviceReport['machine']>['value']): Updateable<DeviceTable> {
  const hostname = plainText(machine.hostname);
  return {
    hostname,
    hostname_folded: hostname.toLowerCase(),
    os: machine.os,
    os_name: plainText(machine.name),
    os_version: plainText(machine.version),
    architecture: machine.architecture,
    target: machine.target,
    kind: machine.product,
  };
}

export function reportColumns(report: DeviceReport): Updateable<DeviceTable> {
  const product = report.product?.value;
  return {
    ...(report.machine === null ? {} : machineColumns(report.machine.value)),
    ...(product === undefined ? {} : { product_version: product.version, agent_uuid: product.agentUuid }),
    test_trust: report.testTrust ? 1 : 0,
    state_kind: report.state.kind,
    state_rank: ranks[report.state.kind],
    cause: causeOf(report.state),
  };
}

export function listState(report: DeviceReport): string {
  return JSON.stringify(stateForList(report.state));
}
