/** What is asked before a new version's program is started on Windows: whose it is, all the way up. */
import { describe, expect, it } from 'vitest';
import type { ProgramVersions } from '#platform/program-versions.ts';
import { windowsUpdateHost } from '#platform/windows/update.ts';
import { Protection } from '#platform/windows/protection.ts';
import type { ProbeResult } from '#platform/platform.ts';
import { fakeStarter, framed } from './starter.ts';

const root = 'C:\\Program Files\\Garrison';
const folder = `${root}\\versions\\0.2.0`;
const program = `${folder}\\garrison-agent.exe`;
const chain = ['C:\\', 'C:\\Program Files', root, `${root}\\versions`, folder, program];

/** As Windows has it below Program Files: users read and start, apps too, who makes something may do everything with it. */
const inherited =
  'O:SYG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;ID;0x1200a9;;;AC)(A;OICIIOID;GA;;;CO)';
/** Every user may make folders there. */
const drive = 'O:SYG:SYD:(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)(A;CI;LC;;;AU)(A;CIIO;DC;;;AU)';

interface World {
  /** By path, in place of what is usual. */
  readonly rights?: Readonly<Record<string, string>>;
  readonly answer?: Partial<ProbeResult> | Error;
  readonly linked?: string;
}

function host({ rights = {}, answer = {}, linked }: World = {}) {
  const rows = chain.map((path) => ({ path, sddl: rights[path] ?? (path === 'C:\\' ? drive : inherited) }));
  const starter = fakeStarter((line) => (line.startsWith('powershell') ? { stdout: framed({ rights: rows }) } : null));
  const ran: string[] = [];
  const runner = {
    async run(given: { readonly program: string; readonly args: readonly string[] }): Promise<ProbeResult> {
      ran.push([given.program, ...given.args].join(' '));
      if (answer instanceof Error) throw answer;
      const usual = { code: 0, stdout: 'garrison-agent 0.2.0 (windows-x64, commit 0)\r\nmore\r\n', stderr: '' };
      return { ...usual, timedOut: false, truncated: false, ...answer };
    },
  };
  const versions = { root, program: () => program } as unknown as ProgramVersions;
  const protection = new Protection(starter, async () => linked ?? null);
  return { ran, host: windowsUpdateHost({ runner, protection, versions }) };
}

describe('a new version on Windows', () => {
  it('is asked what it is, and told by its first line', async () => {
    const world = host();
    expect(await world.host.ask('0.2.0')).toBe('garrison-agent 0.2.0 (windows-x64, commit 0)');
    expect(world.ran).toEqual([`${program} --version`]);
  });

  it.each<[string, World]>([
    ['ends with an error', { answer: { code: 3 } }],
    ['is not in time', { answer: { timedOut: true } }],
    ['is no program', { answer: new Error('spawn UNKNOWN') }],
  ])('that %s has said nothing', async (_, given) => {
    expect(await host(given).host.ask('0.2.0')).toBeNull();
  });

  it('is started by the service host, for which this process has to end', async () => {
    expect(await host().host.handOver()).toBe('end');
  });
});

describe('SEC-2: a program that others than administrators could have written is never started', () => {
  const writes = (sid: string): string => `${inherited}(A;;FA;;;${sid})`;
  it.each(chain.slice(2))('%s lets users write', async (path) => {
    const world = host({ rights: { [path]: writes('BU') } });
    await expect(world.host.ask('0.2.0')).rejects.toMatchObject({ code: 'service.untrusted-program' });
    expect(world.ran).toEqual([]);
  });

  it.each<[string, World]>([
    ['its directory lets users add files', { rights: { [folder]: `${inherited}(A;;DC;;;BU)` } }],
    ['its directory belongs to a user', { rights: { [folder]: inherited.replace('O:SY', 'O:S-1-5-21-1-2-3-1001') } }],
    ['it has no list of rights', { rights: { [program]: 'O:SYG:SYD:NO_ACCESS_CONTROL' } }],
    ['others may replace Program Files', { rights: { 'C:\\Program Files': writes('WD') } }],
    ['a link leads to it', { linked: 'leads elsewhere' }],
  ])('%s', async (_, given) => {
    const world = host(given);
    await expect(world.host.ask('0.2.0')).rejects.toMatchObject({ code: 'service.untrusted-program' });
    expect(world.ran).toEqual([]);
  });
});
