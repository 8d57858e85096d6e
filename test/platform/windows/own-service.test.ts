import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { noManager } from '#platform/own-service.ts';
import { windowsService } from '#platform/windows/own-service.ts';
import { Protection } from '#platform/windows/protection.ts';
import { serviceHost } from '#platform/windows/service-host.ts';
import { fakeStarter, framed, type Answer } from './starter.ts';

const root = 'C:\\Program Files\\Garrison';
const agent = `${root}\\versions\\0.1.0\\garrison-agent.exe`;
const host = `${root}\\garrison-service.exe`;
const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Services\\GarrisonAgent';

/** As `sc query` prints it, in whatever language: the numbers count. */
const block = (state: number, code = 0): string =>
  `\r\nSERVICE_NAME: GarrisonAgent\r\n        TYPE               : 10  WIN32_OWN_PROCESS\r\n        STATE              : ${state}  X\r\n        WIN32_EXIT_CODE    : ${code}  (0x0)\r\n`;

interface World {
  /** 0: there is none; 1 stopped, 4 running. */
  state?: number;
  start?: number;
  files?: readonly string[];
  sddl?: string;
}

function world({ state = 0, start = 2, files = [host, agent], sddl = 'O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)' }: World) {
  let now = state;
  const sc: Readonly<Record<string, () => Answer>> = {
    query: () => (now === 0 ? { code: 1060 } : { stdout: block(now) }),
    create: () => ((now = 1), {}),
    start: () => ((now = 4), {}),
    stop: () => (now === 4 ? ((now = 1), {}) : { code: 1062 }),
    delete: () => ((now = 0), {}),
    config: () => ({}),
  };
  const starter = fakeStarter((line) => {
    const verb = /^sc (\w+) GarrisonAgent/.exec(line)?.[1];
    if (verb !== undefined) return sc[verb]?.() ?? null;
    if (line.startsWith(`reg query ${key}`))
      return { stdout: `\r\n${key.replace('HKLM', 'HKEY_LOCAL_MACHINE')}\r\n    Start    REG_DWORD    0x${start}\r\n` };
    if (line.startsWith('powershell')) return { stdout: framed({ rights: [{ path: '*', sddl }] }) };
    return null;
  });
  const service = windowsService({
    runner: starter,
    protection: new Protection(starter, async () => null),
    isThere: async (path) => files.includes(path),
  });
  const asked = (): readonly string[] => starter.asked.filter((line) => /^sc (?!query)/.test(line));
  return { service, asked };
}

describe('our service on Windows', () => {
  it('G10: is the host beside the agent, by its quoted path, and is started', async () => {
    const { service, asked } = world({});
    await service.install(agent, '0.1.0');
    expect(asked()).toEqual([
      `sc create GarrisonAgent binPath= "${host}" start= auto DisplayName= Garrison agent`,
      'sc start GarrisonAgent',
    ]);
    expect(await service.status()).toEqual({ definition: 'own', state: 'running', enabled: true });
  });

  it('the same again changes nothing that runs', async () => {
    const { service, asked } = world({ state: 4 });
    await service.install(agent, '0.1.0');
    expect(asked().map((line) => line.split(' ')[1])).toEqual(['config', 'start']);
  });

  it.each([
    ['C:\\Users\\ann\\garrison-agent.exe', [host]],
    ['C:\\Users\\ann\\Garrison\\versions\\0.1.0\\garrison-agent.exe', [host]],
    [`${root}\\versions\\0.1.0\\sub\\garrison-agent.exe`, [host]],
    [agent, [agent]],
  ])('G10: is not made of %s', async (program, files) => {
    const { service, asked } = world({ files });
    await expect(service.install(program, '0.1.0')).rejects.toMatchObject({ code: 'service.untrusted-program' });
    expect(asked()).toEqual([]);
  });

  it('SEC-2: is not made of what others may write', async () => {
    const { service, asked } = world({ sddl: 'O:BAG:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1301bf;;;BU)' });
    await expect(service.install(agent, '0.1.0')).rejects.toMatchObject({ code: 'service.untrusted-program' });
    expect(asked()).toEqual([]);
  });

  it('is stopped and deleted; one of a package is only switched off', async () => {
    const own = world({ state: 4 });
    await own.service.uninstall();
    expect(own.asked()).toEqual(['sc stop GarrisonAgent', 'sc delete GarrisonAgent']);
    const packaged = world({ state: 1, files: [host, agent, `${root}\\packaged`] });
    await packaged.service.uninstall();
    expect(packaged.asked()).toEqual(['sc stop GarrisonAgent', 'sc config GarrisonAgent start= disabled']);
    expect(await packaged.service.status()).toMatchObject({ definition: 'package', state: 'stopped' });
  });

  it('says that there is none', async () => {
    const { service } = world({});
    expect(await service.status()).toEqual({ definition: 'none', state: 'stopped', enabled: false });
    await expect(service.start()).rejects.toMatchObject({ code: 'service.not-installed' });
    await expect(service.stop()).rejects.toMatchObject({ code: 'service.not-installed' });
    await service.uninstall();
  });
});

describe('what the service host hears and says', () => {
  it('signs of life on standard output; the end of standard input is a stop, once', async () => {
    const [life, signs] = [new PassThrough(), new PassThrough()];
    const manager = serviceHost({ GARRISON_SERVICE_HOST: '300000' }, { life: () => life, signs: () => signs });
    const stop = vi.fn();
    manager.onStop(stop);
    await manager.ready();
    await manager.alive();
    expect(String(signs.read())).toBe('ready\nalive\n');
    expect([manager.watchdogMs, stop.mock.calls.length]).toEqual([300_000, 0]);
    life.end();
    await vi.waitFor(() => expect(stop).toHaveBeenCalled());
    life.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(stop).toHaveBeenCalledOnce();
  });

  it.each([undefined, '', '0', '-5', 'yes', '1e99'])('nothing is read or written for %j', (value) => {
    const untouched = (): never => {
      throw new Error('touched');
    };
    expect(serviceHost({ GARRISON_SERVICE_HOST: value }, { life: untouched, signs: untouched })).toBe(noManager);
  });
});
