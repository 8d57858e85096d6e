import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';

let stage: Stage;
let trial: Trial | null = null;
beforeAll(async () => {
  stage = await setStage();
});
afterEach(async () => {
  expect(trial?.complaints() ?? []).toEqual([]);
  await trial?.close();
  trial = null;
});
afterAll(() => stage.close());

async function open(role: 'viewer' | 'admin' = 'admin'): Promise<Trial> {
  trial = await stage.open();
  trial.world.role = role;
  await trial.page.goto(`${trial.address}/settings?tab=agents`);
  await trial.page.getByText('runs on 36 devices').waitFor();
  return trial;
}

describe('versions of the Garrison agent', () => {
  it('are started with the number on the button, in the chosen steps', async () => {
    const { page, world } = await open();
    await page.getByText('current: new devices get it').waitFor();
    await page.getByRole('button', { name: 'Update devices…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Organisation').selectOption({ label: 'Bright Dental' });
    const organisationId = world.organisations.find(({ name }) => name === 'Bright Dental')?.organisationId;
    const devices = world.devices.filter((one) => one.organisationId === organisationId).length;
    expect(devices).toBeGreaterThan(1);
    await dialog.getByLabel('How it spreads').selectOption({ label: '10 %, then all' });
    const first = dialog.getByRole('status', { name: 'First step' });
    await first.getByText(`First step, 1 of ${devices} devices: SRV-28.example.net.`).waitFor();
    await dialog.getByLabel('How it spreads').selectOption({ label: 'All at once' });
    await first.getByText(`All at once, ${devices} devices: SRV-28.example.net, db-32.example.net`).waitFor();
    await dialog.getByLabel('How it spreads').selectOption({ label: '10 %, then all' });
    expect(await dialog.getByLabel('Version').locator('option').allInnerTexts()).toEqual(['0.2.0']);
    await dialog.getByRole('button', { name: `Update ${devices} devices` }).click();
    await page.getByText(`Garrison agent 0.2.0 spreads to ${devices} devices.`).waitFor();
    const made = world.agentVersions.rollouts.at(-1);
    expect(made).toMatchObject({ organisationId, plan: { steps: [10, 100] } });
  });

  it('that halted say why, name their failures, and go on only by approval of these', async () => {
    const { page, world } = await open();
    const row = page.getByRole('row', { name: /Alpine Ski House/ });
    await row.getByText('Step 3 of 4: 8 of 15 devices. 3 updated, 2 failed, 3 under way.').waitFor();
    await page.getByRole('region', { name: 'Failed updates (2)' }).getByRole('link', { name: 'db-02' }).waitFor();
    await row.getByRole('button', { name: 'Go on after 2 failures' }).click();
    await row.getByText('Spreading').waitFor();
    await row.getByRole('button', { name: 'Stop the update of Alpine Ski House' }).click();
    await row.getByText('Stopped').waitFor();
    expect(world.agentVersions.rollouts[1]?.state).toBe('stopped');
  });

  it('are looked at by a viewer, who changes nothing', async () => {
    const { page } = await open('viewer');
    const names = ['Update devices…', 'Go on after 2 failures', 'Stop the update of Northwind Traders'];
    for (const name of names) {
      const button = page.getByRole('button', { name });
      expect([name, (await button.isDisabled()) || (await button.getAttribute('aria-disabled'))]).not.toContain(null);
    }
  });
});
