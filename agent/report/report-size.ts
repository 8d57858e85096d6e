/**
 * Makes a report fit. The console refuses one that is too large or breaks a bound as a whole, and the device would fall
 * silent just when there is most to tell; so what is least wanted is left out, step by step. Pure.
 */
import { limits } from '#protocol/limits.ts';
import type { DeviceReport } from '#protocol/report.ts';
import type { Conflict } from '#protocol/state.ts';

/** Room for what the console adds when it reads it (defaults). */
const sizeMax = limits.stateBytesMax - 1024;

interface Bounds {
  readonly blocking: number;
  readonly reported: number;
  readonly rows: number;
  readonly evidence: number;
  readonly line: number;
  readonly text: number;
}

/** The first is what the protocol allows. */
const steps: readonly [Bounds, ...Bounds[]] = [
  { blocking: 20, reported: 40, rows: 16, evidence: 10, line: 200, text: 2000 },
  { blocking: 20, reported: 10, rows: 16, evidence: 3, line: 200, text: 500 },
  { blocking: 10, reported: 3, rows: 8, evidence: 1, line: 120, text: 200 },
  { blocking: 5, reported: 0, rows: 4, evidence: 1, line: 60, text: 100 },
];

export function fitReport(report: DeviceReport): DeviceReport {
  let fitting = cut(report, steps[0]);
  for (const bounds of steps.slice(1)) {
    if (JSON.stringify(fitting).length <= sizeMax) break;
    fitting = cut(report, bounds);
  }
  return fitting;
}

function cut(report: DeviceReport, bounds: Bounds): DeviceReport {
  const { antivirus, selection, product, machine, decision } = report;
  const line = (text: string): string => text.slice(0, bounds.line);
  return {
    ...report,
    state: cutState(report.state, bounds),
    decision: {
      ...decision,
      because: decision.because.slice(0, bounds.rows).map(({ code, text }) => ({ code, text: line(text) })),
    },
    machine: machine && { ...machine, value: { ...machine.value, ...linesOf(machine.value) } },
    product: product && {
      ...product,
      value: {
        ...product.value,
        ...linesOf(product.value),
        detail: product.value.detail.slice(0, bounds.rows).map(line),
      },
    },
    antivirus: antivirus && {
      ...antivirus,
      value: {
        blocking: cutConflicts(antivirus.value.blocking, bounds.blocking, bounds),
        reported: cutConflicts(antivirus.value.reported, bounds.reported, bounds),
        failedProbes: antivirus.value.failedProbes
          .slice(0, bounds.rows)
          .map(({ probe, detail, waived }) => ({ probe: line(probe), detail: line(detail), waived })),
      },
    },
    selection: selection && {
      ...selection,
      value: {
        chosen: selection.value.chosen,
        rejected: selection.value.rejected
          .slice(0, bounds.rows)
          .map((entry) => ({ ...entry, fileName: line(entry.fileName), reason: line(entry.reason) })),
        help: selection.value.help?.slice(0, bounds.text) ?? null,
      },
    },
  };
}

function cutState(state: DeviceReport['state'], bounds: Bounds): DeviceReport['state'] {
  if (state.kind === 'blocked') return { ...state, conflicts: cutConflicts(state.conflicts, bounds.blocking, bounds) };
  if (state.kind !== 'unsupported') return state;
  const reasons = state.reasons.slice(0, bounds.rows).map((reason) => reason.slice(0, bounds.line));
  return { ...state, reasons, help: state.help.slice(0, bounds.text) };
}

function cutConflicts(conflicts: readonly Conflict[], count: number, bounds: Bounds): Conflict[] {
  return conflicts.slice(0, count).map((conflict) => ({
    ...conflict,
    name: conflict.name.slice(0, bounds.line),
    version: conflict.version?.slice(0, bounds.line) ?? null,
    evidence: conflict.evidence.slice(0, bounds.evidence).map((line) => line.slice(0, bounds.line)),
    remedy: conflict.remedy.slice(0, bounds.text),
  }));
}

/** Short texts of one level, each within the bound of all short texts. */
function linesOf(group: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(group).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value.slice(0, 200)]] : [])),
  );
}
