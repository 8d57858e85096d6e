/** What a device is shown as, and why: the same answer in lists, counters and filters of server and page. Pure. */
import * as z from 'zod';
import { protectionKinds, type ProtectionState } from '#protocol/state.ts';
import { longText, shortText } from '#protocol/words.ts';

/** Protection states, or the overlay: whatever a silent device said last is not counted as true. */
export const shownStates = [...protectionKinds, 'not-reporting'] as const;
export type ShownState = (typeof shownStates)[number];
export const shownStateSchema = z.enum(shownStates);

export function shownState(state: ProtectionState | null, notReportingSince: string | null): ShownState {
  if (notReportingSince !== null) return 'not-reporting';
  return state?.kind ?? 'checking';
}

/** A fault code, problem kind, condition or reason; for the cause filter. */
export const causeText = z.string().regex(/^[a-z0-9.-]{1,64}$/);

/** The first cause of a state, null where there is none. */
export function causeOf(state: ProtectionState): string | null {
  switch (state.kind) {
    case 'blocked':
    case 'retrying':
    case 'failed':
      return state.fault.code;
    case 'waiting':
      return state.condition;
    case 'degraded':
      return state.problems[0]?.kind ?? null;
    case 'not-protecting':
    case 'unassigned':
      return state.reason;
    case 'paused':
      return state.mode;
    case 'protected':
    case 'checking':
    case 'unsupported':
    case 'installing':
      return null;
  }
}

/** A state for a list row: what only the device's own page shows is cut off, so that a page of rows stays small. */
export function stateForList(state: ProtectionState): ProtectionState {
  switch (state.kind) {
    case 'blocked':
      return {
        ...state,
        fault: { ...state.fault, detail: cut(state.fault.detail), context: {} },
        conflicts: state.conflicts.slice(0, 3).map((conflict) => ({ ...conflict, evidence: [], remedy: '' })),
      };
    case 'waiting':
    case 'retrying':
    case 'failed':
      return { ...state, fault: { ...state.fault, detail: cut(state.fault.detail), context: {} } };
    case 'unsupported':
      return { ...state, reasons: state.reasons.slice(0, 1), help: cut(state.help) };
    case 'protected':
    case 'degraded':
    case 'not-protecting':
    case 'checking':
    case 'unassigned':
    case 'paused':
    case 'installing':
      return state;
  }
}

function cut(text: string): string {
  return text.slice(0, 200);
}

/** Bounded words of an operator, kept for the record ("mail server, agreed with IT"). */
export const operatorReason = longText.max(500);
export const operatorLabel = shortText.max(100);
