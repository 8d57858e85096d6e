import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

async function opened(path: string, options: Parameters<Stage['open']>[0] = {}): Promise<Trial> {
  const trial = await stage.open(options);
  await trial.page.goto(trial.address + path);
  await trial.page.getByRole('heading', { level: 1 }).waitFor();
  return trial;
}

describe('alerts', () => {
  it('ring the bell, lead to the device, and are marked as seen for everybody', async () => {
    const { page, world, complaints, close } = await opened('/');
    await page.getByRole('link', { name: 'Alerts, 5 not seen yet' }).click();
    await page.getByText('Waiting for another installation to finish, held by apt-get (812).').waitFor();
    await page.getByRole('button', { name: 'Mark as seen: Left without antivirus, edge-10.example.net' }).click();
    await page.getByRole('link', { name: 'Alerts, 4 not seen yet' }).waitFor();
    expect(world.alerts[0]?.seen?.by).toBe('ada');
    await page.getByRole('link', { name: 'edge-10.example.net' }).click();
    await page.getByRole('heading', { level: 1, name: 'edge-10.example.net' }).waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it('stand on the overview, the worst first, and lead to the device', async () => {
    const { page, world, close } = await opened('/');
    const panel = page.getByRole('region', { name: 'Open alerts' });
    const items = panel.getByRole('listitem');
    await expect.poll(() => items.count(), { timeout: 15_000 }).toBe(5);
    const [urgent, attention] = await Promise.all([items.first().innerText(), items.last().innerText()]);
    expect(urgent).toContain('Left without antivirus');
    expect(attention).toContain('API token ends');
    await panel.getByRole('link', { name: 'All 6 alerts' }).waitFor();
    world.alerts = world.alerts.map((one) => ({ ...one, closedAt: one.closedAt ?? new Date().toISOString() }));
    world.hint('alerts');
    await panel.getByText('Nothing needs you.').waitFor();
    await close();
  });

  it('appear on the open page by themselves', async () => {
    const { page, world, close } = await opened('/alerts?kind=vanished');
    await page.getByText('Nothing needs you.').waitFor();
    const [first] = world.alerts;
    if (first === undefined) throw new Error('no alert');
    world.alerts = [{ ...first, alertId: 'alr-99', kind: 'vanished', cause: 'vanished', detail: {} }, ...world.alerts];
    world.hint('alerts');
    await page.getByText('Its record is not listed by SentinelOne any more.').waitFor();
    await close();
  });

  it('are filtered by address, and the ended ones are kept', async () => {
    const { page, close } = await opened('/alerts');
    await page.getByLabel('Kind').selectOption({ label: 'Deployment halted (1)' });
    await page.getByRole('table').getByText('Northwind Traders').first().waitFor();
    await expect.poll(() => page.getByRole('row').count(), { timeout: 15_000 }).toBe(2);
    expect(page.url()).toContain('kind=deployment-halted');
    await page.goto(`${new URL(page.url()).origin}/alerts?state=closed`);
    await page.getByText('14 devices left within an hour; up to 10 are usual.').waitFor();
    await close();
  });

  it('cannot be marked by who may only look', async () => {
    const { page, world, address, close } = await opened('/');
    world.role = 'viewer';
    await page.goto(`${address}/alerts`);
    await page.getByText('Waiting for another installation').waitFor();
    expect(await page.getByRole('button', { name: /^Mark as seen/ }).count()).toBe(0);
    await close();
  });
});

describe('the rules of alerts', () => {
  it('are set by keyboard and kept', async () => {
    const { page, world, complaints, close } = await opened('/settings?tab=alerts');
    const hours = page.getByLabel('A device says nothing for');
    await hours.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('48');
    await page.keyboard.press('Enter');
    await page.getByText('Saved').waitFor();
    expect(world.alertRules.silentAfterHours).toBe(48);
    expect(complaints()).toEqual([]);
    await close();
  });
});
