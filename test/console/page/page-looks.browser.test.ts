import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { setStage, type Stage } from '#test/worlds/page/browser.ts';

/** Time enough on a busy machine. */
const patient = { timeout: 15_000 };

let stage: Stage;
beforeAll(async () => {
  stage = await setStage('shipped');
});
afterAll(() => stage.close());

/** Runs in the page; answers texts whose contrast with what is behind them is below WCAG AA. */
const poorContrast = readFileSync(new URL('../../worlds/page/poor-contrast.js', import.meta.url), 'utf8');

const screens = [
  '/',
  '/devices',
  '/organisations',
  '/enrolment',
  '/administration/apps',
  '/administration/apps/sentinelone',
  '/administration/apps/sentinelone?tab=mappings',
  '/administration/apps/sentinelone?tab=packages',
  '/administration/apps/sentinelone?tab=macs',
  '/activity',
  '/alerts',
  '/alerts?state=closed',
  '/settings',
  '/settings?tab=notifications',
  '/settings?tab=retention',
  '/settings?tab=agents',
  '/settings?tab=operators',
  '/settings?tab=sign-on',
  '/settings?tab=api-keys',
  '/account',
];
/** In every kind of state. */
const devices = Array.from({ length: 26 }, (_, index) => `d-${String(index + 1).padStart(3, '0')}`);

const looks = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  narrow: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

async function settled(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await expect.poll(() => page.locator('[aria-busy="true"]').count(), patient).toBe(0);
}

/** Within the page, as a click on the device would. */
async function moveTo(page: Page, deviceId: string): Promise<void> {
  await page.evaluate(
    `history.pushState({}, '', '/devices/${deviceId}'); dispatchEvent(new PopStateEvent('popstate'))`,
  );
  await page.getByText(deviceId, { exact: true }).waitFor();
  await expect.poll(() => page.locator('[aria-busy="true"]').count(), patient).toBe(0);
}

/** What axe-core calls serious or critical, by rule and element. */
async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<axe.AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id} ${String(nodes[0]?.target)}`);
}

async function findingsOn(page: Page, name: string): Promise<string[]> {
  const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
  const poor = await page.evaluate<string[]>(poorContrast);
  const inside = /\b(assignments?|facts?|journals?|digests?|transient)\b/i.exec(await page.locator('body').innerText());
  return [
    ...(overflow > 0 ? [`${name}: ${overflow} px too wide`] : []),
    ...(await seriousFindings(page)).map((finding) => `${name}: axe ${finding}`),
    ...poor.map((text) => `${name}: contrast ${text}`),
    ...(inside ? [`${name}: says ${inside[0]}`] : []),
  ];
}

describe.each(Object.entries(looks))('every screen, %s', (_look, options) => {
  it('fits, reads well, keeps the security policy and says nothing of the inside', async () => {
    const { page, address, complaints, close } = await stage.open(options);
    const findings: string[] = [];
    for (const path of screens) {
      await settled(page, address + path);
      findings.push(...(await findingsOn(page, path)));
    }
    for (const deviceId of devices) {
      await moveTo(page, deviceId);
      findings.push(...(await findingsOn(page, deviceId)));
    }
    expect(findings).toEqual([]);
    expect(complaints()).toEqual([]);
    await close();
  });
});

describe('by keyboard alone', () => {
  it('signs in, reaches a device and presses its button', async () => {
    const { page, world, address, close } = await stage.open({ signedIn: false });
    await page.goto(address);
    await page.getByLabel('Name').waitFor();
    await page.keyboard.type('ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type(world.password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await tabTo(page, 'Devices');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'db-02.example.net' }).waitFor();
    await tabTo(page, 'db-02.example.net');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Failed, next try/ }).waitFor();
    await tabTo(page, 'Retry install');
    await page.keyboard.press('Enter');
    await expect.poll(() => world.commands.get('d-002')?.length, patient).toBe(1);
    await close();
  });

  it('offers to skip to the content, and gives focus back when a dialog closes', async () => {
    const { page, address, close } = await stage.open();
    await settled(page, `${address}/organisations`);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    const start = page.getByRole('button', { name: 'Start deployment for Coho Vineyard' });
    await start.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(() => focused(page), patient).toBe('Start deployment for Coho Vineyard');
    await close();
  });

  it('keeps a refused button reachable, so that its reason is', async () => {
    const { page, address, close } = await stage.open();
    await settled(page, `${address}/devices/d-018`);
    await tabTo(page, 'Retry install');
    await page.getByRole('tooltip').getByText('The organisation only watches.').waitFor();
    await close();
  });
});

const focused = (page: Page): Promise<string> =>
  page.evaluate<string>(
    "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? ''",
  );

/** Presses Tab until the focus is on that name; a name out of reach fails. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)).trim() === name) return;
  }
  throw new Error(`${name} is not reached by Tab`);
}

describe('the colour scheme', () => {
  it('follows the system, and the switch is remembered', async () => {
    const { page, address, close } = await stage.open({ colorScheme: 'dark' });
    const scheme = () => page.locator('html').getAttribute('data-mantine-color-scheme');
    await settled(page, address);
    expect(await scheme()).toBe('dark');
    await page.getByRole('button', { name: 'Switch to light' }).click();
    expect(await scheme()).toBe('light');
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await scheme()).toBe('light');
    await close();
  });
});

describe('what is loaded', () => {
  it('is only what the screen needs', async () => {
    const { page, address, close } = await stage.open();
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await settled(page, `${address}/`);
    const scripts = loaded.filter((path) => path.endsWith('.js'));
    expect(scripts.some((path) => path.includes('overview-screen'))).toBe(true);
    expect(scripts.filter((path) => /(device|sentinelone|enrolment)-screen/.test(path))).toEqual([]);
    expect(loaded.every((path) => path.startsWith('/'))).toBe(true);
    await close();
  });
});
