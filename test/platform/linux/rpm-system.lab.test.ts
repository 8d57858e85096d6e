import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRpm, labDirectory } from '#test/platform/linux/lab.ts';
import { type Container, startContainer } from '#test/worlds/lab/container.ts';

const house = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
const lab = labDirectory();
let container: Container;

async function ask(method: string, ...args: readonly unknown[]): Promise<unknown> {
  const script = `${house}/test/platform/linux/ask.ts`;
  return JSON.parse(await container.run([process.execPath, script, method, JSON.stringify(args)])) as unknown;
}

beforeAll(async () => {
  const mounts = [...new Set([house, dirname(process.execPath)])];
  const binds = mounts.map((path) => ({ host: path, guest: path, readOnly: true }));
  container = await startContainer({ root: 'rpm', name: 'platform-rpm', binds });
});
afterAll(async () => {
  await container.stop();
  lab.remove();
});

describe('a system that lives from rpm', () => {
  it('takes rpm packages', async () => {
    expect(await ask('machine')).toMatchObject({ formats: ['rpm'], imageBased: false });
    expect(await ask('locks', 'rpm')).toEqual({ status: 'ok', value: [] });
    expect(await ask('pendingReboot')).toMatchObject({ status: 'unsupported' });
  });

  it('knows its packages, and a tool that one of them installed', async () => {
    expect(await ask('packageState', 'rpm', ['SentinelAgent'])).toMatchObject({ value: { state: 'absent' } });
    const body = '#!/bin/sh\necho healthy\n';
    const rpm = buildRpm(lab.path, { name: 'SentinelAgent', files: { '/opt/standin/bin/ctl': body } });
    container.copyIn(rpm, '/root/agent.rpm');
    expect(await ask('packageMetadata', 'rpm', '/root/agent.rpm')).toMatchObject({ value: { name: 'SentinelAgent' } });
    await container.run(['rpm', '-i', '--nodeps', '/root/agent.rpm']);
    const present = { state: 'present', version: '24.2.2.20', detail: '24.2.2.20-1' };
    expect(await ask('packageState', 'rpm', ['SentinelAgent'])).toEqual({ status: 'ok', value: present });
    const spec = {
      kind: 'file',
      name: 'ctl',
      path: '/opt/standin/bin/ctl',
      packageNames: ['SentinelAgent'],
      productUser: null,
    };
    expect(await ask('probeVendorTool', spec, [])).toMatchObject({ status: 'ok', value: { stdout: 'healthy\n' } });
    await container.writeFile('/opt/standin/bin/ctl', '#!/bin/sh\necho forged\n', 0o755);
    expect(await ask('probeVendorTool', spec, [])).toMatchObject({ code: 'health.untrusted-tool' });
    await container.run(['rpm', '-e', 'SentinelAgent']);
    expect(await ask('packageState', 'rpm', ['SentinelAgent'])).toMatchObject({ value: { state: 'absent' } });
  });
});
