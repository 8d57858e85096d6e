import { win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Invocation, VendorToolSpec } from '#platform/platform.ts';
import { Protection } from '#platform/windows/protection.ts';
import { probeVendorTool } from '#platform/windows/vendor-tool.ts';
import { fixture } from '#test/platform/windows/fixture.ts';
import { type Answers, fakeStarter, framed } from '#test/platform/windows/starter.ts';

const common = { packageNames: ['Sentinel Agent'], productUser: null, organisations: ['SentinelOne, Inc.'] };
const control: VendorToolSpec = {
  ...common,
  name: 'SentinelCtl',
  kind: 'beside-service',
  service: 'SentinelAgent',
  file: 'SentinelCtl.exe',
};
const helper: VendorToolSpec = {
  ...common,
  name: 'Helper',
  kind: 'com',
  progId: 'SentinelHelper.1',
  method: 'GetAgentStatusJSON',
};
const program = 'C:\\Program Files\\SentinelOne\\Sentinel Agent 24.1.4.257\\SentinelCtl.exe';

const services = 'reg query HKLM\\SYSTEM\\CurrentControlSet\\Services\\SentinelAgent';
const uninstall = 'reg query HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall /s /reg:64';
const classId = 'reg query HKLM\\SOFTWARE\\Classes\\SentinelHelper.1\\CLSID';
const ofClass = 'HKLM\\SOFTWARE\\Classes\\CLSID\\{01234567-89AB-CDEF-0123-456789ABCDEF}';
const key = (path: string, values: string): string => `\r\nHKEY_LOCAL_MACHINE\\${path.slice(5)}\r\n    ${values}\r\n`;

interface World {
  readonly registry?: Readonly<Record<string, string | null>>;
  readonly sddl?: string;
  /** Of one place above or below. */
  readonly sddlAt?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly subject?: string;
  readonly linked?: string;
}

/** A machine with the product, and what a test changes about it. */
function machine(world: World = {}) {
  const ran: Invocation[] = [];
  const registry: Readonly<Record<string, string | null>> = {
    [services]: fixture('reg/service-key.txt'),
    [uninstall]: fixture('reg/uninstall.txt'),
    [classId]: fixture('reg/german-default.txt'),
    [`reg query ${ofClass}\\LocalServer32`]: key(`${ofClass}\\LocalServer32`, `(Default)    REG_SZ    "${program}" /x`),
    ...world.registry,
  };
  const sddl = world.sddl ?? fixture('sddl/program-files.txt').trim();
  const answers: Answers = (line) => {
    const row = Object.entries(registry).find(([start]) => line.startsWith(start));
    if (row !== undefined) return row[1] === null ? null : { stdout: row[1] };
    if (!line.startsWith('powershell')) return null;
    if (line.includes("$r['rights']")) {
      const paths = [...line.matchAll(/'([A-Z]:\\[^']*)'/g)].map((found) => found[1] ?? '');
      return { stdout: framed({ rights: paths.map((path) => ({ path, sddl: world.sddlAt?.[path] ?? sddl })) }) };
    }
    if (line.includes("$r['com']")) return { stdout: framed({ com: { text: '{"agent-running":true}' } }) };
    const { status = 'Valid', subject = 'CN=x, O="SentinelOne, Inc.", C=US' } = world;
    return { stdout: framed({ 'tool-signature': { status, type: 'Authenticode', subject } }) };
  };
  const starter = fakeStarter(answers);
  const runner = {
    ...starter,
    run: async (invocation: Invocation) => {
      ran.push(invocation);
      return { code: 0, stdout: 'ok', stderr: '', timedOut: false, truncated: false };
    },
  };
  const protection = new Protection(runner, async () => world.linked ?? null);
  const ask = (tool: VendorToolSpec) => probeVendorTool({ runner, protection }, tool, { args: ['status'] });
  return { ask, ran, starter };
}

describe('G7 a vendor’s tool on Windows', () => {
  it('runs when it is the product’s own', async () => {
    const { ask, ran } = machine();
    expect(await ask(control)).toMatchObject({ status: 'ok', value: { stdout: 'ok' } });
    expect(ran).toEqual([{ program, args: ['status'] }]);
  });

  it('answers as a class when the program behind it is the product’s own', async () => {
    const { ask, ran, starter } = machine();
    expect(await ask(helper)).toMatchObject({ status: 'ok', value: { code: 0, stdout: '{"agent-running":true}' } });
    expect(ran).toEqual([]);
    expect(starter.scripts.at(-1)).toContain("New-Object -ComObject 'SentinelHelper.1'");
  });

  it('is found behind a class that a service serves', async () => {
    const app = 'HKLM\\SOFTWARE\\Classes\\AppID\\{A}';
    const { ask } = machine({
      registry: {
        [`reg query ${ofClass}\\LocalServer32`]: null,
        [`reg query ${ofClass} `]: key(ofClass, 'AppID    REG_SZ    {A}'),
        [`reg query ${app}`]: key(app, 'LocalService    REG_SZ    SentinelAgent'),
      },
    });
    expect((await ask(helper)).status).toBe('ok');
  });

  const user = 'O:S-1-5-21-1-2-3-1001D:AI(A;;FA;;;SY)';
  const written = 'O:SYD:AI(A;ID;FA;;;SY)(A;ID;0x1301bf;;;BU)';
  const image = (path: string): Readonly<Record<string, string>> => ({
    [services]: fixture('reg/service-key.txt').replace('C:\\Program Files\\SentinelOne', path),
  });
  it.each<[string, World]>([
    ['the product is not installed', { registry: { [uninstall]: '\r\n' } }],
    ['there is no such service', { registry: { [services]: null } }],
    ['its service lies where users write', { registry: image('C:\\ProgramData\\SentinelOne') }],
    ['its service lies on a share', { registry: image('\\\\server\\share') }],
    ['a link leads to it', { linked: 'leads elsewhere' }],
    ['a user owns it', { sddlAt: { [program]: user } }],
    ['users may write it', { sddlAt: { [program]: written } }],
    [
      'users may replace its folder',
      { sddlAt: { 'C:\\Program Files\\SentinelOne': 'O:SYD:AI(A;;FA;;;SY)(A;;FA;;;BU)' } },
    ],
    [
      'users may put a library beside it',
      { sddlAt: { [win32.dirname(program)]: 'O:SYD:AI(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;BU)(A;CI;DC;;;BU)' } },
    ],
    ['its rights cannot be read', { sddl: 'nonsense' }],
    ['it is not signed', { status: 'NotSigned' }],
    ['it was altered', { status: 'HashMismatch' }],
    ['somebody else signed it', { subject: 'CN="SentinelOne, Inc.", O=Other, C=US' }],
  ])('does not run when %s', async (_, world) => {
    const { ask, ran } = machine(world);
    expect(await ask(control)).toMatchObject({ status: 'failed', code: 'health.untrusted-tool' });
    expect(ran).toEqual([]);
  });

  it.each<[string, World]>([
    ['only a user has registered it', { registry: { [classId]: null } }],
    ['its class id is none', { registry: { [classId]: key('HKLM\\x\\CLSID', '(Default)    REG_SZ    calc.exe') } }],
    ['nothing of the machine serves it', { registry: { [`reg query ${ofClass}\\LocalServer32`]: null } }],
    ['somebody else signed what serves it', { subject: 'CN=x, O=Other, C=US' }],
  ])('is not asked as a class when %s', async (_, world) => {
    const { ask, starter } = machine(world);
    expect(await ask(helper)).toMatchObject({ status: 'failed', code: 'health.untrusted-tool' });
    expect(starter.scripts.some((script) => script.includes('ComObject'))).toBe(false);
  });

  it('is named by the service’s folder, never by a path of its own', async () => {
    const { ask, ran } = machine();
    expect((await ask({ ...control, file: '..\\..\\Windows\\System32\\cmd.exe' })).status).toBe('failed');
    expect(ran).toEqual([]);
  });
});

describe('G10 what is ours', () => {
  const judge = (sddl: string, sddlAt: Readonly<Record<string, string>> = {}, linked: string | null = null) => {
    const answers: Answers = (line) => {
      const paths = [...line.matchAll(/'([A-Z]:\\[^']*)'/g)].map((found) => found[1] ?? '');
      return { stdout: framed({ rights: paths.map((path) => ({ path, sddl: sddlAt[path] ?? sddl })) }) };
    };
    const starter = fakeStarter(answers);
    return { protection: new Protection(starter, async () => linked), starter };
  };
  const state = 'C:\\Program Files\\Garrison\\State';
  const programFiles = fixture('sddl/program-files.txt').trim();
  const own = { [state]: fixture('sddl/state.txt').trim(), 'C:\\': fixture('sddl/system-drive.txt').trim() };

  it('is private below Program Files, and so is everything below it without another look', async () => {
    const { protection, starter } = judge(programFiles, own);
    expect(await protection.whyNotPrivate(state)).toBeNull();
    expect(await protection.whyNotPrivate(`${state}\\runs\\run-1`)).toBeNull();
    expect(starter.scripts).toHaveLength(1);
    expect(protection.isBelowPrivate('C:\\Program Files\\Garrison\\StateX')).toBe(false);
  });

  it('is not what was made beforehand in a folder where everybody makes folders', async () => {
    const { protection } = judge(fixture('sddl/made-by-a-user.txt').trim(), {
      'C:\\ProgramData': fixture('sddl/program-data.txt').trim(),
    });
    expect(await protection.whyNotPrivate('C:\\ProgramData\\Garrison')).toContain('belongs to S-1-5-21');
  });

  it.each(['C:\\ProgramData\\Garrison', 'C:\\Garrison', 'C:\\Garrison\\State', 'C:\\Windows\\Temp\\State'])(
    'is not %s: a user’s folder may have led elsewhere while its rights were read',
    async (path) => {
      const { protection } = judge(fixture('sddl/state.txt').trim());
      expect(await protection.whyNotPrivate(path)).toContain('where others may make folders');
      expect(protection.isBelowPrivate(path)).toBe(false);
    },
  );

  it('is not what lies below somebody else’s folder', async () => {
    const { protection } = judge(fixture('sddl/state.txt').trim(), {
      'C:\\x': fixture('sddl/made-by-a-user.txt').trim(),
    });
    expect(await protection.whyNotPrivate('C:\\x\\State')).toContain('lies below C:\\x, which belongs to');
  });

  it('is not what a link leads to, not even below a private directory', async () => {
    const { protection, starter } = judge(programFiles, own, 'is a link');
    protection.trust('C:\\own');
    expect(await protection.whyNotPrivate('C:\\own\\link')).toBe('is a link');
    expect(starter.scripts).toEqual([]);
  });

  it('is not what could not be looked at', async () => {
    const protection = new Protection(
      fakeStarter(() => ({ code: 0 })),
      async () => null,
    );
    expect(await protection.whyNotPrivate(state)).toContain('could not be judged');
    const odd = new Protection(
      fakeStarter(() => ({ stdout: framed({ rights: [] }) })),
      async () => null,
    );
    expect(await odd.whyNotPrivate(state)).toContain('could not be judged');
  });
});
