/** How devices come in and go again: rpm to protected, leaving, images and their copies, removed devices, the release build. */
import { cpSync, readFileSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { stateDirectory } from '#test/e2e/harness.ts';
import { startWholeDevice, type WholeDevice } from '#test/worlds/whole/device.ts';
import { findDevice, readDevice, waitFor, waitForState } from '#test/worlds/whole/estate.ts';
import { deviceTimeline, rows, setUpWhole, storedGaps, told, type Whole } from './whole-setting.ts';

let whole: Whole;
const devices: WholeDevice[] = [];
beforeAll(async () => {
  whole = await setUpWhole({ targets: ['linux-x64-rpm', 'linux-x64-deb'], deploying: true });
});
afterAll(async () => {
  await Promise.all(devices.map((device) => device.container.stop()));
  await whole.stop();
});

async function device(root: 'deb' | 'rpm', name: string, agent = whole.world.testAgent): Promise<WholeDevice> {
  const made = await startWholeDevice({ root, name, agent });
  devices.push(made);
  return made;
}

const service = (of: WholeDevice, verb: string): Promise<string> =>
  of.container.run(['systemctl', verb, 'garrison-agent']);
const identityOf = (of: WholeDevice): { enrolled: { deviceId: string }; signing: { publicKey: string } } =>
  JSON.parse(readFileSync(of.container.pathOnHost(`${stateDirectory}/identity.json`), 'utf8')) as never;
const hasIdentity = async (of: WholeDevice): Promise<boolean> =>
  (await of.container.exec(['test', '-e', `${stateDirectory}/identity.json`])).code === 0;
const listed = () =>
  rows<{ device_id: string; hostname: string; revoked_at: number | null }>(
    whole.console,
    'select device_id, hostname, revoked_at from devices',
  );

describe('rpm', () => {
  let rpm: WholeDevice;
  let deviceId: string;

  test('a device with rpm and dnf enrols, installs and ends protected, and SentinelOne says the same', async () => {
    rpm = await device('rpm', 'whole-rpm');
    deviceId = await rpm.enrol(whole.estate.enrolmentString);
    const shown = await waitForState(whole.operator, deviceId, 'protected', 60_000);
    expect(shown).toMatchObject({ target: 'linux-x64-rpm', productVersion: '24.2.2.20', testTrust: true });
    expect(shown.report?.product?.value).toMatchObject({ state: 'present', serviceRunning: true, connected: true });
    expect(await rpm.container.run(['rpm', '-q', '--qf', '%{VERSION}', 'SentinelAgent'])).toBe('24.2.2.20');
    const agents = whole.sentinelOne.tenant.agents.filter((agent) => agent.computerName === 'whole-rpm');
    expect(agents).toMatchObject([{ siteId: whole.site.id, installerType: '.rpm', agentVersion: '24.2.2.20' }]);
    expect(agents[0]?.uuid).toBe(shown.report?.product?.value.agentUuid);
  });

  test('the console has the whole attempt: one run of the installer, with its output', async () => {
    const attempts = await waitFor('the end of the attempt', 10_000, async () => {
      const { items } = await whole.operator.call(deviceRoutes.attempts, { params: { deviceId } });
      return items[0]?.result === 'protected' ? items : null;
    });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.runs).toMatchObject([{ exitCode: 0 }]);
    expect(attempts[0]?.steps.map(({ step, result }) => `${step} ${result}`)).toEqual(
      expect.arrayContaining(['download ok', 'verify-package ok', 'site-token ok', 'install ok']),
    );
  });

  test('unenrol on the device: the console removes it, nothing is uninstalled', async () => {
    await rpm.container.run(['garrison-agent', 'unenrol']);
    expect(await hasIdentity(rpm)).toBe(false);
    expect(await rpm.container.run(['systemctl', 'is-active', 'sentinelone'])).toBe('active\n');
    await waitFor('the console to know', 15_000, async () =>
      listed().find((row) => row.device_id === deviceId)?.revoked_at === null ? null : true,
    );
    expect(await findDevice(whole.operator, 'whole-rpm')).toBeNull();
    await expect(readDevice(whole.operator, deviceId)).rejects.toThrow('404');
  });

  test('enrolled again it is a new device, protected at once without another install', async () => {
    const again = await rpm.enrol(whole.estate.enrolmentString);
    expect(again).not.toBe(deviceId);
    await waitForState(whole.operator, again, 'protected', 30_000);
    expect(told(deviceTimeline(rpm.container).events, 'attempt-started')).toEqual([]);
    expect(storedGaps(whole.console, again)).toEqual([]);
    expect(listed().find((row) => row.device_id === again)?.revoked_at).toBeNull();
    deviceId = again;
  });

  test('G24: removed by an operator it gives up its identity, and its old one opens nothing any more', async () => {
    const kept = readFileSync(rpm.container.pathOnHost(`${stateDirectory}/identity.json`));
    await whole.operator.call(deviceRoutes.remove, { params: { deviceId } });
    await waitFor('the identity to be given up', 30_000, async () => ((await hasIdentity(rpm)) ? null : true));
    await waitFor('its state', 10_000, async () => {
      const { report } = (await rpm.status()) as { report: { state: { kind: string } } | null };
      return report?.state.kind === 'protected' ? true : null;
    });
    await service(rpm, 'stop');
    await rpm.container.writeFile(`${stateDirectory}/identity.json`, kept, 0o600);
    const before = rows(whole.console, 'select event_id from events where device_id = ?', deviceId).length;
    await service(rpm, 'start');
    await waitFor('the old identity to be refused', 30_000, async () => ((await hasIdentity(rpm)) ? null : true));
    expect(await rpm.log()).toContain('identity.revoked');
    expect(rows(whole.console, 'select event_id from events where device_id = ?', deviceId)).toHaveLength(before);
    expect(await hasFile(rpm, 'assignment.json')).toBe(false);
  });
});

const hasFile = async (of: WholeDevice, name: string): Promise<boolean> =>
  (await of.container.exec(['test', '-e', `${stateDirectory}/${name}`])).code === 0;

/** The state directory of one machine, as a copy of its disk would bring it to another. */
async function copyState(from: WholeDevice, to: WholeDevice): Promise<void> {
  await service(to, 'stop');
  await to.container.run(['rm', '-rf', stateDirectory]);
  cpSync(from.container.pathOnHost(stateDirectory), to.container.pathOnHost(stateDirectory), {
    recursive: true,
    preserveTimestamps: true,
  });
  await to.container.run(['chmod', '-R', 'go-rwx', stateDirectory]);
}

describe('G14: images and copies', () => {
  let image: WholeDevice;
  let copy: WholeDevice;

  test('every copy of a prepared image enrols by itself, as a device of its own', async () => {
    [image, copy] = await Promise.all([device('deb', 'whole-image'), device('deb', 'whole-copy')]);
    await service(image, 'stop');
    await image.container.run(['garrison-agent', 'enrol', '--prepare-image'], { stdin: whole.estate.enrolmentString });
    expect(await hasIdentity(image)).toBe(false);
    expect(statSync(image.container.pathOnHost(`${stateDirectory}/enrolment.json`)).mode & 0o777).toBe(0o600);
    await copyState(image, copy);
    await Promise.all([service(image, 'start'), service(copy, 'start')]);
    const rowOf = (hostname: string) => waitFor(hostname, 30_000, () => findDevice(whole.operator, hostname));
    const [first, second] = await Promise.all([rowOf('whole-image'), rowOf('whole-copy')]);
    expect(first.deviceId).not.toBe(second.deviceId);
    expect(identityOf(image).signing.publicKey).not.toBe(identityOf(copy).signing.publicKey);
    const journals = [image, copy].map(({ container }) => deviceTimeline(container).journalId);
    expect(new Set(journals).size).toBe(2);
    await waitForState(whole.operator, first.deviceId, 'protected', 60_000);
    await waitForState(whole.operator, second.deviceId, 'protected', 60_000);
    expect(await hasFile(image, 'enrolment.json')).toBe(false);
  });

  test('a copy of an enrolled machine leaves the identity with the original and enrols as another', async () => {
    const original = identityOf(image).enrolled.deviceId;
    const twin = await device('deb', 'whole-twin');
    await copyState(image, twin);
    await service(twin, 'start');
    const own = await waitFor('the copy to enrol', 30_000, () => findDevice(whole.operator, 'whole-twin'));
    expect(own.deviceId).not.toBe(original);
    expect(identityOf(twin).signing.publicKey).not.toBe(identityOf(image).signing.publicKey);
    await waitForState(whole.operator, own.deviceId, 'protected', 60_000);
    const kept = await readDevice(whole.operator, original);
    expect(kept).toMatchObject({ hostname: 'whole-image', duplicateIdentity: false, state: { kind: 'protected' } });
    expect(storedGaps(whole.console, own.deviceId)).toEqual([]);
  });
});

describe('G4: the release build', () => {
  test.each(['deb', 'rpm'] as const)(
    'does not believe a stand-in on a %s system, and the console says why',
    async (root) => {
      const release = await device(root, `whole-release-${root}`, await whole.world.releaseAgent());
      expect(await release.container.run(['garrison-agent', '--version'])).not.toContain('test-trust');
      const deviceId = await release.enrol(whole.estate.enrolmentString);
      // A real SentinelOne console speaks TLS on a public name; the stand-in's host does not, and nothing goes on without.
      const shown = await waitFor('its wait for the network', 60_000, async () => {
        const seen = await readDevice(whole.operator, deviceId);
        // It waits for its turn first, and looks at the network only when an install is next.
        return seen.state?.kind === 'waiting' && seen.state.condition !== 'turn' ? seen : null;
      });
      expect(shown).toMatchObject({
        testTrust: false,
        state: { condition: 'network', fault: { code: 'network.vendor-unreachable' } },
      });
      const { items } = await whole.operator.call(deviceRoutes.attempts, { params: { deviceId } });
      expect(items.flatMap(({ runs }) => runs)).toEqual([]);
      const tokensAsked = deviceTimeline(release.container).events.filter(({ data }) => data['step'] === 'site-token');
      expect(tokensAsked).toEqual([]);
      expect((await release.container.exec(['test', '-e', '/var/log/stand-in-runs'])).code).toBe(1);
      expect((await release.container.exec(['test', '-e', '/opt/sentinelone'])).code).toBe(1);
    },
  );
});

test('a revoked install key lets nobody in', async () => {
  const [key] = rows<{ key_id: string }>(whole.console, 'select key_id from enrolment_keys');
  await whole.operator.call(enrolmentKeyRoutes.revoke, { params: { keyId: key?.key_id ?? '' } });
  const late = await device('deb', 'whole-late');
  await expect(late.enrol(whole.estate.enrolmentString)).rejects.toThrow('enrol.key-refused');
  expect(await findDevice(whole.operator, 'whole-late')).toBeNull();
});
