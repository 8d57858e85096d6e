/** What a present product amounts to. Pure. `protected` needs proof of every part; a missing proof is named. */
import type { ProductFacts } from '#installers/vendor.ts';
import { compareVersions } from '#installers/versions.ts';
import type { BareState, PlanInput } from '#agent/plan/decision.ts';

/** Connections drop and tools are slow to answer at start: a product that was proved keeps its word for so long. */
const graceMs = 5 * 60_000;

type Problem = Extract<BareState, { kind: 'degraded' }>['problems'][number];

/** Of a product that is there, whoever put it there. */
export function productState(input: PlanInput): BareState {
  if (!wasSeen(input)) return { kind: 'checking' };
  const product = input.facts.product.value;
  const version = (product.version ?? 'unknown').slice(0, 200);
  const lost = notProtecting(input, product);
  if (lost !== null) return { kind: 'not-protecting', version: product.version?.slice(0, 200) ?? null, ...lost };
  const problems = problemsOf(input, product);
  if (problems.length > 0) return { kind: 'degraded', version, problems };
  return { kind: 'protected', version, notes: updateAvailable(input, product) ? ['update-available'] : [] };
}

/**
 * The state of a product whose installer asked for a restart that has not come: nothing is proved before it. `asked` says
 * who wants it and who does it.
 */
export function untilRestarted(state: BareState, asked: string): BareState {
  const detail = asked.slice(0, 200);
  const needed = { kind: 'reboot-needed', detail } as const;
  if (state.kind === 'protected') return { kind: 'degraded', version: state.version, problems: [needed] };
  if (state.kind === 'degraded') return { ...state, problems: [needed, ...state.problems].slice(0, 8) };
  if (state.kind !== 'not-protecting') return state;
  return { ...state, reason: 'reboot-pending', detail: `${state.detail}; ${detail}`.slice(0, 200) };
}

/** A package database that cannot be read says nothing; until it can, nothing is claimed and nothing installed. */
export function wasSeen(input: PlanInput): boolean {
  return !input.facts.product.value.unread.some((entry) => entry.reading === 'packageState');
}

type Lost = Pick<Extract<BareState, { kind: 'not-protecting' }>, 'reason' | 'detail'>;

function notProtecting(input: PlanInput, product: ProductFacts): Lost | null {
  if (product.serviceRunning === false) return { reason: 'service-stopped', detail: 'the service does not run' };
  const shortcoming = disablingOf(product);
  if (shortcoming !== null) return shortcoming;
  if (product.enabled === false) return { reason: 'disabled', detail: 'the agent says it is disabled' };
  if (product.healthy === false && product.engineProblems.length === 0) {
    return { reason: 'disabled', detail: product.detail.join('; ').slice(0, 200) };
  }
  if (isProved(product) || withinGrace(input) || product.engineProblems.length > 0) return null;
  if (
    product.unread.length > 0 ||
    product.serviceRunning === null ||
    product.enabled === null ||
    product.healthy === null
  ) {
    const why = product.unread.map((entry) => `${entry.reading}: ${entry.detail}`).join('; ');
    return { reason: 'unreadable', detail: (why || 'its state could not be read').slice(0, 200) };
  }
  if (!input.memory.everConnected) {
    return { reason: 'not-registered', detail: 'it has never reached its SentinelOne console' };
  }
  return null;
}

/** It runs, and by its own word does not protect: no silence since and no proof before excuses that. */
function disablingOf(product: ProductFacts): Lost | null {
  for (const { kind, detail } of product.shortcomings) {
    if (kind === 'full-disk-access-missing' || kind === 'extension-unapproved' || kind === 'detect-only') {
      return { reason: kind, detail: detail.slice(0, 200) };
    }
  }
  return null;
}

/** Every part answers, and answers well. */
export function isProved(product: ProductFacts): boolean {
  return (
    product.state === 'present' &&
    product.serviceRunning === true &&
    product.enabled === true &&
    product.healthy === true &&
    product.connected === true
  );
}

/** A product that was once proved and has been silent for less than the grace still counts as it was. */
function withinGrace(input: PlanInput): boolean {
  const { memory, now } = input;
  if (!memory.everConnected) return false;
  if (memory.disconnectedSinceMs === null) return true;
  // Negative when the clock was set back meanwhile: such a silence has no known length and is not forgiven.
  const silentMs = now.wallMs - memory.disconnectedSinceMs;
  return silentMs >= 0 && silentMs < graceMs;
}

function problemsOf(input: PlanInput, product: ProductFacts): Problem[] {
  const problems: Problem[] = [];
  const add = (kind: Problem['kind'], detail: string): void => {
    problems.push({ kind, detail: detail.slice(0, 200) });
  };
  if (product.connected !== true && !withinGrace(input))
    add('not-connected', 'no connection to its SentinelOne console');
  for (const problem of product.engineProblems.slice(0, 2)) add('engine-problem', problem);
  for (const { kind, detail } of product.shortcomings.slice(0, 4)) {
    if (kind === 'network-extension-unapproved' || kind === 'permission-missing' || kind === 'reboot-needed')
      add(kind, detail);
  }
  const foreign = foreignConsole(input, product);
  if (foreign !== null) add('foreign-console', foreign);
  else if (wrongSite(input, product)) add('wrong-site', 'enrolled in another site than the one mapped');
  for (const conflict of input.facts.antivirus.value.blocking.slice(0, 3)) {
    add('other-antivirus', `${conflict.name} is active as well`);
  }
  return problems.slice(0, 8);
}

/** Another tenant's agent gives that tenant control of the device (G1). */
function foreignConsole(input: PlanInput, product: ProductFacts): string | null {
  const { assignment } = input;
  if (assignment === null || product.consoleHost === null) return null;
  return assignment.vendorHosts.includes(product.consoleHost) ? null : `belongs to ${product.consoleHost}`;
}

function wrongSite(input: PlanInput, product: ProductFacts): boolean {
  const site = input.assignment?.assignment.site ?? null;
  if (site === null) return false;
  const otherHost = product.consoleHost !== null && product.consoleHost !== site.consoleHost;
  const otherSite = product.siteKeySha256 !== null && product.siteKeySha256 !== site.siteKeySha256;
  return otherHost || otherSite;
}

function updateAvailable(input: PlanInput, product: ProductFacts): boolean {
  const chosen = input.facts.selection?.value.chosen ?? null;
  return chosen !== null && product.version !== null && compareVersions(product.version, chosen.version) < 0;
}
