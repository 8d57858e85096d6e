/** The page with 100,000 devices, over the real console: scrolled, jumped through, filtered and walked by keyboard. */
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildOperatorApp } from '#console/operator-app.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { copies } from '#test/worlds/fleet/copies.ts';
import { listenTo, setStage, type Stage } from '#test/worlds/page/browser.ts';

/** A hundred thousand rows are jumped through on a machine that does other things too. */
const patient = { timeout: 60_000 };
const password = 'correct horse battery';
const devices = 100_000;
/** Rows on the screen and a few around, on any screen people have. */
const rowsInPageMax = 60;

let stage: Stage;
let world: ConsoleWorld;
let app: FastifyInstance;
let clock: ReturnType<typeof setInterval>;
let address: string;
let page: Page;
let complaints: string[];
const asked: string[] = [];

beforeAll(async () => {
  stage = await setStage('shipped');
  world = await ConsoleWorld.start();
  world.nowMs = Date.now();
  await copies(world, { devices, organisations: 60 });
  clock = setInterval(() => (world.nowMs = Date.now()), 20);
  await world.administrator('ann', password);
  const origins: string[] = [];
  const settings = { ...world.operatorSide.settings, origins, webDirectory: stage.folder };
  app = await buildOperatorApp({ ...world.operatorSide, settings });
  await app.listen({ host: '127.0.0.1', port: 0 });
  address = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  origins.push(address);
  page = await (await stage.browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  complaints = listenTo(page);
  page.setDefaultTimeout(patient.timeout);
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${address}/devices`);
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Devices' }).waitFor();
});
afterAll(async () => {
  clearInterval(clock);
  await stage.close();
  await app.close();
  await world.stop();
});

const rows = () => page.locator('tbody tr[data-index]');
const rowAt = (index: number) => page.locator(`tr[data-index="${index}"]`);
const nameAt = async (index: number) => rowAt(index).getByRole('link').innerText();
const scrollTo = (share: number) =>
  page.evaluate(`window.scrollTo(0, document.documentElement.scrollHeight * ${share})`);
const listed = () => asked.filter((url) => url.includes('/api/devices?'));

async function expectFewRows(): Promise<void> {
  await expect.poll(() => rows().locator('a').count(), patient).toBeGreaterThan(5);
  expect(await rows().count()).toBeLessThan(rowsInPageMax);
}

/** Numbers of rows on the screen, in order. */
const shownNumbers = () =>
  page.evaluate<number[]>(`[...document.querySelectorAll('tr[data-index]')]
    .filter((row) => row.getBoundingClientRect().bottom > 0 && row.getBoundingClientRect().top < innerHeight)
    .map((row) => Number(row.dataset.index))`);

describe('a list of 100,000 devices', () => {
  it('is as long as it is, with few rows in the page', async () => {
    await page.getByText('100,024 devices').waitFor();
    const table = page.getByRole('table');
    await expect.poll(() => table.getAttribute('aria-rowcount'), patient).toBe('100025');
    await expectFewRows();
    expect(await rowAt(0).getAttribute('aria-rowindex')).toBe('2');
  });

  it('is scrolled from page to page, each beginning after the last device of the one before', async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      await page.mouse.wheel(0, 900);
      await expect
        .poll(
          async () =>
            rowAt((await shownNumbers())[0] ?? 0)
              .locator('a')
              .count(),
          patient,
        )
        .toBe(1);
    }
    const numbers = await shownNumbers();
    expect(numbers[0]).toBeGreaterThan(120);
    expect(numbers).toEqual(numbers.map((_, at) => (numbers[0] ?? 0) + at));
    expect(listed().some((url) => url.includes('after='))).toBe(true);
    expect(listed().filter((url) => url.includes('from='))).toEqual([]);
    await expectFewRows();
  });

  it('is jumped through, asking only for what is shown, and in the order of names everywhere', async () => {
    const before = listed().length;
    await scrollTo(0.6);
    await expect.poll(async () => (await shownNumbers())[0] ?? 0, patient).toBeGreaterThan(50_000);
    await expectFewRows();
    const [first = 0] = await shownNumbers();
    const names = [await nameAt(first), await nameAt(first + 1), await nameAt(first + 2)].map((name) =>
      name.toLowerCase(),
    );
    expect(names).toEqual(names.toSorted());
    expect(listed().length - before).toBeLessThan(6);
    await scrollTo(1);
    await rowAt(devices + 23)
      .locator('a')
      .waitFor();
    await expectFewRows();
  });

  it('is walked by keyboard, and keeps the focus while it is scrolled away', async () => {
    await scrollTo(0);
    await rowAt(0).getByRole('link').focus();
    for (let presses = 0; presses < 30; presses += 1) await page.keyboard.press('ArrowDown');
    const focusedRow = () =>
      page.evaluate<string | undefined>(`document.activeElement?.closest('tr[data-index]')?.dataset.index`);
    await expect.poll(focusedRow, patient).toBe('30');
    await scrollTo(0.5);
    await expect.poll(async () => (await shownNumbers()).length, patient).toBeGreaterThan(5);
    expect(await focusedRow()).toBe('30');
    await page.keyboard.press('ArrowDown');
    await expect.poll(focusedRow, patient).toBe('31');
    await expect.poll(async () => (await shownNumbers()).includes(31), patient).toBe(true);
    await page.keyboard.press('End');
    await expect.poll(focusedRow, patient).toBe(String(devices + 23));
    await page.keyboard.press('Home');
    await expect.poll(focusedRow, patient).toBe('0');
  });

  it('is filtered by the console, with its counts', async () => {
    await page.getByLabel('Search by name').fill('srv-10');
    await expect.poll(() => page.getByRole('table').getAttribute('aria-rowcount'), patient).not.toBe('100025');
    await expectFewRows();
    const found = Number(await page.getByRole('table').getAttribute('aria-rowcount')) - 1;
    await page.getByText(`${found.toLocaleString('en-US')} devices`).waitFor();
    await page.getByRole('button', { name: /^Not reporting/ }).click();
    await expect.poll(() => rows().count(), patient).toBeLessThan(found);
    await page.getByLabel('Search by name').fill('');
    await page.getByText('2,000 devices: Not reporting').waitFor();
    await page.getByLabel('Last contact').selectOption({ label: 'Not for 30 days' });
    await page.getByText(/^1,\d\d\d devices: Not reporting/).waitFor();
    await page.getByLabel('Sort by').selectOption({ label: 'Last contact' });
    await expectFewRows();
    expect(complaints).toEqual([]);
  });
});
