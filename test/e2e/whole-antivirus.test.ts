/**
 * The main path, with a person at the page: a Debian device with the real ClamAV is blocked, ClamAV is removed, the button is
 * pressed in a real browser, and the page shows the device protected. Afterwards everything is searched for secrets (G18).
 */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readEnrolmentString } from '#protocol/enrolment.ts';
import { operatorRoutes } from '#console/api/routes.ts';
import type { Route } from '#console/api/route.ts';
import { installClamav, removeClamav } from '#test/worlds/lab/clamav.ts';
import { containerFolder } from '#test/worlds/lab/paths.ts';
import { listenTo, setStage, type Stage } from '#test/worlds/page/browser.ts';
import { startWholeDevice, type WholeDevice } from '#test/worlds/whole/device.ts';
import { startDeployment, waitFor, waitForState } from '#test/worlds/whole/estate.ts';
import { shareOf } from '../../scripts/bench/install-share.ts';
import { cache } from '../../scripts/build/runtime.ts';
import { foundBelow, foundIn, formsOf, spyOnProcesses, type Canary, type ProcessSpy } from './canaries.ts';
import { deviceTimeline, login, rows, setUpWhole, storedTimeline, told, type Whole } from './whole-setting.ts';

const name = 'whole-clamav';
/** Where screenshots go when somebody wants to look. */
const pictures = process.env['GARRISON_PICTURES'];

const cleanUps: (() => Promise<void>)[] = [];
let stage: Stage;
let whole: Whole;
let device: WholeDevice;
let deviceId: string;
let page: Page;
let complaints: string[];
let spy: ProcessSpy;
let canaries: readonly Canary[];
let apiToken: Canary;
let siteKey: Canary;

beforeAll(async () => {
  stage = await setStage('shipped');
  cleanUps.push(() => stage.close());
  whole = await setUpWhole({ targets: ['linux-x64-deb'], deploying: false, page: stage.folder });
  cleanUps.push(() => whole.stop());
  const { secret } = readEnrolmentString(whole.estate.enrolmentString);
  apiToken = { name: 'API token', value: whole.sentinelOne.apiToken };
  siteKey = { name: 'site key', value: whole.site.siteKey };
  canaries = [
    apiToken,
    siteKey,
    { name: 'site token', value: whole.sentinelOne.registrationToken(whole.site.id) },
    { name: 'install key', value: secret },
    { name: 'password', value: login.password },
    { name: 'owner key', value: whole.console.ownerKey.split('.').at(-1) ?? '' },
    { name: 'first link', value: whole.console.firstSecret },
  ];
  spy = await spyOnProcesses(canaries);
  cleanUps.push(async () => void (await spy.end()));
  device = await startWholeDevice({ root: 'deb', name, agent: whole.world.testAgent });
  cleanUps.push(() => device.container.stop());
  await installClamav(device.container);
  deviceId = await device.enrol(whole.estate.enrolmentString);
  await waitForState(whole.operator, deviceId, 'paused', 30_000);
  await startDeployment(whole.operator, whole.estate.organisationId);
  page = await (await stage.browser.newContext({ viewport: { width: 1280, height: 1600 } })).newPage();
  complaints = listenTo(page);
});
afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

async function picture(of: string): Promise<void> {
  if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${of}.png`) });
}

describe('at the page', () => {
  test('sign in, open the device: other antivirus found, with its evidence', async () => {
    await page.goto(whole.console.operatorAddress);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await picture('sign-in');
    await page.getByLabel('Name').fill(login.name);
    await page.getByLabel('Password', { exact: true }).fill(login.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Devices' }).click();
    await page.locator('tr', { hasText: name }).getByText('Other antivirus found: ClamAV').waitFor({ timeout: 30_000 });
    await picture('devices');
    await page.getByRole('link', { name }).click();
    await page.getByRole('heading', { name: 'Other antivirus found: ClamAV' }).waitFor();
    const found = page.getByRole('article', { name: 'ClamAV' });
    await found.getByText('in the way of SentinelOne').waitFor();
    expect(await found.innerText()).toMatch(/clamav-daemon\.service running/);
    expect(await found.innerText()).toMatch(/ClamAV 1\.\d+\.\d+/);
    await picture('blocked');
  });

  test('nothing was started on the device', async () => {
    const { events } = deviceTimeline(device.container);
    expect(told(events, 'state-changed').at(-1)).toMatchObject({
      state: {
        kind: 'blocked',
        fault: { code: 'antivirus.present' },
        conflicts: [{ name: 'ClamAV', state: 'active' }],
      },
    });
    expect(events.map(({ kind }) => kind)).not.toContain('attempt-started');
    expect((await device.container.exec(['test', '-e', '/var/log/stand-in-runs'])).code).toBe(1);
    expect(whole.sentinelOne.tenant.agents).toEqual([]);
  });

  test('ClamAV removed, Check again pressed: protected within 60 s, and the page shows it by itself', async () => {
    await removeClamav(device.container);
    await page.getByRole('button', { name: 'Check again' }).click();
    await page.getByText(/Check again pressed .+ by ann → received/).waitFor();
    await page.getByRole('heading', { name: 'Protected', exact: true }).waitFor({ timeout: 60_000 });
    await page.getByText(/→ started after .+: carried out/).waitFor();
    await picture('protected');
    const shown = await waitForState(whole.operator, deviceId, 'protected', 1_000);
    expect(shown).toMatchObject({ productVersion: '24.2.2.20', testTrust: true });
    const agents = whole.sentinelOne.tenant.agents.filter((agent) => agent.computerName === name);
    expect(agents).toMatchObject([{ siteId: whole.site.id, installerType: '.deb' }]);
  });

  test('the timeline shows the attempt with the output of dpkg', async () => {
    await page.getByText('Everything', { exact: true }).click();
    await page.getByText('Check again: carried out').waitFor();
    await picture('timeline');
    await page.getByText('Attempts', { exact: true }).click();
    const { operator } = whole;
    const attempts = await waitFor('the end of the attempt', 10_000, async () => {
      const { items } = await operator.call(operatorRoutes.devices.attempts, { params: { deviceId } });
      return items[0]?.result === 'protected' ? items : null;
    });
    expect(attempts).toHaveLength(1);
    expect(attempts[0]?.runs[0]?.output).toContain('sentinelagent');
    expect(complaints).toEqual([]);
  });

  test('leaves its events for the measurement of our own share', async () => {
    const { events } = deviceTimeline(device.container);
    const file = join(cache, 'reports', 'install-events.json');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(events, null, 1)}\n`);
    expect(shareOf(events).wholeMs).toBeGreaterThan(0);
    expect(shareOf(events).installerMs).toBeGreaterThan(0);
  });
});

describe('G18: the secrets are found nowhere but where they must be', () => {
  test('in no command line and no environment of any process, at any time', async () => {
    const { looks, found } = await spy.end();
    expect(looks).toBeGreaterThan(100);
    expect(found).toEqual([]);
  });

  test('in no log and no answer of agent or console', async () => {
    expect(foundIn('console', Buffer.from(whole.console.output()), canaries)).toEqual([]);
    expect(whole.console.output().length).toBeGreaterThan(500);
    const commands = [
      ['journalctl', '--no-pager', '-o', 'export'],
      ['garrison-agent', 'status'],
      ['garrison-agent', 'status', '--json'],
      ['garrison-agent', 'plan'],
      ['garrison-agent', 'plan', '--json'],
      ['systemctl', 'show', 'garrison*', 'sentinelone*'],
    ];
    for (const argv of commands) {
      const { stdout, stderr } = await device.container.exec(argv);
      expect(stdout.length, argv.join(' ')).toBeGreaterThan(50);
      expect(foundIn(argv.join(' '), Buffer.from(stdout + stderr), canaries)).toEqual([]);
    }
  });

  test('in no answer of the API and not on the page', async () => {
    const { organisationId, connectionId } = whole.estate;
    const params = { deviceId, organisationId, connectionId };
    const readable = Object.values<Record<string, Route>>(operatorRoutes)
      .flatMap((routes) => Object.values(routes))
      .filter(({ method }) => method === 'GET');
    const asked = await Promise.all(
      readable.map(async ({ path }) => {
        const filled = path.replaceAll(/:(\w+)/g, (_, key: keyof typeof params) => params[key]);
        const answer = await fetch(`${whole.console.operatorAddress}${filled}`, {
          headers: { cookie: whole.operator.cookie },
        });
        return { path, status: answer.status, text: await answer.text() };
      }),
    );
    expect(asked.filter(({ status }) => status === 200).length).toBeGreaterThan(10);
    expect(asked.flatMap(({ path, text }) => foundIn(path, Buffer.from(text), canaries))).toEqual([]);
    expect(foundIn('page', Buffer.from(await page.content()), canaries)).toEqual([]);
  });

  test('in no file of the console: database, write-ahead log, keys, packages', () => {
    const { files, found } = foundBelow(whole.console.dataDirectory, canaries);
    expect(files).toBeGreaterThan(3);
    expect(found).toEqual([]);
    expect(rows(whole.console, 'select 1 from connections')).toHaveLength(1);
  });

  test('in no file of the device but the product’s own, the API token not even there', async () => {
    // Everything that was written since the container began, and what exists only in its memory.
    const written = foundBelow(join(containerFolder(name), 'upper'), canaries);
    const inMemory = ['run', 'tmp', 'dev/shm'].map((folder) =>
      foundBelow(`/proc/${device.container.pid}/root/${folder}`, canaries),
    );
    expect(written.files).toBeGreaterThan(50);
    const found = [...written.found, ...inMemory.flatMap((one) => one.found)];
    expect(found.toSorted()).toEqual([
      '/opt/sentinelone/configuration/basic.conf: site key',
      // A copy of this machine enrols with it as a device of its own.
      '/var/lib/garrison/identity.json: install key',
    ]);
    const identity = device.container.pathOnHost('/var/lib/garrison/identity.json');
    expect(statSync(identity).mode & 0o777).toBe(0o600);
    expect(statSync(identity).uid).toBe(0);
  });

  test('the search itself would find them', () => {
    for (const { value } of canaries) expect(value.length).toBeGreaterThan(15);
    expect(readFileSync(device.container.pathOnHost('/opt/sentinelone/configuration/basic.conf'), 'utf8')).toContain(
      siteKey.value,
    );
    const hidden = Buffer.from(`x${apiToken.value}yz`).toString('base64');
    expect(foundIn('', Buffer.from(hidden), [apiToken])).toHaveLength(1);
    expect(formsOf(apiToken.value).length).toBeGreaterThan(8);
    expect(storedTimeline(whole.console, deviceId).length).toBeGreaterThan(5);
  });
});
