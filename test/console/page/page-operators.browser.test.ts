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

describe('operators', () => {
  it('are invited by a link that is shown once, with no more rights than the one who gives them', async () => {
    const { page, world, address } = await open();
    world.fresh = false;
    await page.goto(`${address}/settings?tab=operators`);
    await page.getByRole('button', { name: 'New operator…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New operator' });
    await dialog.getByLabel('Name').fill('nora');
    await dialog.getByLabel('Role').selectOption('Administrator');
    await dialog.getByLabel('All organisations').uncheck();
    await dialog.getByLabel('Organisations', { exact: true }).click();
    await page.getByRole('option', { name: 'Alpine Ski House' }).click();
    await page.keyboard.press('Escape');
    await dialog.getByRole('button', { name: 'Make a set-up link' }).click();
    await page.getByLabel('Password of ada').fill(world.password);
    await page.getByRole('button', { name: 'Confirm and go on' }).click();
    const shown = page.getByRole('dialog', { name: 'nora is invited' });
    await shown.getByText('https://garrison.example.net/set-up#').waitFor();
    await shown.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('row', { name: /nora.*administrator.*Alpine Ski House.*Invited/ }).waitFor();
    expect(world.people.operators.at(-1)?.organisationIds).toEqual(['o-alpine']);
  });

  it('are changed, disabled, allowed again and removed after a question; oneself not', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/settings?tab=operators`);
    await page.getByRole('row', { name: /ada.*You; see Account/ }).waitFor();
    const choose = async (name: string, item: string): Promise<void> => {
      await page.getByRole('button', { name: `Change ${name}` }).click();
      await page.getByRole('menuitem', { name: item }).click();
    };
    await choose('mila', 'Give a role…');
    await page.getByRole('dialog').getByLabel('Role').selectOption('May act on devices');
    await page.getByRole('dialog').getByRole('button', { name: 'Change' }).click();
    await expect.poll(() => world.people.operators[3]?.role, patient).toBe('operator');
    await choose('otto', 'Disable…');
    await page.getByRole('dialog').getByText('all API keys of this operator are revoked').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('row', { name: /otto.*Disabled/ }).waitFor();
    await choose('otto', 'Allow again…');
    await page.getByRole('dialog').getByRole('button', { name: 'Allow again' }).click();
    await page.getByRole('row', { name: /otto.*Active/ }).waitFor();
    await choose('fritz', 'Remove…');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await expect.poll(() => page.getByText('fritz').count(), patient).toBe(0);
    await page.getByRole('button', { name: 'Sign out otto, curl/8.5.0' }).click();
    await expect.poll(() => world.people.sessions.length, patient).toBe(2);
  });

  it('are no business of who is not an administrator', async () => {
    const { page, world, address } = await open();
    world.role = 'viewer';
    await page.goto(`${address}/settings?tab=operators`);
    await page.getByRole('tab', { name: 'API keys' }).waitFor();
    expect(await page.getByRole('tab', { name: 'Operators' }).count()).toBe(0);
  });

  it('choose their password with the link, whose secret leaves the address at once', async () => {
    const { page, address } = await open({ signedIn: false });
    await page.goto(`${address}/set-up#good`);
    await page.getByRole('heading', { name: 'Welcome, lena' }).waitFor();
    expect(page.url()).toBe(`${address}/set-up`);
    await page.getByLabel('New password', { exact: true }).fill('a long password');
    await page.getByLabel('New password again').fill('another password');
    await page.getByText('The two are not the same').waitFor();
    await page.getByLabel('New password again').fill('a long password');
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    await page.goto(`${address}/set-up#used`);
    await page.getByText('This link is used up, too old or not whole.').waitFor();
  });
});

describe('API keys', () => {
  it('are made with scopes, shown once, and revoked', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/settings?tab=api-keys`);
    await page.getByRole('row', { name: /Ticket system.*also what asks people for their password/ }).waitFor();
    await page.getByRole('button', { name: 'New API key…' }).click();
    const dialog = page.getByRole('dialog', { name: 'New API key' });
    await dialog.getByLabel('Name').fill('Backup check');
    expect(await dialog.getByLabel('May also do what').count()).toBe(0);
    await dialog.getByLabel('Role').selectOption('May act on devices');
    await dialog.getByLabel('May also do what').check();
    await dialog.getByRole('button', { name: 'Make API key' }).click();
    await page.getByRole('textbox', { name: 'API key' }).getByText('garrison-api-key.apk_').waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    expect(world.people.apiKeys[0]).toMatchObject({ label: 'Backup check', role: 'operator', mayConfirmed: true });
    await page.getByRole('button', { name: 'Revoke Nightly report…' }).click();
    await page.getByRole('dialog', { name: 'Revoke Nightly report?' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /Nightly report.*Revoked/ }).waitFor();
  });
});

describe("one's own account", () => {
  it('sets up an authenticator, shows recovery codes once, and switches it off', async () => {
    const { page, world, address } = await open();
    await page.goto(address);
    await page.getByRole('button', { name: 'Signed in as ada' }).click();
    await page.getByRole('menuitem', { name: 'Account' }).click();
    await page.getByText('The password alone lets in').waitFor();
    await page.getByRole('button', { name: 'Set up an authenticator…' }).click();
    await page.getByRole('img', { name: 'For the camera of your authenticator app' }).waitFor();
    await page.getByLabel('Digit of the code').first().click();
    await page.keyboard.type('654321');
    await page.getByRole('alert').getByText('Name, password or code is wrong').waitFor();
    await page.getByLabel('Digit of the code').first().click();
    await page.keyboard.type(world.people.code);
    const codes = page.getByRole('textbox', { name: 'Recovery codes' });
    expect((await codes.innerText()).split('\n')).toHaveLength(10);
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByText('10 recovery codes left').waitFor();
    await page.getByRole('button', { name: 'Switch off…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Switch off' }).click();
    await page.getByText('The password alone lets in').waitFor();
  });

  it('changes the password, and ends another session', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/account`);
    await page.getByRole('button', { name: 'Change password…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change password' });
    await dialog.getByLabel('Password now').fill(world.password);
    await dialog.getByLabel('New password', { exact: true }).fill('a long password');
    await dialog.getByLabel('New password again').fill('a long password');
    await dialog.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password was changed.').waitFor();
    await page.getByRole('button', { name: 'Sign out ada, Edge on Windows' }).click();
    await expect.poll(() => page.getByText('Edge on Windows').count(), patient).toBe(0);
  });

  it('lets a recovery code stand in for the authenticator at sign-in', async () => {
    const { page, world, address } = await open({ signedIn: false });
    world.code = 'abcd-efgh-ijkl-mnop';
    await page.goto(address);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill(world.password);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Use a recovery code' }).click();
    await page.getByLabel('Recovery code').fill('abcd-efgh-ijkl-mnop');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
});
