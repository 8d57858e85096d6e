/** The line from the page, pasted on bare machines: real curl, dpkg, rpm and systemd, the agent that ships, TLS with a pinned key. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FastifyInstance } from 'fastify';
import { sha256Hex } from '#protocol/crypto.ts';
import { buildDeviceApp } from '#console/device-app.ts';
import { deviceRoutes } from '#console/api/devices.ts';
import { offboardingRoutes } from '#console/api/offboarding.ts';
import { enrolmentKeyRoutes, type CreatedEnrolmentKey } from '#console/api/enrolment-keys.ts';
import { packageAgent, type LinuxFormat } from '../../../scripts/package/linux.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { startProxy, type OfficeProxy } from '#test/worlds/fleet/proxy.ts';
import { loadRelease } from '#test/worlds/release/release.ts';
import { startContainer, type Container } from '#test/worlds/lab/container.ts';

const host = 'console.garrison.test';
const password = 'correct horse battery';
const request = { target: 'linux-x64', trust: 'release', testKeys: null } as const;

let folder: string;
let world: ConsoleWorld;
let app: FastifyInstance;
let admin: OperatorClient;
let organisationId: string;
/** Changes what is sent, as somebody on the way would. */
let tamper: (path: string) => boolean = () => false;

function makeCertificate(): { cert: Buffer; key: Buffer; pin: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', `/CN=${host}`];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...kind, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const spki = new X509Certificate(readFileSync(cert)).publicKey.export({ type: 'spki', format: 'der' });
  return { cert: readFileSync(cert), key: readFileSync(key), pin: sha256Hex(spki) };
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((done) => server.close(() => done()));
  return port;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'garrison-lines-'));
  const { cert, key, pin } = makeCertificate();
  const port = await freePort();
  world = await ConsoleWorld.start({ address: `https://${host}:${port}`, tlsPins: [pin], realTime: true });
  const packages = [];
  for (const format of ['deb', 'rpm'] as const)
    packages.push([
      'linux-x64',
      format,
      readFileSync(await packageAgent(request, { format, compress: false })),
    ] as const);
  await loadRelease(world, '0.1.0', packages);
  app = await buildDeviceApp(world.side, { https: { cert, key } });
  app.addHook('onSend', async (asked, _reply, payload) => {
    if (!tamper(asked.url)) return payload;
    return typeof payload === 'string' ? payload.replace('set -eu', 'set -eu; touch /root/pwned') : Buffer.alloc(20);
  });
  await app.listen({ host: '127.0.0.1', port });
  await world.administrator('ann', password);
  admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
  organisationId = await world.organisation('Acme');
});
afterAll(async () => {
  await app?.close();
  await world?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const makeKey = (body: object = {}): Promise<CreatedEnrolmentKey> =>
  admin.call(enrolmentKeyRoutes.create, { body: { organisationId, ...body } });
const linuxLine = (made: CreatedEnrolmentKey): string => made.commands[0]?.command ?? '';

/** As pasted into a shell of root. */
async function paste(container: Container, line: string, before = '') {
  const { code, stdout, stderr } = await container.exec(['sh'], { stdin: `${before}${line}\n`, timeoutMs: 200_000 });
  return { code, said: stdout + stderr };
}

async function devices(hostname: string): Promise<number> {
  return (await admin.call(deviceRoutes.list, { query: { search: hostname } })).items.length;
}

describe('the script', () => {
  it('has no finding of shellcheck, and neither has the line', async () => {
    const made = await makeKey();
    const script = await world.app.inject({ url: new URL(/https:[^'"]+/.exec(linuxLine(made))?.[0] ?? '').pathname });
    // What stands between apostrophes is for the shell of root, and is looked at by itself in `line-attacks.test.ts`.
    const line = `#!/bin/sh\n# shellcheck disable=SC2016\n${linuxLine(made)}\n`;
    for (const text of [script.body, line])
      expect(execFileSync('shellcheck', ['-s', 'sh', '-'], { input: text, encoding: 'utf8' })).toBe('');
  });
});

describe.each<LinuxFormat>(['deb', 'rpm'])('a bare machine with %s', (format) => {
  const name = `line-${format}`;
  const status = ['test', '-e', '/usr/sbin/garrison-agent'];
  let container: Container;
  beforeAll(async () => {
    container = await startContainer({ root: format, name, hosts: { [host]: '127.0.0.1' } });
  });
  afterAll(() => container?.stop());

  it('G13: runs nothing of a script or package that was changed on the way', async () => {
    const line = linuxLine(await makeKey());
    tamper = (path) => /^\/install\/[0-9a-f]{64}$/.test(path);
    const script = await paste(container, line);
    expect(script).toMatchObject({ code: 65 });
    expect(script.said).toContain('nothing was run');
    tamper = (path) => path.startsWith('/install/files/');
    const file = await paste(container, line);
    expect(file).toMatchObject({ code: 65 });
    expect(file.said).toContain('The package is not the one this line was made for');
    tamper = () => false;
    expect((await container.exec(['test', '-e', '/root/pwned'])).code).toBe(1);
    expect((await container.exec(status)).code).not.toBe(0);
    expect((await container.run(['ls', '/tmp'])).trim()).not.toMatch(/tmp\.|garrison\./);
  });

  it('says what is missing: the right, the string, the way', async () => {
    const made = await makeKey();
    const line = linuxLine(made);
    const user = await container.exec(['runuser', '-u', 'nobody', '--', 'sh'], { stdin: `${line}\n` });
    expect([user.code, user.stderr]).toEqual([77, expect.stringContaining('This needs root')]);
    const cut = await paste(container, line.replace(made.enrolmentString, 'garriso'));
    expect([cut.code, cut.said]).toEqual([64, expect.stringContaining('There is no enrolment string')]);
    const away = await paste(container, line, 'https_proxy=http://127.0.0.1:9; export https_proxy\n');
    expect(away.code).toBe(69);
    expect(await devices(name)).toBe(0);
  });

  it('G13: is enrolled by one line, whose secret stands in no command line; again: nothing to do', async () => {
    const made = await makeKey({ usesMax: 1 });
    const watch = 'while sleep 0.02; do grep -l garrison1 /proc/[0-9]*/cmdline 2>/dev/null >>/run/seen; done';
    const watcher = container.spawn(['sh', '-c', watch]);
    const first = await paste(container, linuxLine(made));
    watcher.kill();
    expect(first.said).toContain('fetches the Garrison agent 0.1.0 for linux-x64');
    expect(first).toMatchObject({ code: 0 });
    // The watcher has the word in its own.
    const seen = new Set((await container.readFile('/run/seen')).split('\n').filter(Boolean));
    expect(seen.size).toBeLessThanOrEqual(2);
    await vi.waitFor(async () => expect(await devices(name)).toBe(1), 20_000);
    const again = await paste(container, linuxLine(made));
    expect(again).toMatchObject({ code: 0 });
    expect(again.said).toContain('already enrolled with this console');
    expect(await devices(name)).toBe(1);
    for (const path of ['/var/log', '/root', '/etc/garrison', '/run/garrison'])
      expect((await container.exec(['grep', '-rl', 'garrison1.', path])).stdout).toBe('');
  });

  it("leaves by one line; the vendor's files stay; again: nothing to do", async () => {
    await container.writeFile('/opt/sentinelone/bin/sentinelctl', '#!/bin/sh\n', 0o755);
    const { systems } = await admin.call(enrolmentKeyRoutes.lines);
    const line = systems[0]?.uninstall ?? '';
    const gone = await paste(container, line);
    expect(gone).toMatchObject({ code: 0 });
    expect((await container.exec(status)).code).not.toBe(0);
    expect((await container.exec(['test', '-x', '/opt/sentinelone/bin/sentinelctl'])).code).toBe(0);
    await vi.waitFor(async () => expect(await devices(name)).toBe(0), 20_000);
    const again = await paste(container, line);
    expect([again.code, again.said]).toEqual([0, expect.stringContaining('nothing to do')]);
  });
});

describe('behind a proxy', () => {
  let proxy: OfficeProxy;
  let container: Container;
  beforeAll(async () => {
    proxy = await startProxy();
    // Without the console in its hosts file: only the proxy knows the way.
    container = await startContainer({ root: 'deb', name: 'line-proxy' });
  });
  afterAll(async () => {
    await container?.stop();
    await proxy?.close();
  });

  it('the line, the script and the agent all go through it; a key that has ended is named as the cause', async () => {
    const made = await makeKey();
    await admin.call(enrolmentKeyRoutes.revoke, { params: { keyId: made.key.keyId } });
    const through = `https_proxy=${proxy.url}; export https_proxy\n`;
    const refused = await paste(container, linuxLine(made), through);
    expect(refused.code).toBe(75);
    expect(refused.said).toContain('most often the install key has ended');
    const done = await paste(container, linuxLine(await makeKey()), through);
    expect(done).toMatchObject({ code: 0 });
    expect(done.said).toContain('the Garrison agent is installed already and stays');
    expect(JSON.parse(await container.readFile('/etc/garrison/agent.json'))).toEqual({ proxy: proxy.url });
    await vi.waitFor(async () => expect(await devices('line-proxy')).toBe(1), 20_000);
    expect(new Set(proxy.seen)).toEqual(new Set([new URL(world.address).host]));
  });
});

describe('an organisation that leaves', () => {
  let container: Container;
  beforeAll(async () => {
    container = await startContainer({ root: 'deb', name: 'line-leaves', hosts: { [host]: '127.0.0.1' } });
  });
  afterAll(() => container?.stop());

  it('the agent leaves, says so, and switches its service off; everything else stays', async () => {
    const leaving = { organisationId: await world.organisation('Leaving') };
    const made = await admin.call(enrolmentKeyRoutes.create, { body: leaving });
    expect(await paste(container, linuxLine(made))).toMatchObject({ code: 0 });
    await vi.waitFor(async () => expect(await devices('line-leaves')).toBe(1), 20_000);
    await container.writeFile('/opt/sentinelone/bin/sentinelctl', '#!/bin/sh\n', 0o755);
    await admin.call(offboardingRoutes.start, { params: leaving, body: { devices: 1, removeService: true } });
    const state = async (): Promise<string> =>
      (await container.exec(['systemctl', 'is-active', 'garrison-agent'])).stdout.trim();
    const enabled = async (): Promise<string> =>
      (await container.exec(['systemctl', 'is-enabled', 'garrison-agent'])).stdout.trim();
    await vi.waitFor(async () => expect([await state(), await enabled()]).toEqual(['inactive', 'disabled']), {
      timeout: 60_000,
      interval: 500,
    });
    expect((await admin.call(offboardingRoutes.list)).items).toMatchObject([{ state: 'done', remaining: 0 }]);
    expect((await container.exec(['test', '-x', '/opt/sentinelone/bin/sentinelctl'])).code).toBe(0);
    expect((await container.exec(['ls', '/var/lib/garrison'])).stdout).not.toMatch(/identity|leaving|enrolment/);
  });
});
