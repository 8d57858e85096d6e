import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage } from '#test/worlds/page/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

describe('coverage on the overview', () => {
  it('says what SentinelOne confirms, and every number leads to its devices', async () => {
    const { page, address, complaints, close } = await stage.open();
    await page.goto(address);
    await page.getByText(/protected, as SentinelOne confirms: \d+ of \d+ devices that should be/).waitFor();
    const lacks = page.getByRole('region', { name: 'What the others lack' });
    await lacks.getByRole('link', { name: 'Other antivirus found' }).click();
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    const asked = new URL(page.url()).searchParams;
    expect([asked.get('coverage'), asked.get('state')]).toEqual(['gap', 'blocked']);
    expect(complaints()).toEqual([]);
    await close();
  });

  it('tells watching from unprotected', async () => {
    const { page, world, address, close } = await stage.open();
    for (const device of world.devices) device.mode = 'watch';
    await page.goto(address);
    await page.getByText(/^All organisations only watch\. \d+ devices of 40 are protected all the same\.$/).waitFor();
    expect(await page.getByRole('progressbar', { name: 'Share of protected devices' }).count()).toBe(0);
    await close();
  });
});

describe('the list of devices', () => {
  it('is exported as it is shown', async () => {
    const { page, world, address, complaints, close } = await stage.open();
    await page.goto(`${address}/devices`);
    const arriving = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export as CSV' }).click();
    const file = await arriving;
    expect(file.suggestedFilename()).toBe('devices-2026-03-01.csv');
    const text = await readFile(await file.path(), 'utf8');
    expect(text.trimEnd().split('\r\n')).toHaveLength(world.devices.length + 1);
    expect(complaints()).toEqual([]);
    await close();
  });
});
