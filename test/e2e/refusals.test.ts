/** What an agent on a real machine refuses to run, to read, and to be told. Every refusal has its own code; nothing is executed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { cache } from '../../scripts/build/runtime.ts';
import type { Identity } from '#agent/identity/identity.ts';
import { freshKeys } from '#agent/identity/identity.ts';
import { generateSealingKey, generateSigningKey } from '#protocol/crypto.ts';
import { signEnvelope } from '#protocol/envelope.ts';
import type { KeySet } from '#protocol/key-set.ts';
import { currentPlatform } from '#platform/current.ts';
import { freePort } from '#test/worlds/fleet/console-process.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { olderVersion, type Variant } from '#test/worlds/sentinelone/packages/build.ts';
import { runTool } from '#test/worlds/sentinelone/packages/tool.ts';
import { assignmentFile, startDevice, stateDirectory, tokenFile, type Device } from './harness.ts';
import { prepareWorld, type World } from './world.ts';

let world: World;
let sentinelOne: SentinelOneWorld;
beforeAll(async () => {
  world = await prepareWorld();
  sentinelOne = await startSentinelOne();
});
afterAll(() => sentinelOne.stop());

interface Refused {
  readonly fault: { readonly code: string };
}

/** The state names the code, the package was refused once, and no script of any package has run. */
async function expectRefused(device: Device, code: string): Promise<void> {
  await device.service('start');
  await device.until('a state with a fault', () => 'fault' in (device.memory().state ?? {}));
  const memory = device.memory();
  // Another byte may come out right the next time; everything else needs a person.
  expect(memory.state).toMatchObject({ kind: code.startsWith('download.') ? 'retrying' : 'failed', fault: { code } });
  expect(memory.of<Refused>('package-refused').map(({ fault }) => fault.code)).toEqual([code]);
  expect(memory.of('installer-exited')).toEqual([]);
  expect(device.runs()).toEqual([]);
  expect((await device.container.exec(['test', '-e', '/opt/sentinelone'])).code).toBe(1);
}

describe.each(['deb', 'rpm'] as const)('%s', (root) => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root, name: `refusals-${root}`, world, sentinelOne });
  });
  afterAll(() => device.container.stop());
  afterEach(() => device.reset());

  const target = `linux-x64-${root}` as const;
  const offer = (variant: Variant) => device.assign({ file: world.packages.variant(variant, target) });

  test('G5: one byte differs from the package assigned', async () => {
    await device.assign({ file: world.packages.variant('altered', target), digestOf: world.packages.files[target] });
    await expectRefused(device, 'download.digest-mismatch');
  });

  test.each([
    ['other-product', 'package.wrong-product'],
    ['wrong-architecture', 'package.wrong-architecture'],
    ['older', 'package.wrong-version'],
  ] as const)('G5: %s under the name and version assigned', async (variant, code) => {
    await offer(variant);
    await expectRefused(device, code);
  });

  if (root === 'rpm') {
    test.each([
      ['altered', 'package.altered'],
      ['unsigned', 'package.unsigned'],
      ['wrongly-signed', 'package.untrusted-signature'],
    ] as const)('F5: %s, although its digest is the one assigned', async (variant, code) => {
      await offer(variant);
      await expectRefused(device, code);
    });
  }
});

/**
 * Everything about the stand-ins is as it would be with the vendor's own: TLS by an authority that the machine believes, a
 * host name, a token. Only who is behind it is another. The rpm is refused for its publisher. A deb has none; what is refused
 * there is the console that the token leads to, whose name is no SentinelOne's.
 */
describe.each([
  ['rpm', 'usea1.sentinelone.net'],
  ['deb', 'usea1.sentinelone.test'],
] as const)('G4: the agent that is shipped (%s)', (root, host) => {
  let device: Device;
  let cloud: SentinelOneWorld;
  beforeAll(async () => {
    const [key, cert] = [join(cache, `${host}.key`), join(cache, `${host}.crt`)];
    const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-keyout', key, '-out', cert];
    await runTool('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject]);
    const port = await freePort();
    const tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
    cloud = await startSentinelOne({ tls, port, publicUrl: `https://${host}:${port}` });
    const agent = await world.releaseAgent();
    const hosts = { [host]: '127.0.0.1' };
    device = await startDevice({ root, name: `refusals-release-${root}`, world, sentinelOne: cloud, agent, hosts });
    await device.container.writeFile('/etc/ssl/certs/ca-certificates.crt', tls.cert);
  });
  afterAll(async () => {
    await device.container.stop();
    await cloud.stop();
  });
  afterEach(() => device.reset());

  if (root === 'rpm')
    test('refuses a package of the stand-in publisher', async () => {
      expect(await device.container.run(['garrison-agent', '--version'])).not.toContain('test-trust');
      await device.assign();
      await expectRefused(device, 'package.untrusted-signature');
    });
  else
    test('hands a package that nobody signs over to no console but SentinelOne’s', async () => {
      await device.assign();
      await device.service('start');
      await device.until('a state with a fault', () => 'fault' in (device.memory().state ?? {}));
      const memory = device.memory();
      expect(memory.state).toMatchObject({ kind: 'failed', fault: { code: 'token.tenant-not-pinned' } });
      expect(JSON.stringify(memory.state)).toContain(`is no SentinelOne console this agent knows`);
      expect(memory.of('installer-exited')).toEqual([]);
      expect(device.runs()).toEqual([]);
      expect(cloud.tenant.agents.filter(({ computerName }) => computerName === `refusals-release-${root}`)).toEqual([]);
    });

  test('is turned into another one by no option, variable or setting', async () => {
    await device.assign();
    const argv = ['garrison-agent', 'run', '--assignment', assignmentFile];
    expect((await device.container.exec([...argv, '--trust', 'test'])).stderr).toMatch(/unknown option/i);
    const variables = { GARRISON_TRUST: 'test', GARRISON_TEST_KEYS: '/etc/garrison', NODE_ENV: 'test' };
    const version = await device.container.run(['garrison-agent', '--version'], { env: variables });
    expect(version).not.toContain('test-trust');
    await device.container.writeFile('/etc/garrison/agent.json', JSON.stringify({ trust: 'test' }), 0o600);
    const { code, stderr } = await device.container.exec(argv, { timeoutMs: 10_000 });
    await device.container.run(['rm', '/etc/garrison/agent.json']);
    expect(stderr).toContain('agent.bad-configuration');
    expect(code).not.toBe(0);
    expect(device.runs()).toEqual([]);
  });

  if (root === 'rpm')
    test('refuses a version below its floor before it is fetched', async () => {
      await device.assign({ file: world.packages.variant('older', 'linux-x64-rpm'), version: olderVersion });
      await device.service('start');
      await device.until('a state', () => ['failed', 'unsupported'].includes(device.memory().state?.kind ?? ''));
      expect(JSON.stringify(device.memory().state)).toMatch(/selection\.(none|unsupported)|older than/);
      expect(device.memory().of('attempt-started')).toEqual([]);
    });
});

describe('what others have prepared', () => {
  let device: Device;
  beforeAll(async () => {
    device = await startDevice({ root: 'deb', name: 'refusals-places', world, sentinelOne });
    await device.container.run(['useradd', 'mallory']);
  });
  afterAll(() => device.container.stop());
  afterEach(() =>
    device.container.run(['sh', '-c', `rm -rf ${stateDirectory} /run/garrison /srv/elsewhere /etc/garrison`]),
  );

  const shell = (script: string) => device.container.run(['sh', '-c', script]);
  /** Starts it as an administrator would, and gives the code it ends with. */
  async function refusal(): Promise<string> {
    const argv = ['garrison-agent', '--foreground', '--assignment', assignmentFile];
    const { code, stderr, timedOut } = await device.container.exec(argv, { timeoutMs: 10_000 });
    expect(timedOut, stderr).toBe(false);
    expect(code).not.toBe(0);
    expect(device.runs()).toEqual([]);
    return /\(([a-z-]+\.[a-z-]+)\)/.exec(stderr)?.[1] ?? stderr;
  }

  test.each([
    ['belongs to another user', `install -d -o mallory -m 700 ${stateDirectory}`],
    ['is open to others', `install -d -m 755 ${stateDirectory}`],
    ['is a link', `install -d -m 700 /srv/elsewhere; ln -s /srv/elsewhere ${stateDirectory}`],
    ['is a file', `touch ${stateDirectory}`],
    [
      'holds a directory of another user',
      `install -d -m 700 ${stateDirectory}; install -d -o mallory -m 700 ${stateDirectory}/runs`,
    ],
    [
      'holds a link',
      `install -d -m 700 ${stateDirectory} /srv/elsewhere; ln -s /srv/elsewhere ${stateDirectory}/packages`,
    ],
  ])('the state directory %s', async (_, prepare) => {
    await device.assign();
    await shell(prepare);
    expect(await refusal()).toBe('state.untrusted-directory');
  });

  test.each([
    ['belongs to another user', `chown mallory ${assignmentFile}`, 'file.untrusted'],
    ['is readable by others', `chmod 644 ${assignmentFile}`, 'file.untrusted'],
    [
      'is a link to one of root',
      `mv ${assignmentFile} /root/real.json; ln -s /root/real.json ${assignmentFile}; chown -h mallory /etc/garrison`,
      'file.untrusted',
    ],
    ['lies in a directory that another user can write', 'chown mallory /etc/garrison', 'file.untrusted'],
    ['has a second name', `ln ${assignmentFile} /etc/garrison/second`, 'file.untrusted'],
    ['is no JSON', `echo nonsense >${assignmentFile}`, 'agent.bad-configuration'],
    ['has a field nobody knows', `sed -i 's/^{/{"run":"something",/' ${assignmentFile}`, 'agent.bad-configuration'],
  ])('G27: the local assignment %s', async (_, spoil, code) => {
    await device.assign();
    await shell(spoil);
    expect(await refusal()).toBe(code);
  });

  test('G27: a token file that others can read starts nothing', async () => {
    await device.assign();
    await shell(`chmod 644 ${tokenFile}`);
    await device.service('start');
    await device.until('the attempt has ended', () => device.memory().of('attempt-ended').length > 0);
    expect(device.memory().of('attempt-ended')).toMatchObject([
      { result: 'failed', fault: { code: 'file.untrusted' } },
    ]);
    expect(device.runs()).toEqual([]);
    await device.service('stop');
  });

  test('G27: an enrolled device takes no local assignment', async () => {
    await device.assign();
    // With the machine id of the machine that runs the tests, its fingerprint is the container's.
    await device.container.writeFile('/etc/machine-id', readFileSync('/etc/machine-id'));
    const here = await currentPlatform({
      selfCommand: { program: process.execPath, args: [] },
      scratchDirectory: join(cache, 'scratch'),
      // The checkout may lie below a folder of everybody's.
      trustedRoot: cache,
      proxy: null,
      plainHttpToLoopback: true,
    });
    const { fingerprint } = await here.machine();
    await shell(`install -d -m 700 ${stateDirectory}`);
    await device.container.writeFile(
      `${stateDirectory}/identity.json`,
      JSON.stringify(enrolledIdentity(fingerprint)),
      0o600,
    );
    expect(await refusal()).toBe('enrol.already');
  });
});

function enrolledIdentity(fingerprint: string): Identity {
  const owner = generateSigningKey();
  const keySet: KeySet = {
    consoleId: 'console-1',
    epoch: 1,
    number: 1,
    issuedAt: new Date().toISOString(),
    notAfter: new Date(Date.now() + 86_400_000).toISOString(),
    signingKeys: [generateSigningKey().publicKey],
    sealingKey: generateSealingKey().publicKey,
    tlsPins: [],
    addresses: ['https://127.0.0.1:9'],
    vendorHosts: [],
    trust: 'console-only',
  };
  return {
    ...freshKeys(),
    fingerprint,
    ownerKey: owner.publicKey,
    addresses: keySet.addresses,
    keySet: signEnvelope('keySet', keySet, [owner]),
    enrolled: { deviceId: 'device-1', consoleId: 'console-1', organisationName: 'Example' },
    enrolmentKey: null,
  };
}
