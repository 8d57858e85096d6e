/** What the look at the product adds to the memory: since when it has been silent, and that a bare device is not bare any more. */
import type { Agent } from '#agent/agent.ts';
import type { Change } from '#agent/memory/memory.ts';
import type { PlanInput } from '#agent/plan/decision.ts';
import { isProved, wasSeen } from '#agent/plan/product-state.ts';

export async function noteProduct({ journal }: Agent, input: PlanInput): Promise<void> {
  if (journal.broken !== null) return;
  const changes = [connectionChange(input), bareChange(input)].filter((change) => change !== null);
  if (changes.length > 0) await journal.write(...changes);
}

function connectionChange({ facts, memory, now }: PlanInput): Change | null {
  const product = facts.product.value;
  const { everConnected, disconnectedSinceMs } = memory;
  if (product.state !== 'present') {
    if (!everConnected && disconnectedSinceMs === null) return null;
    return { change: 'connection', disconnectedSinceMs: null, everConnected: false };
  }
  if (isProved(product)) {
    if (everConnected && disconnectedSinceMs === null) return null;
    return { change: 'connection', disconnectedSinceMs: null, everConnected: true };
  }
  return disconnectedSinceMs === null ? { change: 'connection', disconnectedSinceMs: now.wallMs, everConnected } : null;
}

function bareChange(input: PlanInput): Change | null {
  const isThere = input.facts.product.value.state === 'present' && wasSeen(input);
  return input.memory.bare !== null && isThere ? { change: 'bare', bare: null } : null;
}
