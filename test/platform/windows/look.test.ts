import { describe, expect, it } from 'vitest';
import { readMachine } from '#platform/windows/machine.ts';
import { heldLocks } from '#platform/windows/locks.ts';
import { packageState } from '#platform/windows/packages.ts';
import { Processes } from '#platform/windows/processes.ts';
import { cancelReboot, pendingReboot, requestReboot } from '#platform/windows/reboot.ts';
import { serviceInventory, services } from '#platform/windows/services.ts';
import { surveyInventory } from '#platform/windows/survey.ts';
import { fixture } from '#test/platform/windows/fixture.ts';
import { type Answers, fakeStarter, framed } from '#test/platform/windows/starter.ts';

const query = { services: ['SentinelAgent', 'AVP.KES.*'], paths: [], launchDaemons: [] };
const notThere = { code: 1060, stdout: '[SC] EnumQueryServicesStatus:OpenService FAILED 1060:\r\n' };

/** First answer whose beginning the question has. */
const table =
  (rows: Readonly<Record<string, string>>): Answers =>
  (line) => {
    const found = Object.entries(rows).find(([start]) => line.startsWith(start));
    return found === undefined ? (line.startsWith('sc query') ? notThere : null) : { stdout: found[1] };
  };

const server: Readonly<Record<string, string>> = {
  'reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions /reg:64':
    '\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions\r\n    ProductType    REG_SZ    ServerNT\r\n',
  'powershell ': fixture('powershell/server.txt'),
  'sc query type= driver': fixture('sc/drivers.txt'),
  'fltmc filters': fixture('fltmc.txt'),
  'reg query HKLM\\SYSTEM\\CurrentControlSet\\Services /reg:64': fixture('reg/services.txt'),
  'reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\SentinelAgent /reg:64': fixture('reg/service-key.txt'),
  'sc query SentinelAgent': fixture('sc/running.txt'),
  'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s /reg:32': fixture('reg/uninstall.txt'),
  'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s /reg:64': '\r\n',
};
const client: Readonly<Record<string, string>> = {
  ...server,
  'reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions /reg:64':
    '\r\nHKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions\r\n    ProductType    REG_SZ    WinNT\r\n',
  'powershell ': fixture('powershell/survey.txt'),
  'sc query wscsvc': fixture('sc/running.txt'),
};

describe('the inventory', () => {
  it('of a client answers from every source, with one start of PowerShell', async () => {
    const starter = fakeStarter(table(client));
    const found = await surveyInventory(starter, query);
    expect(found.product).toBe('client');
    expect(found.services).toEqual({
      status: 'ok',
      value: [{ name: 'SentinelAgent', state: 'running', enabled: true, system: true, programExists: true }],
    });
    expect(found.securityCenter).toMatchObject({
      status: 'ok',
      value: [
        { displayName: 'Windows Defender', programExists: false },
        { displayName: 'Cortex XDR™ Advanced Endpoint Protection', programExists: false },
      ],
    });
    expect(found.defender).toEqual({
      status: 'ok',
      value: { serviceState: 'absent', runningMode: 'Passive Mode', realTimeProtection: true, passivePolicy: null },
    });
    expect(found.uninstallEntries).toMatchObject({
      status: 'ok',
      value: [{ key: expect.stringContaining('(32-bit)') }, {}, {}],
    });
    expect(found.drivers).toMatchObject({ status: 'ok' });
    expect(found.processes).toMatchObject({ status: 'ok' });
    expect(starter.scripts).toHaveLength(1);
  });

  it('of a server has no Security Center, and that is no failure', async () => {
    const found = await surveyInventory(fakeStarter(table(server)), query);
    expect(found.product).toBe('server');
    expect(found.securityCenter.status).toBe('unsupported');
    expect(found.defender).toMatchObject({ status: 'ok', value: { runningMode: 'Normal' } });
    expect(found.drivers).toMatchObject({
      status: 'ok',
      value: [{ name: 'ACPI', state: 'loaded' }, { name: 'csagent', altitude: '321410' }, {}, {}, {}],
    });
  });

  it('G30 fails where PowerShell exits with 0 and no word, and is never empty', async () => {
    const found = await surveyInventory(
      fakeStarter((line) =>
        line.startsWith('powershell')
          ? { code: 0 }
          : line.startsWith('sc query type=')
            ? { code: 1 }
            : table(client)(line),
      ),
      query,
    );
    for (const probe of [found.securityCenter, found.drivers, found.processes]) expect(probe.status).toBe('failed');
    expect(found.defender).toMatchObject({ status: 'ok', value: { runningMode: null } });
    expect(found.services.status).toBe('ok');
  });

  it('fails for a client whose Security Center does not run: its rows may be old', async () => {
    const stopped = { ...client, 'sc query wscsvc': fixture('sc/stopped-german.txt') };
    expect((await surveyInventory(fakeStarter(table(stopped)), query)).securityCenter.status).toBe('failed');
  });

  it('reads the Security Center’s own store when WMI is broken', async () => {
    const { 'powershell ': _, ...rest } = client;
    const broken = {
      'powershell ': framed({}).replace('{}', '{"securityCenter":{"ok":false,"id":"HRESULT 0x80041010","detail":"x"}}'),
      'reg query HKLM\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av /s /reg:64': fixture('reg/provider-av.txt'),
      ...rest,
    };
    const found = await surveyInventory(fakeStarter(table(broken)), query);
    expect(found.securityCenter).toMatchObject({
      status: 'ok',
      value: [{ productState: 393_472 }, { productState: 266_240 }],
    });
  });

  it('asks 32-bit Windows for its one view only', async () => {
    const starter = fakeStarter(() => null, false);
    await surveyInventory(starter, query);
    expect(starter.asked.filter((line) => line.includes('/reg:'))).toEqual([]);
    expect(starter.asked.filter((line) => line.includes('Uninstall'))).toHaveLength(1);
  });

  it('fails as a whole look when a program does not answer in time', async () => {
    const found = await surveyInventory(
      fakeStarter(() => ({ timedOut: true })),
      query,
    );
    for (const probe of [found.services, found.uninstallEntries, found.drivers, found.securityCenter]) {
      expect(probe.status).toBe('failed');
    }
  });
});

describe('G30 PowerShell', () => {
  it('is asked without profile, prompt or script file', async () => {
    const lines: (readonly string[])[] = [];
    const starter = fakeStarter(() => null);
    const watched = {
      ...starter,
      probe: (invocation: Parameters<typeof starter.probe>[0]) => {
        if (invocation.program === 'powershell') lines.push(invocation.args);
        return starter.probe(invocation);
      },
    };
    await surveyInventory(watched, query);
    expect(lines.map((args) => args.slice(0, 3))).toEqual([['-NoProfile', '-NonInteractive', '-EncodedCommand']]);
    expect(lines[0]).toHaveLength(4);
    expect(lines[0]?.[3]?.length).toBeLessThan(32_000);
  });
});

describe('services', () => {
  it('are absent by the code of the service manager', async () => {
    expect(await services(fakeStarter(table(server)), ['SentinelAgent', 'Other'])).toEqual({
      status: 'ok',
      value: [
        { name: 'SentinelAgent', state: 'running' },
        { name: 'Other', state: 'absent' },
      ],
    });
  });

  it('that no registry shows at all were not looked at', async () => {
    expect(
      (
        await serviceInventory(
          fakeStarter(() => ({ stdout: '\r\n' })),
          ['x'],
        )
      ).status,
    ).toBe('failed');
  });
});

describe('the package state', () => {
  it('comes from the uninstall entries of both views', async () => {
    const found = await packageState(fakeStarter(table(server)), 'exe', ['Sentinel Agent']);
    expect(found).toMatchObject({ status: 'ok', value: { state: 'present', version: '24.1.257' } });
  });

  it('is not known when one of them cannot be read', async () => {
    const starter = fakeStarter((line) => (line.includes('/reg:32') ? { code: 5 } : table(server)(line)));
    expect((await packageState(starter, 'exe', ['Sentinel Agent'])).status).toBe('failed');
  });

  it('does not exist for packages of other systems', async () => {
    expect(
      (
        await packageState(
          fakeStarter(() => null),
          'deb',
          ['x'],
        )
      ).status,
    ).toBe('unsupported');
  });
});

const inProgress = 'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\InProgress';
const tasks = { tasklist: fixture('tasklist/busy.txt') };
const processesOf = (answers: Answers) =>
  new Processes(
    fakeStarter(answers),
    async () => 'boot-1',
    () => 0,
  );

describe('G31 Windows Installer', () => {
  it('is busy by the mark that only administrators leave, and its holder is named', async () => {
    const held = await heldLocks(processesOf(table({ ...tasks, [inProgress]: '\r\n' })), 'msi');
    expect(held).toMatchObject({
      status: 'ok',
      value: [{ lock: 'windows installer', holder: { pid: 5120, command: 'msiexec.exe' } }],
    });
  });

  it('is not busy because a process of its waits, nor by any mutex', async () => {
    const starter = fakeStarter(table(tasks));
    const processes = new Processes(
      starter,
      async () => 'boot-1',
      () => 0,
    );
    expect(await heldLocks(processes, 'exe')).toEqual({ status: 'ok', value: [] });
    expect(starter.asked.join('\n')).not.toContain('MSIExecute');
  });

  it('is not busy by a mark that an interrupted installation left', async () => {
    const idle = { tasklist: '"System","4","Services","0","140 K"\r\n', [inProgress]: '\r\n' };
    expect(await heldLocks(processesOf(table(idle)), 'msi')).toEqual({ status: 'ok', value: [] });
  });

  it('G6 is not kept busy by a user who starts a program of that name over an old mark', async () => {
    const user = { tasklist: '"System","4","Services","0","140 K"\r\n"msiexec.exe","5120","Console","1","9 K"\r\n' };
    expect(await heldLocks(processesOf(table({ ...user, [inProgress]: '\r\n' })), 'msi')).toEqual({
      status: 'ok',
      value: [],
    });
  });

  it('counts as installing only while it changes the machine', async () => {
    const names = async (answers: Answers) => {
      const found = await processesOf(answers).installers(['sentineloneinstaller']);
      return found.status === 'ok' ? found.value.map((each) => each.pid) : found.detail;
    };
    expect(await names(table(tasks))).toEqual([6000]);
    expect(await names(table({ ...tasks, [inProgress]: '\r\n' }))).toEqual([4312, 6000]);
    expect(await names(() => ({ code: 0 }))).toContain('tasklist lists nothing');
  });
});

describe('G6 a user’s program', () => {
  it('called like the vendor’s installer is none', async () => {
    const found = await processesOf(table(tasks)).installers(['sentineloneinstaller']);
    expect(found.status === 'ok' && found.value.some((each) => each.pid === 6100)).toBe(false);
  });
});

describe('one process', () => {
  const identity = { pid: process.pid, startTime: String(Date.parse('2026-01-01T00:00:00Z')), bootId: 'boot-1000' };
  const alive = (answer: string | null, bootId = 'boot-1030') =>
    new Processes(
      fakeStarter((line) => (line.startsWith('powershell') ? { stdout: answer ?? '' } : null)),
      async () => bootId,
      () => 0,
    ).isAlive(identity);

  it('is itself when it began when it said', async () => {
    expect(await alive(framed({ 'process-start': '2026-01-01T00:00:20Z' }))).toBe(true);
    expect(await alive(framed({ 'process-start': ['2026-01-01T00:00:20Z'] }))).toBe(true);
  });

  it('is another one when it began at another time', async () => {
    expect(await alive(framed({ 'process-start': '2026-01-01T00:05:00Z' }))).toBe(false);
  });

  it('is itself although the clock was set and the boot has another name since', async () => {
    expect(await alive(framed({ 'process-start': '2026-01-01T00:00:20Z' }), 'boot-9000')).toBe(true);
  });

  it('is not dead because a look failed, unless the machine was started anew', async () => {
    expect(await alive(null)).toBe(true);
    expect(await alive(null, 'boot-9000')).toBe(false);
  });

  it('is dead when its number is nobody’s', async () => {
    const processes = new Processes(
      fakeStarter(() => null),
      async () => 'boot-1000',
      () => 0,
    );
    expect(await processes.isAlive({ ...identity, pid: 2 ** 30 })).toBe(false);
  });

  it('says of itself what isAlive believes', async () => {
    const self = await new Processes(
      fakeStarter(() => null),
      async () => 'boot-7',
      () => 0,
    ).self();
    expect(self).toMatchObject({ pid: process.pid, bootId: 'boot-7' });
    expect(Math.abs(Number(self.startTime) - performance.timeOrigin)).toBeLessThan(1);
  });
});

describe('a pending restart', () => {
  const session = 'reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager /v PendingFileRenameOperations';
  it.each([
    [
      'component servicing',
      'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Component Based Servicing\\RebootPending',
      '\r\n',
    ],
    [
      'Windows Update',
      'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\WindowsUpdate\\Auto Update\\RebootRequired',
      '\r\n',
    ],
    ['files in use', session, fixture('reg/renames.txt')],
  ])('is seen by the mark of %s', async (_, line, stdout) => {
    expect(await pendingReboot(fakeStarter(table({ [line]: stdout })))).toEqual({ status: 'ok', value: true });
  });

  it('is not seen without one, and not known when a look fails', async () => {
    expect(await pendingReboot(fakeStarter(() => null))).toEqual({ status: 'ok', value: false });
    expect((await pendingReboot(fakeStarter(() => ({ code: 5 })))).status).toBe('failed');
  });
});

describe('a restart', () => {
  it('is asked for with its notice, as planned, and its message in one line', async () => {
    const starter = fakeStarter(() => ({ code: 0 }));
    const request = { noticeMs: 600_500, message: 'Garrison "restarts"\nthis computer' };
    expect(await requestReboot(starter, request)).toEqual({ status: 'ok', value: undefined });
    expect(starter.asked).toEqual(['shutdown /r /t 601 /d p:4:2 /c Garrison  restarts  this computer']);
  });

  it('leaves one that somebody else has scheduled', async () => {
    const found = await requestReboot(
      fakeStarter(() => ({ code: 1190 })),
      { noticeMs: 60_000, message: 'x' },
    );
    expect(found).toMatchObject({ status: 'failed', code: 'reboot.already-scheduled' });
  });

  it('is taken back, also when there is none', async () => {
    expect((await cancelReboot(fakeStarter(() => ({ code: 0 })))).status).toBe('ok');
    expect((await cancelReboot(fakeStarter(() => ({ code: 1116 })))).status).toBe('ok');
    expect((await cancelReboot(fakeStarter(() => ({ code: 5 })))).status).toBe('failed');
  });
});

describe('the machine', () => {
  const key = (path: string, values: string): string => `\r\nHKEY_LOCAL_MACHINE\\${path}\r\n${values}\r\n`;
  const environment = 'SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
  const rows = {
    [`reg query HKLM\\${environment}`]: key(environment, '    PROCESSOR_ARCHITECTURE    REG_SZ    AMD64'),
    'reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\mssmbios\\Data': fixture('reg/smbios.txt'),
    'reg query HKLM\\SOFTWARE\\Microsoft\\Cryptography': key(
      'SOFTWARE\\Microsoft\\Cryptography',
      '    MachineGuid    REG_SZ    0f0e0d0c-0000-1111-2222-333344445555',
    ),
  };

  it('is 64-bit by its registry and installs exe before msi', async () => {
    const machine = await readMachine(fakeStarter(table(rows)));
    expect(machine).toMatchObject({ os: 'windows', architecture: 'x64', product: 'server', formats: ['exe', 'msi'] });
  });

  it('is another one with another firmware or another set-up, and the same without its case', async () => {
    const print = async (from: Readonly<Record<string, string>>) =>
      (await readMachine(fakeStarter(table(from)))).fingerprint;
    const first = await print(rows);
    const at = (name: string, change: (text: string) => string) => {
      const line = Object.keys(rows).find((each) => each.endsWith(name)) ?? '';
      return { ...rows, [line]: change(rows[line as keyof typeof rows] ?? '') };
    };
    expect(await print(at('Data', (text) => text.replace('4C4C4544', '5C4C4544')))).not.toBe(first);
    expect(await print(at('Cryptography', (text) => text.replace('0f0e', '1f0e')))).not.toBe(first);
    expect(await print(at('Cryptography', (text) => text.toUpperCase().replace('MACHINEGUID', 'MachineGuid')))).toBe(
      first,
    );
  });
});
