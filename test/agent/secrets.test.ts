import { expect, it } from 'vitest';
import { Fault } from '#protocol/codes.ts';
import { siteToken } from '#test/worlds/host/console.ts';
import { Device } from '#test/worlds/host/device.ts';

for (const code of ['state.no-space', 'state.disk-error'] as const) {
  it(`G12: the site token does not stay when its run cannot be noted (${code})`, async () => {
    const device = new Device();
    device.assignsOnEnrolment();
    device.start();
    await device.host.time.run(5_000, () => device.running !== null);
    const { agent } = device.running ?? {};
    if (agent === undefined) throw new Error('the agent does not run');
    const write = agent.journal.write.bind(agent.journal);
    let refused = 0;
    agent.journal.write = async (...entries) => {
      const prepared = entries.some((entry) => 'change' in entry && entry.change === 'run-prepared');
      if (!prepared || refused > 0) return write(...entries);
      expect(device.stored().some(({ text }) => text.includes(siteToken))).toBe(true);
      refused += 1;
      throw new Fault(code, 'the disk says no');
    };
    await device.host.time.run(600_000, () => refused === 1);
    await device.host.time.run(500);
    expect(device.stored().filter(({ text }) => text.includes(siteToken))).toEqual([]);
    expect(device.host.packageManager.starts).toEqual([]);
  });
}

it('G1: no host is asked for that the owner has not allowed, whatever an assignment names', async () => {
  const device = new Device();
  const site = device.assignment().site;
  if (site === null) throw new Error('an assignment without a site');
  device.assignsOnEnrolment({ site: { ...site, consoleHost: 'intranet.example:8080' } });
  device.start();
  await device.host.time.run(5_000, () => device.running !== null);
  const { platform } = device.running?.agent ?? {};
  if (platform === undefined) throw new Error('the agent does not run');
  const asked: string[] = [];
  const check = platform.checkHost.bind(platform);
  Object.assign(platform, {
    checkHost: (host: string) => {
      asked.push(host);
      return check(host);
    },
  });
  await device.host.time.run(120_000);
  expect(asked).toEqual([]);
  expect(device.host.packageManager.starts).toEqual([]);
  const refusal = device.console.events().find(({ kind }) => kind === 'attempt-ended');
  expect(refusal).toMatchObject({ data: { result: 'failed', fault: { code: 'token.site-mismatch' } } });
});
