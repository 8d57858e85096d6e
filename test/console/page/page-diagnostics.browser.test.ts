/** Diagnostics on the page of a device: pressed, followed, fetched. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';
import { arrivedArchive, playDiagnostics } from '#test/worlds/page/diagnostics.ts';

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

async function onDevice(options: Parameters<Stage['open']>[0] = {}): Promise<Trial & { deviceId: string }> {
  trial = await stage.open(options);
  const device = trial.world.devices.find((one) => one.state?.kind === 'failed' && one.notReportingSince === null);
  const deviceId = device?.deviceId ?? 'none';
  await trial.page.goto(`${trial.address}/devices/${deviceId}`);
  return { ...trial, deviceId };
}

const panelOf = (page: Page) => page.getByRole('region', { name: 'Diagnostics' });

describe('diagnostics', () => {
  it('are asked for by keyboard, followed live and offered for download', async () => {
    const { page, world, deviceId, complaints } = await onDevice();
    const button = panelOf(page).getByRole('button', { name: 'Get diagnostics' });
    await button.focus();
    await page.keyboard.press('Enter');
    await panelOf(page)
      .getByText(/Waits for the device/)
      .waitFor();
    expect(await button.getAttribute('aria-disabled')).toBe('true');
    playDiagnostics(world, deviceId, { state: 'making' });
    await panelOf(page).getByText('the device makes it').waitFor();
    playDiagnostics(world, deviceId, { state: 'ready', archive: arrivedArchive(184_000) });
    const link = panelOf(page).getByRole('link', { name: 'Download' });
    await link.waitFor();
    expect(await link.getAttribute('href')).toBe(`/api/devices/${deviceId}/diagnostics/diagnose-1/archive`);
    await panelOf(page)
      .getByText(/180 KB|184 KB/)
      .waitFor();
    expect(await button.getAttribute('aria-disabled')).toBeNull();
    expect(complaints()).toEqual([]);
  });

  it('that the device refuses say why, in the words of the table, and stay on a narrow screen', async () => {
    const { page, world, deviceId, complaints } = await onDevice({ viewport: { width: 380, height: 800 } });
    await panelOf(page).getByRole('button', { name: 'Get diagnostics' }).click();
    await panelOf(page)
      .getByText(/Waits for the device/)
      .waitFor();
    const fault = { code: 'diagnostics.not-allowed', detail: 'the configuration says "local"', context: {} } as const;
    playDiagnostics(world, deviceId, { state: 'refused', fault });
    await panelOf(page)
      .getByText(/This device gives no diagnostics to its console/)
      .waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')).toBe(true);
    expect(complaints()).toEqual([]);
  });

  it('are not there for who only looks', async () => {
    trial = await stage.open();
    trial.world.role = 'viewer';
    const deviceId = trial.world.devices[0]?.deviceId ?? 'none';
    await trial.page.goto(`${trial.address}/devices/${deviceId}`);
    await trial.page.getByRole('region', { name: 'Health' }).waitFor();
    expect(await panelOf(trial.page).count()).toBe(0);
  });
});
