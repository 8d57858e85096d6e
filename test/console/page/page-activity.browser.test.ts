import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage } from '#test/worlds/page/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

describe('activity', () => {
  it('is read in words, filtered by address, and leads to the device', async () => {
    const { page, address, complaints, close } = await stage.open();
    await page.goto(`${address}/activity`);
    await page.getByText('Deployment: halted').waitFor();
    await page.getByText('the console (deployment)').waitFor();
    await page.getByText('attempt: 2, result: failed, fault: install.busy').waitFor();
    await page.getByLabel('What').fill('device.revoked');
    await page.getByRole('button', { name: 'Filter' }).click();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBe(2);
    expect(page.url()).toContain('what=device.revoked');
    await page.getByRole('link', { name: 'web-01.example.net' }).click();
    await page.getByRole('heading', { level: 1, name: 'web-01.example.net' }).waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it('is narrowed to days of the reader, which may begin and end elsewhere than in UTC', async () => {
    const { page, world, address, complaints, close } = await stage.open({ timezoneId: 'Pacific/Auckland' });
    const [first] = world.activity;
    if (first === undefined) throw new Error('nothing happened');
    // Midnight of the 1st of July there is noon of the 30th of June in UTC.
    const at = (moment: string, subject: string) => ({ ...first, key: moment, at: moment, detail: subject });
    world.activity = [
      at('2026-06-30T11:59:59.000Z', 'the day before'),
      at('2026-06-30T12:00:00.000Z', 'first moment of that day'),
      at('2026-07-01T11:59:59.000Z', 'last moment of that day'),
      at('2026-07-01T12:00:00.000Z', 'the day after'),
    ];
    await page.goto(`${address}/activity`);
    await page.getByText('Pacific/Auckland, UTC+1').waitFor();
    await page.getByLabel('From').fill('2026-07-01');
    await page.getByLabel('Up to and with').fill('2026-07-01');
    await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBe(3);
    await page.getByText('first moment of that day').waitFor();
    await page.getByText('last moment of that day').waitFor();
    await page.reload();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBe(3);
    expect([await page.getByLabel('From').inputValue(), await page.getByLabel('Up to and with').inputValue()]).toEqual([
      '2026-07-01',
      '2026-07-01',
    ]);
    expect(complaints()).toEqual([]);
    await close();
  });

  it('is taken along as a table', async () => {
    const { page, address, close } = await stage.open();
    await page.goto(`${address}/activity?source=devices`);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    expect((await download).suggestedFilename()).toBe('activity-2026-03-01.csv');
    await close();
  });

  it('is not taken along by who may only look, and the button says why', async () => {
    const { page, world, address, close } = await stage.open();
    world.role = 'viewer';
    await page.goto(`${address}/activity`);
    await page.getByText('Deployment: halted').waitFor();
    await page.getByRole('button', { name: 'Export as CSV' }).focus();
    await page.getByRole('tooltip').getByText('Your role may look, not act.').waitFor();
    await close();
  });

  it('is kept as long as was set', async () => {
    const { page, world, address, complaints, close } = await stage.open();
    await page.goto(`${address}/settings?tab=retention`);
    await page.getByLabel('Ended alerts').fill('100');
    await page.keyboard.press('Enter');
    await page.getByText('Saved').waitFor();
    expect(world.retention.alertDays).toBe(100);
    expect(complaints()).toEqual([]);
    await close();
  });
});
