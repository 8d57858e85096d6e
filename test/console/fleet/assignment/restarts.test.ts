import { describe, expect, it } from 'vitest';
import { scheduledRestart } from '#console/fleet/assignment/restarts.ts';
import type { EventData } from '#protocol/events.ts';

const nowMs = Date.parse('2026-03-01T10:00:00.000Z');

function restart(result: EventData<'reboot'>['result'], inMs: number) {
  const data: EventData<'reboot'> = { attempt: 1, result, at: new Date(nowMs + inMs).toISOString(), detail: '' };
  return { kind: 'reboot', data: JSON.stringify(data) };
}
function started(reason: EventData<'agent-started'>['reason']) {
  const data: EventData<'agent-started'> = { version: '0.1.0', bootId: 'b', reason };
  return { kind: 'agent-started', data: JSON.stringify(data) };
}

describe('a scheduled restart', () => {
  it('is the last one told of, until its time', () => {
    expect(scheduledRestart([], nowMs)).toBeNull();
    const told = [restart('scheduled', 600_000), restart('cancelled', -86_400_000)];
    expect(scheduledRestart(told, nowMs)).toBe(nowMs + 600_000);
    expect(scheduledRestart(told, nowMs + 600_000)).toBeNull();
  });

  it('is none after it was called off, failed, or the machine has started again', () => {
    const scheduled = restart('scheduled', 600_000);
    expect(scheduledRestart([restart('cancelled', 600_000), scheduled], nowMs)).toBeNull();
    expect(scheduledRestart([restart('failed', 600_000), scheduled], nowMs)).toBeNull();
    expect(scheduledRestart([started('reboot'), scheduled], nowMs)).toBeNull();
    expect(scheduledRestart([started('crash'), scheduled], nowMs)).toBe(nowMs + 600_000);
  });

  it('is none where the device tells what cannot be read', () => {
    expect(scheduledRestart([{ kind: 'reboot', data: '{}' }, restart('scheduled', 600_000)], nowMs)).toBeNull();
  });
});
