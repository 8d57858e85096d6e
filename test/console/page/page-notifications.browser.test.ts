import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

const patient = { timeout: 15_000 };
async function opened(): Promise<Trial> {
  const trial = await stage.open();
  await trial.page.goto(`${trial.address}/settings?tab=notifications`);
  await trial.page.getByText('On-call chat').waitFor();
  return trial;
}

describe('notifications', () => {
  it('are added as a webhook whose secret is shown once, and tried at once', async () => {
    const { page, world, complaints, close } = await opened();
    await page.getByRole('button', { name: 'Add…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Pager');
    await dialog.getByLabel('Address').fill('https://pager.example.net/in');
    await dialog.getByRole('combobox', { name: 'Not told' }).fill('Not rep');
    await page.getByRole('option', { name: 'Not reporting' }).click();
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.getByRole('textbox', { name: 'Secret' }).getByText('whsec_').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(world.told.targets.at(-1)).toMatchObject({ name: 'Pager', muted: ['silent'], organisationIds: null });
    world.told.answer = 'HTTP 404';
    await page.getByRole('button', { name: 'Send a test to Pager' }).click();
    await page.getByText('Did not arrive: HTTP 404').waitFor();
    expect(complaints()).toEqual([]);
    await close();
  });

  it('say what is wrong with an address, and keep what was typed', async () => {
    const { page, close } = await opened();
    await page.getByRole('button', { name: 'Add…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('Pager');
    await dialog.getByLabel('Address').fill('http://pager.example.net/in');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('Notifications cannot be sent there').waitFor();
    expect(await dialog.getByLabel('Address').inputValue()).toBe('http://pager.example.net/in');
    await close();
  });

  it('show what fails, since when, and the last deliveries', async () => {
    const { page, close } = await opened();
    await page.getByText(/^Fails since .*next try .*\(17 waiting\)/).waitFor();
    await page.getByRole('button', { name: 'More for Tickets of Northwind' }).click();
    await page.getByRole('menuitem', { name: 'Last deliveries' }).click();
    await page.getByRole('dialog').getByText('given up after a day: HTTP 503, 29 tries').waitFor();
    await page.keyboard.press('Escape');
    await close();
  });

  it('are changed, paused, given a new secret and removed', async () => {
    const { page, world, complaints, close } = await opened();
    const more = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'More for On-call chat' }).click();
      await page.getByRole('menuitem', { name }).click();
    };
    await more('Change…');
    await page.getByRole('dialog').getByRole('checkbox').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await expect.poll(() => world.told.targets[0]?.paused, patient).toBe(true);
    await more('New secret');
    await page.getByText('whsec_bmV3').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await more('Remove');
    await expect.poll(() => world.told.targets.map((target) => target.name), patient).not.toContain('On-call chat');
    expect(complaints()).toEqual([]);
    await close();
  });

  it('go by the mail server that is set, whose password is never shown', async () => {
    const { page, world, complaints, close } = await opened();
    const password = page.getByLabel('Password', { exact: true });
    expect(await password.inputValue()).toBe('');
    await page.getByRole('textbox', { name: 'Server' }).fill('smtp.example.net');
    await password.fill('hush hush');
    await page.getByRole('region', { name: 'Mail server' }).getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved').waitFor();
    expect(await password.inputValue()).toBe('');
    expect(world.told.mailServer).toMatchObject({ host: 'smtp.example.net', hasPassword: true });
    expect(complaints()).toEqual([]);
    await close();
  });

  it('are not offered to who may not set them', async () => {
    const { page, world, address, close } = await opened();
    world.role = 'operator';
    await page.goto(`${address}/settings?tab=notifications`);
    await page.getByRole('tab', { name: 'Alerts' }).waitFor();
    expect(await page.getByRole('tab', { name: 'Notifications' }).count()).toBe(0);
    await close();
  });
});
