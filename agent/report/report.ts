/** The whole observed state as it travels, and the digest by which the console knows whether it holds it. */
import { sha256Hex } from '#protocol/crypto.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { Conflict } from '#protocol/state.ts';
import type { Machine } from '#platform/platform.ts';
import type { Selection } from '#installers/vendor.ts';
import type { Agent } from '#agent/agent.ts';
import type { Facts } from '#agent/observe/facts.ts';
import type { Decision, Plan } from '#agent/plan/decision.ts';
import { fitReport } from '#agent/report/report-size.ts';
import { startBudget } from '#agent/schedule.ts';

export type Hardware = DeviceReport['hardware'];

export interface ReportSource {
  readonly agent: Agent;
  readonly facts: Facts;
  readonly plan: Plan;
  readonly hardware: Hardware;
}

export function makeReport({ agent, facts, plan, hardware }: ReportSource): DeviceReport {
  const { journal, time, platform, current } = agent;
  const wallOf = (monotonicMs: number): string =>
    new Date(time.now() - (platform.clock.monotonic() - monotonicMs)).toISOString();
  const { memory } = journal;
  const budget = startBudget(memory, time.now());
  const { state } = plan;
  return fitReport({
    agentVersion: agent.version,
    testTrust: agent.version.includes('+test-trust'),
    trust: current.trust,
    source: current.assignment?.source ?? 'console',
    assignmentNumber: current.assignment?.assignment.number ?? null,
    state:
      state.kind === 'installing'
        ? { ...state, progress: current.progress === null ? null : { ...current.progress } }
        : state,
    decision: decisionReport(plan.decision, agent),
    machine: { observedAt: wallOf(facts.machine.observedAtMs), value: machineReport(agent, facts.machine.value) },
    hardware,
    product: { observedAt: wallOf(facts.product.observedAtMs), value: productReport(facts) },
    antivirus: {
      observedAt: wallOf(facts.antivirus.observedAtMs),
      value: {
        blocking: facts.antivirus.value.blocking.slice(0, 20) as Conflict[],
        reported: facts.antivirus.value.reported.slice(0, 40) as Conflict[],
        failedProbes: facts.antivirus.value.unknown
          .slice(0, 20)
          .map((entry) => ({ ...entry, detail: entry.detail.slice(0, 200) })),
      },
    },
    selection:
      facts.selection === null
        ? null
        : { observedAt: wallOf(facts.selection.observedAtMs), value: selectionReport(facts.selection.value) },
    attempts: {
      number: memory.attempts,
      startsLast24h: budget.used,
      startsMax: budget.max,
      lastFault: memory.lastFault === null ? null : { ...memory.lastFault, context: { ...memory.lastFault.context } },
      nextAttemptAt: memory.pause?.untilMs == null ? null : new Date(memory.pause.untilMs).toISOString(),
    },
  });
}

function selectionReport({ chosen, rejected, help }: Selection): NonNullable<DeviceReport['selection']>['value'] {
  return { chosen, rejected: [...rejected], help };
}

function decisionReport(decision: Decision, agent: Agent): DeviceReport['decision'] {
  const because = decision.because
    .slice(0, 20)
    .map(({ code, text }) => ({ code: code.slice(0, 200), text: text.slice(0, 200) }));
  if (decision.kind === 'do') return { kind: 'do', what: decision.action.kind, because, until: null };
  const inMs = decision.lookAgainAtMs - agent.platform.clock.monotonic();
  const until = new Date(agent.time.now() + Math.max(0, inMs)).toISOString();
  return { kind: decision.kind, what: decision.kind === 'wait' ? decision.condition : 'rest', because, until };
}

export function machineReport(
  agent: Pick<Agent, 'vendor'>,
  machine: Machine,
): NonNullable<DeviceReport['machine']>['value'] {
  const { os, name, version, architecture, product, hostname, memoryBytes, virtualisation, bootId } = machine;
  const target = agent.vendor.targetOf(machine);
  return {
    os,
    name: name.slice(0, 200),
    version: version.slice(0, 200),
    architecture,
    product,
    target,
    hostname: hostname.slice(0, 200),
    memoryBytes,
    virtualisation,
    bootId,
  };
}

function productReport(facts: Facts): NonNullable<DeviceReport['product']>['value'] {
  const { state, version, serviceRunning, enabled, connected, agentUuid, consoleHost, siteKeySha256, detail } =
    facts.product.value;
  return {
    state,
    version,
    serviceRunning,
    enabled,
    connected,
    agentUuid,
    consoleHost,
    siteKeySha256,
    detail: detail.slice(0, 20).map((line) => line.slice(0, 200)),
  };
}

/** Over everything but ages and times that move by themselves: a report that says the same has the same digest. */
export function reportDigest(report: DeviceReport): string {
  const still = JSON.stringify(report, (key, value: unknown) =>
    key === 'observedAt' || key === 'until' || key === 'lookAgainAt' || key === 'progress' ? undefined : value,
  );
  return sha256Hex(still);
}
