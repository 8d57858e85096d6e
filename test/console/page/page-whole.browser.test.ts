/** The page against the real console, the stand-in of SentinelOne and a device that speaks the real protocol. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { offerFirstAdministrator } from '#console/auth/operators.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import type { ProductReport } from '#protocol/report.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { listenTo, setStage, type Stage } from '#test/worlds/page/browser.ts';
import { startSentinelOne } from '#test/worlds/sentinelone/api.ts';
import type { SentinelOneWorld } from '#test/worlds/sentinelone/dispatch.ts';
import { clamav, fault } from '#test/worlds/page/states.ts';

const patient = { timeout: 20_000 };
const password = 'correct horse battery';

const absent: ProductReport = {
  state: 'absent',
  version: null,
  serviceRunning: null,
  enabled: null,
  connected: null,
  agentUuid: null,
  consoleHost: null,
  siteKeySha256: null,
  detail: [],
};

let stage: Stage;
let vendor: SentinelOneWorld;
let world: ConsoleWorld;
let app: FastifyInstance;
let clock: ReturnType<typeof setInterval>;
let address: string;
let page: Page;
let complaints: string[];
let device: SimulatedDevice;

beforeAll(async () => {
  stage = await setStage();
  vendor = await startSentinelOne({ settings: { downloadsPerMinute: 100 } });
  world = await ConsoleWorld.start({ realSiteTokens: true, vendorHosts: [new URL(vendor.url).host] });
  const onTime = (): void => void (world.nowMs = Date.now());
  onTime();
  clock = setInterval(onTime, 20);
  const origins: string[] = [];
  const settings = { ...world.operatorSide.settings, origins, webDirectory: stage.folder };
  app = await buildOperatorApp({ ...world.operatorSide, settings });
  await app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  origins.push(address);
  page = await (await stage.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  complaints = listenTo(page);
});
afterAll(async () => {
  clearInterval(clock);
  await stage.close();
  await app.close();
  await world.stop();
  await vendor.stop();
});

const now = (): string => new Date(world.nowMs).toISOString();

async function choose(place: string): Promise<void> {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: place }).click();
}

describe('the first day of a console', () => {
  it('begins with the link for the first administrator', async () => {
    const secret = await world.store.write((db) => offerFirstAdministrator(db));
    await page.goto(`${address}/first-administrator#${secret}`);
    await page.getByLabel('Name').fill('ann');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByLabel('Password again').fill(password);
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    expect(page.url()).toBe(`${address}/`);
  });

  it('makes an organisation and enables SentinelOne', async () => {
    await page.getByRole('link', { name: 'Create an organisation' }).click();
    await page.getByRole('button', { name: 'New organisation…' }).click();
    await page.getByLabel('Name').fill('Acme Branch');
    await page.getByRole('button', { name: 'Create', exact: true }).click();
    await page.getByRole('link', { name: 'Acme Branch' }).waitFor();
    await choose('Apps');
    await page.getByRole('link', { name: 'Open SentinelOne' }).click();
    await page.getByRole('button', { name: 'Enable SentinelOne…' }).click();
    await page.getByLabel('Management console domain').fill(vendor.url);
    await page.getByLabel('API token', { exact: true }).fill(vendor.apiToken);
    await page.getByRole('button', { name: 'Enable', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByText('enabled', { exact: true }).waitFor();
    expect(await page.content()).not.toContain(vendor.apiToken);
  });

  it('chooses the suggested site and fetches the package', async () => {
    await page.getByRole('tab', { name: /^Mappings/ }).click();
    await page.getByRole('button', { name: 'Confirm or change… Acme Branch' }).click();
    const site = page.getByRole('combobox', { name: 'SentinelOne site' });
    await expect.poll(() => site.inputValue(), patient).toBe('Acme Branch');
    await page.getByRole('button', { name: 'Use this site' }).click();
    await page.locator('tr', { hasText: 'Acme Branch' }).getByText('Mapped', { exact: true }).waitFor();
    await page.getByRole('tab', { name: 'Packages' }).click();
    await page.getByRole('button', { name: 'Read the lists again' }).click();
    await page.getByRole('button', { name: 'Fetch 24.2.2.20 for Linux (x86-64, deb)' }).click();
    const target = page.getByRole('region', { name: 'Linux (x86-64, deb)' });
    await target.getByText('installs 24.2.2.20').waitFor(patient);
  });

  it('lets a device in with an install key', async () => {
    await choose('Enrolment');
    await page.getByRole('button', { name: 'New install key…' }).click();
    await page.getByRole('button', { name: 'Make install key' }).click();
    const text = await page.getByRole('textbox', { name: 'Enrolment string' }).innerText();
    await page.getByRole('button', { name: 'Done' }).click();
    device = simulatedDevice(world.app, text.trim(), { now: () => world.nowMs, machine: { hostname: 'mail-1' } });
    await device.enrol();
    const conflicts = [clamav];
    device.state = {
      kind: 'blocked',
      since: now(),
      fault: fault('antivirus.present', 'ClamAV 1.0.9 is active'),
      conflicts,
    };
    device.report = {
      product: { observedAt: now(), value: absent },
      antivirus: { observedAt: now(), value: { blocking: conflicts, reported: [], failedProbes: [] } },
    };
    await device.checkIn();
    await choose('Devices');
    await page.locator('tr', { hasText: 'mail-1' }).getByText('Other antivirus found: ClamAV').waitFor();
  });
});

describe('a device on the real console', () => {
  it('shows its evidence and why Retry install has to wait', async () => {
    await page.getByRole('link', { name: 'mail-1' }).click();
    await page.getByText('service clamav-daemon.service: running').waitFor();
    await page.getByText('The organisation only watches.').first().waitFor();
  });

  it('is counted before deployment starts', async () => {
    await choose('Organisations');
    await page.getByRole('button', { name: 'Start deployment for Acme Branch' }).click();
    await page.getByText('1 have other antivirus, will not install').waitFor();
    await page.getByRole('button', { name: 'Start, nothing installs now' }).click();
    await page.locator('tr', { hasText: 'Acme Branch' }).getByText('Installing', { exact: true }).waitFor();
  });

  it('gets an exception, is checked again, and ends protected before our eyes', async () => {
    await choose('Devices');
    await page.getByRole('link', { name: 'mail-1' }).click();
    await page.getByRole('button', { name: 'Add an exception…' }).click();
    await page.getByLabel('Reason').fill('mail server');
    await page.getByRole('button', { name: 'Add exception', exact: true }).click();
    await page.getByText(/by ann: mail server/).waitFor();
    await device.checkIn();
    const waiting = device.commands(20);
    await page.getByRole('button', { name: 'Check again' }).click();
    const [command] = (await waiting).commands;
    if (command === undefined) throw new Error('no command came');
    const { commandId, verb } = command;
    device.record('command-received', { commandId, verb });
    device.record('command-executed', { commandId, verb, result: 'done', fault: null });
    device.state = { kind: 'protected', since: now(), version: '24.2.2.20', notes: [] };
    await device.checkIn();
    await page.getByText(/Check again pressed .+ by ann → received after .+ → started after .+: carried out/).waitFor();
    await page.getByRole('heading', { name: 'Protected', exact: true }).waitFor();
    await page.getByText('Everything', { exact: true }).click();
    await page.getByText('Check again: carried out').waitFor();
  });

  it('stands in the overview, and the browser had nothing to complain about', async () => {
    await choose('Overview');
    await page.getByRole('link', { name: 'Protected', exact: true }).waitFor();
    await page.getByRole('heading', { name: '1 device' }).waitFor();
    expect(complaints).toEqual([]);
  });

  it('is removed', async () => {
    await choose('Devices');
    await page.getByRole('link', { name: 'mail-1' }).click();
    await page.getByRole('button', { name: 'Remove device…' }).click();
    await page.getByRole('button', { name: 'Remove device', exact: true }).click();
    await page.getByText('No device fits these filters.').waitFor();
    await page.getByRole('button', { name: 'Signed in as ann' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});
