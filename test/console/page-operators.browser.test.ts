import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';

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

describe('confirming that it is you', () => {
  it('asks in a dialog, refuses a wrong password, asks for the code, and goes on with what was pressed', async () => {
    const { page, world, address } = await open();
    world.fresh = false;
    world.code = '123456';
    await page.goto(`${address}/devices?cause=install.failed`);
    await page.getByRole('button', { name: 'Retry install on these…' }).click();
    await page.getByRole('button', { name: 'Retry 7 devices' }).click();
    const dialog = page.getByRole('dialog', { name: 'Please confirm that it is you' });
    await dialog.getByLabel('Password of ada').fill('wrong');
    await page.keyboard.press('Enter');
    await dialog.getByRole('alert').getByText('Name, password or code is wrong').waitFor();
    await dialog.getByLabel('Password of ada').fill(world.password);
    await page.keyboard.press('Enter');
    await dialog.getByLabel('Digit of the code').first().waitFor();
    await page.keyboard.type('123456');
    await page.getByText('6 devices told to try again, 1 had been told before.').waitFor();
    expect(await dialog.count()).toBe(0);
  });

  it('does nothing when it is cancelled, and says so', async () => {
    const { page, world, address } = await open();
    world.fresh = false;
    await page.goto(`${address}/devices?cause=install.failed`);
    await page.getByRole('button', { name: 'Retry install on these…' }).click();
    await page.getByRole('button', { name: 'Retry 7 devices' }).click();
    await page.getByRole('dialog', { name: 'Please confirm that it is you' }).getByText('Cancel').click();
    await page.getByRole('alert').getByText('Please confirm that it is you').waitFor();
    await expect.poll(() => world.commands.size, patient).toBe(0);
  });
});
