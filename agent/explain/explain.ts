/** What the agent sees, what it would do and why, without doing it. Secrets never enter it. */
import type { Vendor } from '#installers/vendor.ts';
import type { Probe } from '#platform/inventory.ts';
import { explainAhead } from '#agent/explain/explain-ahead.ts';
import type { Plan, PlanInput } from '#agent/plan/decision.ts';

export interface Explanation {
  readonly state: Plan['state'];
  readonly decision: Plan['decision'];
  readonly machine: {
    readonly name: string;
    readonly architecture: string;
    readonly target: string | null;
    readonly hostname: string;
  };
  readonly assignment: {
    readonly mode: string;
    readonly site: string | null;
    readonly source: string;
    readonly expiresAt: string;
  } | null;
  readonly product: { readonly state: string; readonly version: string | null; readonly detail: readonly string[] };
  readonly antivirus: PlanInput['facts']['antivirus']['value'];
  readonly selection: {
    readonly chosen: string | null;
    readonly rejected: readonly { readonly fileName: string; readonly reason: string }[];
    readonly help: string | null;
  } | null;
  readonly preflight: readonly { readonly check: string; readonly ok: boolean | null; readonly detail: string }[];
  /** Argument lists that an install would run, tried in this order. */
  readonly commands: readonly (readonly string[])[];
  /** What comes after the decision: rungs of the ladder, and who restarts the machine. */
  readonly ahead: readonly string[];
}

export function explain(input: PlanInput, plan: Plan, vendor: Vendor): Explanation {
  const { facts, assignment } = input;
  const machine = facts.machine.value;
  const selection = facts.selection?.value ?? null;
  const chosen = selection?.chosen ?? null;
  // Present is never installed over.
  const recipe = chosen === null || facts.product.value.state === 'present' ? null : vendor.recipe(chosen.format);
  const fill = (arg: string): string =>
    arg
      .replaceAll('{package}', chosen?.fileName ?? '')
      .replaceAll('{token}', '<site token>')
      .replaceAll('{directory}', '<run directory>');
  return {
    state: plan.state,
    decision: plan.decision,
    machine: {
      name: machine.name,
      architecture: machine.architecture,
      target: vendor.targetOf(machine),
      hostname: machine.hostname,
    },
    assignment:
      assignment === null
        ? null
        : {
            mode: assignment.assignment.mode,
            site: assignment.assignment.site?.siteName ?? null,
            source: assignment.source,
            expiresAt: assignment.assignment.expiresAt,
          },
    product: {
      state: facts.product.value.state,
      version: facts.product.value.version,
      detail: facts.product.value.detail,
    },
    antivirus: facts.antivirus.value,
    selection:
      selection === null
        ? null
        : {
            chosen: chosen === null ? null : `${chosen.fileName} (${chosen.version})`,
            rejected: selection.rejected.map(({ fileName, reason }) => ({ fileName, reason })),
            help: selection.help,
          },
    ahead: explainAhead(input),
    preflight: preflight(input),
    commands: recipe?.install.map(({ program, args }) => [program, ...args].map(fill)) ?? [],
  };
}

function preflight({ facts, freeBytesMin }: PlanInput): Explanation['preflight'] {
  const { locks, freeBytes, settled, vendorHost, antivirus } = facts;
  const mib = (bytes: number): string => `${Math.round(bytes / 1_048_576)} MiB`;
  const disk = freeBytes.value;
  return [
    {
      check: 'no other antivirus',
      ok: antivirus.value.blocking.length === 0,
      detail: antivirus.value.blocking.map((found) => found.name).join(', '),
    },
    {
      check: 'every look worked',
      ok: antivirus.value.unknown.every((entry) => entry.waived),
      detail: antivirus.value.unknown.map((entry) => `${entry.probe}: ${entry.detail}`).join('; '),
    },
    {
      check: 'disk space',
      ok: disk.status === 'ok' ? disk.value >= freeBytesMin : null,
      detail:
        disk.status === 'ok' ? `${mib(disk.value)} free, ${mib(freeBytesMin)} and the package are needed` : disk.detail,
    },
    { check: 'no installation running', ok: settled.settled, detail: settled.holder ?? '' },
    {
      check: 'package manager free',
      ok: locks === null ? null : locks.value.status === 'ok' && locks.value.value.length === 0,
      detail: locks === null ? 'looked at before an install' : lockText(locks.value),
    },
    restartRow(facts.pendingReboot?.value ?? null),
    {
      check: 'SentinelOne console reachable',
      ok: vendorHost === null ? null : vendorHost.value.dns === 'ok' && vendorHost.value.tls === 'ok',
      detail:
        vendorHost === null
          ? 'looked at before an install'
          : `${vendorHost.value.host} ${vendorHost.value.detail}`.trim(),
    },
  ];
}

/** No obstacle: many machines wait for one for weeks, and an installer that minds it says so by its exit code. */
function restartRow(pending: Probe<boolean> | null): Explanation['preflight'][number] {
  const check = 'no restart pending';
  if (pending === null) return { check, ok: null, detail: 'looked at before an install' };
  if (pending.status !== 'ok') return { check, ok: null, detail: pending.detail };
  if (!pending.value) return { check, ok: true, detail: '' };
  return { check, ok: null, detail: 'the system waits for one; an installer that minds it is run again afterwards' };
}

function lockText(locks: NonNullable<PlanInput['facts']['locks']>['value']): string {
  if (locks.status !== 'ok') return locks.detail;
  return locks.value
    .map((lock) => `${lock.lock}: ${lock.holder === null ? 'unknown' : `${lock.holder.command} (${lock.holder.pid})`}`)
    .join(', ');
}
