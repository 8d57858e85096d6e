/** A device that lost its protection to a failed upgrade: that comes before everything else about it. Pure. */
import type { BareState, PlanInput } from '#agent/plan/decision.ts';

/** Whatever the assignment says. The detail tells what is done about it; `planned` is the state it would have otherwise. */
export function bareAfterFailedUpgrade({ memory, facts }: PlanInput, planned: BareState): BareState | null {
  if (memory.bare === null || facts.product.value.state === 'present') return null;
  const { fault } = memory.bare;
  const detail = `${fault.detail.slice(0, 100)}; ${nextStep(planned)}`.slice(0, 200);
  const waitsFor = planned.kind === 'waiting' ? { waitsFor: planned.condition } : {};
  return { kind: 'not-protecting', version: null, reason: 'bare-after-failed-upgrade', detail, ...waitsFor };
}

/** Without anything that moves by itself, so that the same state reads the same. */
function nextStep(planned: BareState): string {
  switch (planned.kind) {
    case 'waiting':
      return planned.condition === 'reboot'
        ? `restarts it: ${planned.holder ?? 'somebody'}`
        : `tried again after: ${planned.fault.detail}`;
    case 'installing':
      return `attempt ${planned.attempt} is under way`;
    case 'retrying':
      return 'tried again by itself';
    case 'failed':
      return `somebody must act: ${planned.fault.detail}`;
    case 'blocked':
      return `not tried again because ${planned.fault.detail}`;
    case 'unsupported':
    case 'unassigned':
    case 'paused':
      return 'nothing is installed: no deployment asks for it';
    case 'checking':
    case 'protected':
    case 'degraded':
    case 'not-protecting':
      return 'it is looked at';
  }
}
