/** How devices come in, and whose they are: the screen Enrolment and what goes with it, in Chromium. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';

const patient = { timeout: 15_000 };
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

async function open(path: string): Promise<Trial> {
  trial = await stage.open({ acceptDownloads: true });
  await trial.page.goto(trial.address + path);
  return trial;
}

describe('devices that wait for a decision', () => {
  it('G14: are named with the choices there are; what a choice does is said before it is done', async () => {
    const { page, world } = await open('/enrolment');
    const panel = page.getByRole('region', { name: /^Waiting for your decision/ });
    await panel.getByText('Two machines use this identity').waitFor();
    await panel.getByRole('button', { name: /^Two devices: / }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Each machine comes in anew').waitFor();
    expect(world.toDecide).toHaveLength(3);
    await dialog.getByRole('button', { name: 'Two devices' }).click();
    await dialog.waitFor({ state: 'detached' });
    await panel.getByRole('button', { name: /^Approve: / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await panel.getByRole('button', { name: /^Replaces the old one: / }).click();
    await page.getByRole('dialog').getByText('is retired').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Replaces the old one' }).click();
    await panel.waitFor({ state: 'detached' });
    expect(world.toDecide).toEqual([]);
  });

  it('are decided on their own page, too', async () => {
    const { page, world } = await open('/devices');
    const waiting = world.toDecide[1]?.deviceId ?? '';
    world.change(waiting, { duplicateIdentity: true });
    await page.goto(`${trial?.address}/devices/${waiting}`);
    await page.getByRole('alert').getByText('Nothing secret goes to either of them').waitFor();
    await page.getByRole('button', { name: /^One device, the other is gone: / }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'One device, the other is gone' }).click();
    await page.getByText('Nothing secret goes to either of them').waitFor({ state: 'detached' });
  });
});

describe('moving and retiring', () => {
  it('one device: shows what a move means, and moves', async () => {
    const { page, world } = await open('/devices/d-001');
    await page.getByRole('button', { name: 'Move or retire' }).click();
    await page.getByRole('menuitem', { name: 'Move to another organisation…' }).click();
    const dialog = page.getByRole('dialog');
    const other = world.organisations.find((one) => one.organisationId !== world.device('d-001')?.organisationId);
    await dialog.getByLabel('To organisation').selectOption(other?.organisationId ?? '');
    await dialog.getByText(`1 move to ${other?.name} with their history.`).waitFor();
    await dialog.getByRole('button', { name: 'Move 1 device' }).click();
    await dialog.getByText('1 device moved.').waitFor();
    expect(world.device('d-001')?.organisationId).toBe(other?.organisationId);
  });

  it('the silent ones of a filter are retired and can be brought back', async () => {
    const { page, world } = await open('/devices');
    await page.getByRole('button', { name: 'Move or retire these' }).click();
    await page.getByRole('menuitem', { name: 'Retire…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('are silent and are retired').waitFor();
    await dialog.getByRole('button', { name: /^Retire \d+ devices?$/ }).click();
    await dialog.getByText(/devices? retired\./).waitFor();
    await page.goto(`${trial?.address}/enrolment`);
    const count = world.retired.length;
    const buttons = page.getByRole('button', { name: /^Bring back / });
    await expect.poll(() => buttons.count(), patient).toBe(count);
    await buttons.first().click();
    await expect.poll(() => buttons.count(), patient).toBe(count - 1);
  });
});

describe('an organisation that leaves', () => {
  it('is counted before, followed with its progress, and called off', async () => {
    const { page, world } = await open('/enrolment');
    const organisation = world.organisations[0];
    const count = world.devices.filter((one) => one.organisationId === organisation?.organisationId).length;
    await page.getByRole('button', { name: 'Offboard an organisation…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Organisation').selectOption(organisation?.organisationId ?? '');
    await dialog.getByText('SentinelOne stays on every device').waitFor();
    await dialog.getByLabel('Also switch the Garrison agent off on each device').check();
    await dialog.getByRole('button', { name: `Let ${count} devices leave` }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(world.leaving).toMatchObject([{ removeService: true, perHourMax: 100 }]);
    const panel = page.getByRole('region', { name: 'Leaving' });
    await panel.getByText(`${organisation?.name}: 0 of ${count} devices have left`).waitFor();
    world.leaving = world.leaving.map((one) => ({ ...one, remaining: 1 }));
    world.hint('organisations');
    await panel.getByText(`${organisation?.name}: ${count - 1} of ${count} devices have left`).waitFor();
    await panel.getByRole('button', { name: `Call off: ${organisation?.name}` }).click();
    await panel.getByText('called off').waitFor();
  });
});

describe('install keys', () => {
  it('ask for approval when wanted', async () => {
    const { page, world } = await open('/enrolment');
    await page.getByRole('button', { name: 'New install key…' }).click();
    await page.getByLabel('Ask for approval of each device').check();
    await page.getByRole('button', { name: 'Make install key' }).click();
    await page.getByText('Shown only now').waitFor();
    expect(world.keys[0]?.approval).toBe(true);
  });

  it('for many organisations come as one file', async () => {
    const { page, world } = await open('/enrolment');
    await page.getByRole('button', { name: 'For many organisations…' }).click();
    const count = world.organisations.length;
    await page.getByLabel(`All ${count} organisations`).check();
    const arriving = page.waitForEvent('download');
    await page.getByRole('button', { name: `Make and save ${count} install keys` }).click();
    const file = await arriving;
    expect(file.suggestedFilename()).toBe('install-keys-2026-03-01.csv');
    expect(
      readFileSync(await file.path(), 'utf8')
        .trimEnd()
        .split('\r\n'),
    ).toHaveLength(count + 1);
    await page.getByText(`${count} install keys saved as`).waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
  });
});
