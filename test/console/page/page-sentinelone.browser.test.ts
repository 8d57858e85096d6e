/** The SentinelOne screen: enabling both ways, alarms and rights, settings, sites, stopping, packages, Macs, agents. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
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

async function open(tab = 'connections', options: Parameters<Stage['open']>[0] = {}): Promise<Trial> {
  trial = await stage.open(options);
  await trial.page.goto(`${trial.address}/administration/apps/sentinelone?tab=${tab}`);
  await trial.page.getByRole('heading', { name: 'SentinelOne', level: 1 }).waitFor();
  return trial;
}

const europe = (page: Page) => page.getByRole('region', { name: 'Europe' });
const focused = (page: Page): Promise<string> => page.evaluate<string>("document.activeElement?.textContent ?? ''");

describe('enabling by user name and password', () => {
  it('asks for the six digits, keeps what was typed when they are wrong, and is enabled with the right ones', async () => {
    const { page, complaints } = await open();
    await page.getByRole('button', { name: 'Add another SentinelOne console…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Enable SentinelOne' });
    await dialog.getByLabel('With user name and password: used once to make an API token').click();
    await dialog.getByLabel('Management console domain').fill('usea1-acme');
    await dialog.getByLabel('SentinelOne user').fill('ann@acme.example');
    await dialog.getByLabel('Password', { exact: true }).fill('correct horse');
    await dialog.getByRole('button', { name: 'Enable', exact: true }).click();
    await dialog.getByLabel('Digit of the code').first().waitFor();
    await page.keyboard.type('000000');
    await dialog.getByRole('alert').getByText('SentinelOne did not let this user sign in').waitFor();
    expect(await dialog.getByLabel('SentinelOne user').inputValue()).toBe('ann@acme.example');
    await dialog.getByLabel('Digit of the code').first().click();
    await page.keyboard.type('123456');
    await dialog.waitFor({ state: 'detached' });
    await page.getByText('SentinelOne is enabled: SentinelOne.').waitFor();
    expect(complaints().filter((text) => !text.includes('422'))).toEqual([]);
  });

  it('the help of the address is reached by keyboard, and the authority is pasted', async () => {
    const { page } = await open();
    await page.getByRole('button', { name: 'Add another SentinelOne console…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Enable SentinelOne' });
    const help = dialog.getByRole('button', { name: /^Help: The first part/ });
    await expect
      .poll(() => page.evaluate<string>("document.activeElement?.getAttribute('placeholder') ?? ''"), patient)
      .toBe('usea1-acme.sentinelone.net');
    await page.keyboard.press('Shift+Tab');
    expect(await help.evaluate((element) => element === element.ownerDocument.activeElement)).toBe(true);
    await page.getByRole('tooltip').getByText('any address copied from the browser').waitFor();
    await dialog.getByText('Own certificate authority').click();
    await dialog.getByLabel('Certificate of the authority').fill('-----BEGIN CERTIFICATE-----');
  });
});

describe('a connection', () => {
  it('says what to do about its token, which rights it has, and how that is known', async () => {
    const { page, complaints } = await open();
    const panel = europe(page);
    await panel.getByText('The API token ends soon and was not renewed (14 days or less)').waitFor();
    await panel.getByText('SentinelOne does not let this API token be renewed').waitFor();
    await panel.getByText('Allow its user to generate API tokens').waitFor();
    const missing = panel.locator('tr', { hasText: 'Agent Packages: View' });
    await missing.getByText('missing, optional').waitFor();
    await missing.getByText("in the list of its role's rights").waitFor();
    await panel.locator('tr', { hasText: 'Activity: View' }).getByText('could not tell').waitFor();
    await panel.getByRole('button', { name: 'Renew now' }).click();
    // Ages are told anew every 15 s: how long it says "just now" depends on when the button was pressed.
    await panel.getByText(/^renewed (just now|\d+ s ago)$/).waitFor();
    expect(await panel.getByRole('alert').count()).toBe(0);
    expect(complaints()).toEqual([]);
  });

  it('G16: another address asks for the API token again, a name does not', async () => {
    const { page, world } = await open();
    await europe(page).getByRole('button', { name: 'Settings…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Settings of Europe' });
    expect(await dialog.getByLabel('API token', { exact: true }).count()).toBe(0);
    await dialog.getByLabel('Management console domain').fill('https://euce1-200.example.net');
    await dialog.getByLabel('API token', { exact: true }).fill('a'.repeat(80));
    await dialog.getByRole('button', { name: 'Save' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(world.connections[0]?.host).toBe('euce1-200.example.net');
  });

  it('stops installing after saying that it removes nothing, and can be allowed again', async () => {
    const { page } = await open();
    const panel = europe(page);
    await panel.getByRole('button', { name: 'Stop installing (removes nothing)…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Stop installing through Europe' });
    await dialog.getByText('nothing is uninstalled').waitFor();
    await expect.poll(() => focused(page), patient).toBe('Cancel');
    await dialog.getByRole('button', { name: 'Stop installing', exact: true }).click();
    await panel.getByText('Installing is stopped').waitFor();
    await panel.getByRole('button', { name: 'Allow installing again' }).click();
    await panel.getByText('Installing is stopped').waitFor({ state: 'detached' });
  });

  it('asks before it leads to the dashboard, with the whole host', async () => {
    const { page } = await open();
    await europe(page).getByRole('button', { name: 'Go to dashboard…' }).click();
    const dialog = page.getByRole('dialog', { name: 'You are leaving Garrison' });
    await dialog.getByText('euce1-100.example.net', { exact: true }).waitFor();
    const link = dialog.getByRole('link', { name: 'Open SentinelOne' });
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer');
    await expect.poll(() => focused(page), patient).toBe('Cancel');
  });

  it('creates a site', async () => {
    const { page } = await open();
    await europe(page).getByRole('button', { name: 'New site…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New site in Europe' });
    await dialog.getByLabel('Name of the site').fill('Fresh');
    await dialog.getByRole('button', { name: 'Create site' }).click();
    await dialog.waitFor({ state: 'detached' });
    await europe(page).locator('tr', { hasText: 'Fresh' }).waitFor();
  });
});

describe('moving to the right site', () => {
  it('moves only what is ticked, and not what may be somebody else’s', async () => {
    const { page, world } = await open('mappings');
    await page
      .getByRole('button', { name: /^In another site… / })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('pc-05.example.net').isDisabled()).toBe(true);
    await dialog.getByText('SentinelOne has it under another name').waitFor();
    await dialog.getByLabel('web-04.example.net').check();
    await dialog.getByRole('button', { name: 'Move 1 device to Northwind' }).click();
    await dialog.getByText('1 device moved').waitFor();
    expect([...world.moved]).toEqual(['d-004']);
  });
});

describe('packages and Macs', () => {
  it('say why a package is not installed and what to do', async () => {
    const { page } = await open('packages');
    const deb = page.getByRole('region', { name: 'Linux (x86-64, deb)' });
    await deb.locator('tr', { hasText: '24.3.1.9' }).getByText('Not installed: not the version asked for').waitFor();
    const old = page.getByRole('region', { name: 'Windows (x32)' });
    await old.getByText('No SentinelOne console lists the wanted version any more').waitFor();
    await page.getByText('The list of United States could not be read: The API token has expired').waitFor();
    await page.getByRole('button', { name: 'How to upgrade agents in Europe…' }).click();
    await page.getByRole('dialog').getByRole('link', { name: 'Open SentinelOne' }).waitFor();
  });

  it('name who must have signed a package, who checks that, and both checksums whole', async () => {
    const { page } = await open('packages');
    const windows = page.getByRole('region', { name: 'Windows (x64)' });
    await windows.getByText('Publisher: Sentinel Labs, Inc. or SentinelOne, Inc.').waitFor();
    await windows.getByText('Windows checks the signature on every device before the file runs.').waitFor();
    const deb = page.getByRole('region', { name: 'Linux (x86-64, deb)' });
    await deb.getByText('This format carries no signature').first().waitFor();
    await windows.getByText(/^Checksums of /).click();
    await windows.getByText(`SHA-256 ${'5f2a'.repeat(16)}`).waitFor();
    await windows.getByText(`SHA-1 ${'8e1f'.repeat(10)}`).waitFor();
  });

  it('offer the profile and the steps for a Mac without MDM', async () => {
    const { page } = await open('macs');
    const link = page.getByRole('link', { name: 'Download the profile' });
    expect(await link.getAttribute('href')).toBe('/api/macos-profile');
    await page.getByText('Give full disk access').waitFor();
  });
});

describe('an agent', () => {
  async function device(kind: string): Promise<{ page: Page; id: string; trial: Trial }> {
    trial = await stage.open();
    const id =
      trial.world.devices.find((one) => one.state?.kind === kind && one.notReportingSince === null)?.deviceId ?? '';
    await trial.page.goto(`${trial.address}/devices/${id}`);
    return { page: trial.page, id, trial };
  }
  const panelOf = (page: Page) => page.getByRole('region', { name: 'SentinelOne console' });

  it('is scanned, and the scan aborted; each only when it makes sense', async () => {
    const { page } = await device('protected');
    const panel = panelOf(page);
    await panel.getByRole('button', { name: 'Abort scan' }).focus();
    await page.getByRole('tooltip').getByText('No scan runs.').waitFor();
    await panel.getByRole('button', { name: 'Initiate scan' }).click();
    await page.getByText('SentinelOne starts the scan.').waitFor();
    await panel.getByRole('button', { name: 'Initiate scan' }).focus();
    await page.getByRole('tooltip').getByText('A full disk scan runs already.').waitFor();
    await panel.getByRole('button', { name: 'Abort scan' }).click();
    await panel.getByText(/^aborted/).waitFor();
  });

  it('shows its threats as text, each with the way to it', async () => {
    const { page } = await device('protected');
    const panel = panelOf(page);
    await panel.getByText(/^Threats \(/).click();
    await panel.getByText('eicar.com<b>', { exact: true }).waitFor();
    await panel.getByText('2 more in SentinelOne.').waitFor();
    await panel.getByRole('button', { name: 'Look at it in SentinelOne…' }).click();
    const link = page.getByRole('dialog').getByRole('link', { name: 'Open SentinelOne' });
    expect(await link.getAttribute('href')).toContain('/incidents/threats/1893456781234500099/overview');
  });

  it('removed in SentinelOne is put back only after a question', async () => {
    const { page, id, trial: one } = await device('protected');
    one.world.removed.add(id);
    await page.reload();
    const panel = panelOf(page);
    await panel.getByText('Its agent was decommissioned in SentinelOne').waitFor();
    await panel.getByRole('button', { name: 'Put back…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Put back', exact: true }).click();
    await panel.getByText('Its agent was decommissioned in SentinelOne').waitFor({ state: 'detached' });
  });
});

describe.each([
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['narrow', { viewport: { width: 360, height: 740 } }],
] as const)('the dialogs, %s', (look, options) => {
  it('fit', async () => {
    const { page } = await open('connections', options);
    const folder = process.env['GARRISON_PICTURES'];
    const picture = async (name: string): Promise<void> => {
      expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
      if (folder !== undefined)
        await page.screenshot({ path: `${folder}/${name}-${look}.png`, fullPage: name !== 'enable' });
    };
    await europe(page).getByText('Sites', { exact: true }).first().waitFor();
    await picture('connections');
    await page.getByRole('button', { name: 'Add another SentinelOne console…' }).click();
    await page.getByLabel('With user name and password: used once to make an API token').click();
    await picture('enable');
    await page.keyboard.press('Escape');
    for (const tab of ['packages', 'macs', 'mappings']) {
      await page.getByRole('tab', { name: new RegExp(`^${tab}`, 'i') }).click();
      await expect.poll(() => page.locator('[aria-busy="true"]').count(), patient).toBe(0);
      await picture(tab);
    }
  });
});
