/** What would become of each device if installing were allowed now. Pure: the same selection as on the device. */
import type { Candidate, VersionPolicy } from '#protocol/assignment.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { Target } from '#protocol/words.ts';
import type { DeploymentOutcome } from '#console/api/organisations.ts';
import { selectPackage } from '#installers/sentinelone/packages.ts';
import { trust } from '#installers/sentinelone/trust.ts';

type Machine = Parameters<typeof selectPackage>[0]['machine'];
type ReportedMachine = NonNullable<DeviceReport['machine']>['value'];

export interface PreviewInput {
  /** null: never reported. */
  readonly report: DeviceReport | null;
  readonly overdue: boolean;
  /** SentinelOne has removed its agent, and nobody has decided to put it back. */
  readonly removedThere: boolean;
  readonly candidates: readonly Candidate[];
  readonly versionPolicy: VersionPolicy;
  /** Products of the antivirus catalogue that are allowed on this device now. */
  readonly exceptedProducts: ReadonlySet<string>;
}

export type Preview =
  | { readonly outcome: Exclude<DeploymentOutcome, 'install'> }
  | { readonly outcome: 'install'; readonly target: Target; readonly version: string };

/** What selection needs of a machine; what a report does not carry is left to the device to refuse. */
function machineOf(reported: ReportedMachine, fingerprint: string): Machine {
  const format = reported.target?.endsWith('-deb') ? 'deb' : 'rpm';
  return {
    os: reported.os,
    name: reported.name,
    version: reported.version,
    architecture: reported.architecture,
    product: reported.product,
    formats: reported.os === 'linux' && reported.target !== null ? [format] : [],
    distribution: null,
    imageBased: false,
    sse42: null,
    memoryBytes: reported.memoryBytes,
    hostname: reported.hostname,
    virtualisation: reported.virtualisation,
    fingerprint,
    bootId: reported.bootId,
  };
}

function blocked(report: DeviceReport, excepted: ReadonlySet<string>): boolean {
  return (report.antivirus?.value.blocking ?? []).some((conflict) => !excepted.has(conflict.productId));
}

/** The first thing that stands in the way, or the package that would be installed. */
export function previewDevice(input: PreviewInput): Preview {
  const { report, candidates, versionPolicy } = input;
  if (input.overdue) return { outcome: 'not-reporting' };
  if (report === null || report.machine === null || report.product === null) return { outcome: 'not-checked' };
  if (report.product.value.state === 'present') return { outcome: 'already-installed' };
  if (input.removedThere) return { outcome: 'needs-person' };
  if (report.antivirus === null) return { outcome: 'not-checked' };
  if (blocked(report, input.exceptedProducts)) return { outcome: 'other-antivirus' };
  if (report.antivirus.value.failedProbes.some((probe) => !probe.waived)) return { outcome: 'needs-person' };
  const machine = machineOf(report.machine.value, '');
  const { chosen } = selectPackage({ machine, candidates, policy: versionPolicy }, trust.versionFloor);
  if (chosen === null) return { outcome: 'unsupported' };
  if (report.state.kind === 'failed') return { outcome: 'needs-person' };
  return { outcome: 'install', target: chosen.target, version: chosen.version };
}
