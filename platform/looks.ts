import type { Probe } from '#platform/inventory.ts';
import type { ProbeResult } from '#platform/platform.ts';

/** A probe whose answer was cut off or came too late is no answer. */
export function completed(probe: Probe<ProbeResult>, program: string): Probe<ProbeResult> {
  if (probe.status !== 'ok') return probe;
  if (probe.value.timedOut) return failed(`${program} did not answer in time`);
  if (probe.value.truncated) return failed(`${program} answered too much`);
  return probe;
}

export function failed(detail: string): { status: 'failed'; code: string; detail: string } {
  return { status: 'failed', code: 'system.unreadable', detail: detail.slice(0, 600) };
}
