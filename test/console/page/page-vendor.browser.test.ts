import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';
import { hostileName } from '#test/worlds/page/devices.ts';

/** Time enough on a busy machine. */
const patient = { timeout: 15_000 };

let stage: Stage;
let trial: Trial | null = null;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(async () => {
  await trial?.close();
  trial = null;
});
afterAll(() => stage.close());

async function open(options: Parameters<Stage['open']>[0] = {}): Promise<Trial> {
  trial = await stage.open(options);
  return trial;
}

const panelOf = (page: Page) => page.getByRole('region', { name: 'SentinelOne console' });

const focused = (page: Page): Promise<string> => page.evaluate<string>("document.activeElement?.textContent ?? ''");

/** The first device of the mock in a state, and with `more` about it. */
function deviceIn({ world }: Trial, kind: string, more: (index: number) => boolean = () => true): string {
  const found = world.devices.filter((one) => one.state?.kind === kind && one.notReportingSince === null);
  return found.find((_one, index) => more(index))?.deviceId ?? 'none';
}

describe("SentinelOne's own record", () => {
  it('loads by itself and says how old it is', async () => {
    const { page, address, complaints } = await open();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'protected')}`);
    const panel = panelOf(page);
    await panel.getByText(/^yes, last contact \d+ min ago$/).waitFor();
    await panel.getByText(/^read \d+ (s|min) ago$/).waitFor();
    await panel.getByText('none active', { exact: true }).waitFor();
    expect(complaints()).toEqual([]);
  });

  it('names what does not fit what the device says, in plain words', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'not-protecting')}`);
    const panel = panelOf(page);
    await panel.getByText('Decommissioned in SentinelOne, but still installed here').waitFor();
    await panel.getByText('a restart, its network extension to run').waitFor();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'degraded', (index) => index === 0)}`);
    await panel.getByText('SentinelOne has another version on record').waitFor();
    await panel.getByText('SentinelOne has more than one record of this device').waitFor();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'degraded', (index) => index === 1)}`);
    await panel.getByText('SentinelOne has it in another site').waitFor();
    await panel.getByText('It is in “Default site”.').waitFor();
  });

  it('says why there is nothing to look up', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'blocked')}`);
    await panelOf(page).getByText('There is no SentinelOne agent on the device').waitFor();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'unassigned')}`);
    await panelOf(page).getByText('No SentinelOne site is chosen for the organisation').waitFor();
    expect(await panelOf(page).getByRole('button').count()).toBe(0);
  });

  it('shows a failed look with its code, and looks again', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices/d-022`);
    await panelOf(page).getByText('SentinelOne does not answer').waitFor();
    await panelOf(page).getByText('no answer within 20 s (sentinelone.unavailable)').waitFor();
    world.devices = world.devices.map((one) =>
      one.deviceId === 'd-022' ? { ...one, notReportingSince: null, hostname: hostileName } : one,
    );
    await panelOf(page).getByRole('button', { name: 'Look again' }).click();
    await panelOf(page).getByText('pc-gpj.exe<b>bold</b>').waitFor();
  });
});

describe('leaving for SentinelOne', () => {
  it('asks first, with the whole host, and stays by default', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'protected')}`);
    const leave = panelOf(page).getByRole('button', { name: 'Open in SentinelOne…' });
    await leave.click();
    const dialog = page.getByRole('dialog', { name: 'You are leaving Garrison' });
    await dialog.getByText('euce1-100.example.net', { exact: true }).waitFor();
    await expect.poll(() => focused(page), patient).toBe('Cancel');
    const link = dialog.getByRole('link', { name: 'Open SentinelOne' });
    expect(await link.getAttribute('href')).toBe('https://euce1-100.example.net/');
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(await link.getAttribute('target')).toBe('_blank');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    expect(page.context().pages()).toHaveLength(1);
    await expect.poll(() => focused(page), patient).toBe('Open in SentinelOne…');
  });
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 360, height: 740 } }],
] as const)('the panel and its question, %s', (look, options) => {
  it('fit', async () => {
    const { page, address } = await open(options);
    const folder = process.env['GARRISON_PICTURES'];
    await page.goto(`${address}/devices/${deviceIn(trial as Trial, 'not-protecting')}`);
    await panelOf(page).getByText('a restart, its network extension to run').waitFor();
    await panelOf(page).scrollIntoViewIfNeeded();
    if (folder !== undefined) await page.screenshot({ path: `${folder}/vendor-${look}.png` });
    await panelOf(page).getByRole('button', { name: 'Open in SentinelOne…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
    if (folder !== undefined) await page.screenshot({ path: `${folder}/vendor-dialog-${look}.png` });
  });
});
