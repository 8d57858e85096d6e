import { describe, expect, it } from 'vitest';
import { scripts } from '#test/worlds/host/installer.ts';
import { live } from '#test/agent/crash.ts';
import { problemsOf, survives, timeout, upTo } from '#test/agent/kill.ts';

survives({ name: 'an install', scripts: [scripts.works], starts: 1, losses: ['all', 'part'] });

describe('an install whose agent and shim both die', () => {
  it('is finished whatever the order', { timeout }, async () => {
    const { device } = await live({ scripts: [scripts.works] });
    const launch = (device.process?.effects.indexOf('launch shim') ?? 0) + 1;
    const shim = device.host.shimRuns[0]?.effects.length ?? 0;
    expect(launch).toBeGreaterThan(1);
    const moments = upTo(shim).flatMap((shimAt) =>
      upTo(6).map((after) => {
        const agentDiesAt = [launch + after, after * 2];
        return {
          scripts: [scripts.works],
          agentDiesAt,
          shim: { crashAt: shimAt },
          at: `agent ${agentDiesAt.join(' and ')}, shim ${shimAt}`,
        };
      }),
    );
    expect(await problemsOf(moments, 1)).toEqual([]);
  });
});
