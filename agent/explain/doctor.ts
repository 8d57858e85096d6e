/** What is well, what is not, and what helps: one line a check, in the order in which one thing rests on another. Pure. */
import { codes, type FaultRecord } from '#protocol/codes.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { HostCheck } from '#platform/platform.ts';
import type { OwnServiceStatus } from '#platform/own-service.ts';
import type { Explanation } from '#agent/explain/explain.ts';
import { outcomeOf } from '#agent/explain/outcome.ts';

export interface Finding {
  /** `note`: neither well nor ill; somebody should know. */
  readonly verdict: 'well' | 'ill' | 'note';
  readonly check: string;
  readonly detail: string;
  readonly remedy: string | null;
}

/** What the daemon says of itself. */
export interface Told {
  readonly version: string;
  readonly report: DeviceReport | null;
  readonly enrolled: { readonly deviceId: string; readonly organisationName: string } | null;
  readonly clockSkewMs: number | null;
  readonly heardAgoMs: number | null;
  readonly journal: { readonly broken: FaultRecord | null };
}

/** Whatever could not be looked at is a fault in its place. */
export interface Looked {
  readonly version: string;
  readonly configuration: FaultRecord | null;
  readonly service: OwnServiceStatus | FaultRecord;
  readonly told: Told | FaultRecord;
  /** Of the addresses of the console and the SentinelOne hosts, as far as they are known. */
  readonly hosts: readonly { readonly of: 'console' | 'SentinelOne'; readonly check: HostCheck }[];
  readonly pinned: boolean;
  readonly plan: Explanation | FaultRecord;
  readonly stateText: string;
}

const skewMaxMs = 5 * 60_000;
const silentMaxMs = 20 * 60_000;

export function diagnosis(looked: Looked): readonly Finding[] {
  return [
    configuration(looked),
    ...service(looked),
    ...daemon(looked),
    ...looked.hosts.map(({ of, check }) => host(of, check, looked.pinned)),
    ...machine(looked),
    protection(looked),
  ];
}

const well = (check: string, detail: string): Finding => ({ verdict: 'well', check, detail, remedy: null });
const ill = (check: string, detail: string, remedy: string): Finding => ({ verdict: 'ill', check, detail, remedy });
const note = (check: string, detail: string): Finding => ({ verdict: 'note', check, detail, remedy: null });
const faulty = (check: string, { code, detail }: FaultRecord): Finding =>
  ill(check, `${codes[code].title} (${code}): ${detail}`, codes[code].remedy);
const isFault = (value: object): value is FaultRecord => 'code' in value && 'context' in value;

function configuration({ configuration: fault }: Looked): Finding {
  return fault === null ? well('Configuration', 'can be read') : faulty('Configuration', fault);
}

function service({ service: status }: Looked): readonly Finding[] {
  if (isFault(status)) return [faulty('Service', status)];
  const { definition, state, enabled } = status;
  if (definition === 'none')
    return [note('Service', 'not installed; right where "garrison-agent once" is used in its place')];
  const runs =
    state === 'running'
      ? well('Service', 'runs')
      : ill('Service', state, 'Start it with "garrison-agent service start", then look at its log.');
  const starts = enabled
    ? well('Start at boot', 'yes')
    : ill('Start at boot', 'no', 'Run "garrison-agent service install".');
  return [runs, starts];
}

function daemon({ told, version }: Looked): readonly Finding[] {
  if (isFault(told)) return [faulty('Agent', told)];
  const same = told.version === version;
  const findings = [
    same
      ? well('Agent', `answers, version ${version}`)
      : ill('Agent', `runs version ${told.version}, this program is ${version}`, 'Restart the service.'),
  ];
  if (told.journal.broken !== null) findings.push(faulty('Memory on disk', told.journal.broken));
  const { enrolled, heardAgoMs, clockSkewMs } = told;
  if (enrolled === null) return [...findings, ill('Enrolment', 'not enrolled', codes['enrol.not-enrolled'].remedy)];
  findings.push(well('Enrolment', `${enrolled.organisationName}, device ${enrolled.deviceId}`));
  if (heardAgoMs !== null && heardAgoMs < silentMaxMs)
    findings.push(well('Console', `heard ${Math.round(heardAgoMs / 1000)} s ago`));
  else {
    const detail = heardAgoMs === null ? 'not heard since the agent started' : `not heard for ${minutes(heardAgoMs)}`;
    findings.push(ill('Console', detail, codes['network.console-unreachable'].remedy));
  }
  if (clockSkewMs !== null && Math.abs(clockSkewMs) > skewMaxMs)
    findings.push(ill('Clock', `${minutes(clockSkewMs)} off`, codes['clock.skewed'].remedy));
  return findings;
}

const minutes = (ms: number): string => `${Math.round(Math.abs(ms) / 60_000)} minutes`;

function host(of: 'console' | 'SentinelOne', check: HostCheck, pinned: boolean): Finding {
  const name = `${of} ${check.host}`;
  if (check.dns === 'ok' && check.tls === 'ok') return well(name, 'reached');
  // Whose key is pinned needs no authority; the agent itself goes by the pin.
  if (of === 'console' && pinned && check.tls === 'untrusted') return well(name, 'reached, known by its pinned key');
  const code = of === 'console' ? 'network.console-unreachable' : 'network.vendor-unreachable';
  return ill(name, check.dns === 'ok' ? `no trusted connection: ${check.detail}` : check.detail, codes[code].remedy);
}

/** Rows of the plan that an administrator can do something about; what was not looked at is left out. */
function machine({ plan }: Looked): readonly Finding[] {
  if (isFault(plan)) return [faulty('This machine', plan)];
  return plan.preflight
    .filter(({ ok, check }) => ok !== null && check !== 'SentinelOne console reachable')
    .map(({ check, ok, detail }) => {
      const name = `${check.slice(0, 1).toUpperCase()}${check.slice(1)}`;
      return ok === true
        ? well(name, detail || 'yes')
        : ill(name, detail || 'no', '"garrison-agent plan" says what was found and what helps.');
    });
}

function protection({ told, plan, stateText }: Looked): Finding {
  const state = !isFault(told) && told.report !== null ? told.report.state : isFault(plan) ? null : plan.state;
  if (state === null) return ill('Protection', 'could not be told', 'Remove the causes above first.');
  const outcome = outcomeOf(state);
  if (outcome === 'protected') return well('Protection', stateText);
  if (outcome === 'needs-attention' || outcome === 'watching' || outcome === 'working' || outcome === 'later')
    return note('Protection', stateText);
  const remedy = 'fault' in state ? codes[state.fault.code].remedy : '"garrison-agent status" says what to do.';
  return ill('Protection', stateText, remedy);
}
