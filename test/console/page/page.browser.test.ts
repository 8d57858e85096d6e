import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';
import { hostileName } from '#test/worlds/page/devices.ts';

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

describe('signing in', () => {
  it('refuses a wrong password, asks for the code, keeps the address, signs out', async () => {
    const { page, world, address } = await open({ signedIn: false });
    world.code = '123456';
    await page.goto(`${address}/devices?state=blocked`);
    await page.getByLabel('Name').fill('ada');
    await page.getByLabel('Password', { exact: true }).fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Name, password or code is wrong').waitFor();
    await page.getByLabel('Password', { exact: true }).fill(world.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Digit of the code').first().waitFor();
    await page.keyboard.type('123456');
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    expect(page.url()).toBe(`${address}/devices?state=blocked`);
    await page.getByRole('button', { name: 'Signed in as ada' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  it('shows the sign-in again when the session has ended', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices`);
    await page.getByRole('heading', { name: 'Devices' }).waitFor();
    world.signedIn = false;
    await page.getByLabel('Search by name').fill('web');
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });
});

describe('the list of devices', () => {
  it('filters by state, organisation, name and cause, in the address, with counts', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices`);
    const rows = page.locator('tbody tr[data-index]');
    await page.getByRole('button', { name: /^Other antivirus found 3$/ }).click();
    await expect.poll(() => rows.count(), patient).toBe(3);
    expect(page.url()).toContain('state=blocked');
    await page.getByText('3 devices: Other antivirus found').waitFor();
    await page.getByLabel('Search by name').fill('EDGE');
    await expect.poll(() => rows.count(), patient).toBe(1);
    await page.reload();
    await expect.poll(() => rows.count(), patient).toBe(1);
    expect(await page.getByLabel('Search by name').inputValue()).toBe('EDGE');
    await page.goto(`${address}/devices?cause=reboot`);
    await expect.poll(() => rows.count(), patient).toBe(1);
    await page.getByRole('group', { name: 'Cause' }).getByRole('button', { name: 'Waiting for restart 1' }).click();
    await page.getByText('40 devices').waitFor();
  });

  it('counts causes and versions, and narrows to those that are pressed', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices`);
    const causes = page.getByRole('group', { name: 'Cause' });
    await causes.getByRole('button', { name: /more$/ }).click();
    await causes.getByRole('button', { name: 'Other antivirus found 2' }).click();
    await expect.poll(() => page.locator('tbody tr').count(), patient).toBe(2);
    expect(page.url()).toContain('cause=antivirus.present');
    await page.goto(`${address}/devices`);
    await page.getByLabel('SentinelOne agent').selectOption({ label: '24.1.2.6 (1)' });
    await expect.poll(() => page.locator('tbody tr').count(), patient).toBe(1);
    await page.getByLabel('SentinelOne agent').selectOption({ label: 'Any version' });
    await page.getByLabel('Garrison agent').selectOption({ label: '0.2.0 (4)' });
    await expect.poll(() => page.locator('tbody tr').count(), patient).toBe(4);
    expect(page.url()).toContain('agentVersion=0.2.0');
  });

  it('retries the devices of the shown filter, after counting them, with a result for each', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices?cause=install.failed`);
    await page.getByRole('button', { name: 'Retry install on these…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('33 devices not: SentinelOne is installed and protects').waitFor();
    await dialog.getByRole('button', { name: 'Retry 7 devices' }).click();
    await dialog.getByText('6 devices told to try again, 1 had been told before.').waitFor();
    await expect.poll(() => dialog.getByRole('listitem').count(), patient).toBe(7);
  });

  it('changes by itself when a device does', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices?search=web-01`);
    await page.getByText('Other antivirus found: Sophos Protection for Linux').waitFor();
    world.change('d-001', { state: { kind: 'checking', since: new Date().toISOString() } });
    await page.locator('tbody').getByText('Checking').waitFor();
  });

  it('shows a name made to deceive as plain text', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices?search=gpj`);
    await page.getByRole('link', { name: 'pc-gpj.exe<b>bold</b>' }).waitFor();
    expect(await page.content()).not.toContain(hostileName);
  });

  it('G4: says of an agent that believes stand-ins that it is a test build, there and on the page of the device', async () => {
    const { page, world, address } = await open();
    const hostname = world.devices.find(({ testTrust }) => testTrust)?.hostname ?? '';
    await page.goto(`${address}/devices?search=${hostname.split('.')[0]}`);
    const row = page.locator('tbody tr[data-index]').filter({ hasText: hostname });
    await row.getByText('test build').waitFor();
    await row.getByRole('link', { name: hostname }).click();
    await page.getByText('test build: not for real use').waitFor();
  });
});

describe('a device', () => {
  it('names the other antivirus with its evidence, and waits for a silent device', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/d-001`);
    const found = page.getByRole('article', { name: 'Sophos Protection for Linux' });
    await found.getByText('package sophos-spl 1.2.3.4 (dpkg)').waitFor();
    await found.getByText('Run /opt/sophos-spl/bin/uninstall.sh as root').waitFor();
    await page.getByRole('heading', { name: 'Other antivirus found: Sophos Protection for Linux' }).waitFor();
    await page.goto(`${address}/devices/d-022`);
    await page.getByText('What it said last: Protected.').waitFor();
    await page.getByRole('heading', { name: /^Not reporting since/ }).waitFor();
  });

  it('goes from blocked to protected after Check again', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices/d-001`);
    await page.getByText('If nothing is in the way, it installs SentinelOne 24.2.2.20.').waitFor();
    await page.getByRole('button', { name: 'Check again' }).click();
    const progress = page.getByRole('status', { name: 'Progress of commands' });
    await progress
      .getByText(/Check again pressed \d\d:\d\d by ada → received after [\d.]+ s → started after [\d.]+ s: carried out/)
      .waitFor();
    world.startInstall('d-001');
    await page.getByRole('heading', { name: /^Installing/ }).waitFor();
    world.endInstall('d-001');
    await page.getByRole('heading', { name: 'Protected', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Retry install' }).count()).toBe(0);
  });

  it('says that a command waits for the device', async () => {
    const { page, world, address } = await open();
    world.answerAfterMs = null;
    await page.goto(`${address}/devices/d-003`);
    await page.getByRole('button', { name: 'Retry install' }).click();
    await page.getByText(/Waits for the device \(last contact .+\)\. Expires/).waitFor();
    await page.getByRole('button', { name: 'Retry install' }).click();
    await expect.poll(() => world.commands.get('d-003')?.length, patient).toBe(1);
  });

  it('has a button to call off a restart only while one is to come', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices/d-003`);
    await page.getByRole('button', { name: 'Retry install' }).waitFor();
    const button = page.getByRole('button', { name: 'Call off the restart' });
    expect(await button.count()).toBe(0);
    world.change('d-003', { restartAt: new Date(Date.now() + 600_000).toISOString() });
    await button.click();
    await page.getByText(/Call off the restart pressed .+: carried out/).waitFor();
    world.change('d-003', { restartAt: null });
    await button.waitFor({ state: 'detached' });
  });

  it('counts down to the next attempt', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/d-002`);
    await page.getByRole('heading', { name: /^Failed, next try (tomorrow )?\d\d:\d\d \(2 of 6\)$/ }).waitFor();
    const countdown = page.getByTestId('countdown');
    const first = await countdown.innerText();
    expect(first).toMatch(/in \d+ min \d\d s/);
    expect(first).toContain('2 of 6 installer starts used in 24 hours');
    await expect.poll(() => countdown.innerText(), patient).not.toBe(first);
  });

  it('shows the output of the installer as text', async () => {
    const { page, address, complaints } = await open();
    await page.goto(`${address}/devices/d-002`);
    await page.getByText('Output of the installer (9 lines)').first().click();
    const output = page.locator('pre.output').first();
    expect(await output.innerText()).toContain("<script>alert('from the installer')</script>");
    expect(await output.innerText()).not.toContain('\u001b');
    expect(complaints()).toEqual([]);
  });

  it('shows the whole timeline, with what was lost', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/d-002`);
    await page.getByText('Everything', { exact: true }).click();
    await page.getByText('Attempt 2 ended: failed').waitFor();
    await page.getByText('5 entries lost').waitFor();
    await page.getByText('something-newer').waitFor();
    await page.getByRole('button', { name: 'Show older' }).click();
    await page.getByText('New instructions accepted').waitFor();
  });

  it('disables Retry install only with the true reason', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/d-018`);
    const retry = page.getByRole('button', { name: 'Retry install' });
    expect(await retry.getAttribute('aria-disabled')).toBe('true');
    await page.getByText('The organisation only watches. Use Start deployment on the organisation first.').waitFor();
  });

  it('adds and removes an exception with an end', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/devices/d-001`);
    await page.getByRole('button', { name: 'Add an exception…' }).click();
    await page.getByLabel('Reason').fill('mail server');
    await page.getByRole('button', { name: 'Add exception', exact: true }).click();
    await page.getByText(/on this device, exception until .+ by ada: mail server/).waitFor();
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await expect.poll(() => page.getByText('mail server').count(), patient).toBe(0);
  });

  it('stands in the list of all exceptions, and one is ended there', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/settings?tab=exceptions`);
    await page.getByText('None is in force.').waitFor();
    await page.goto(`${address}/devices/d-001`);
    await page.getByRole('button', { name: 'Add an exception…' }).click();
    await page.getByLabel('On all devices of Northwind Traders').check();
    await page.getByLabel('Reason').fill('until the contract ends');
    await page.getByRole('button', { name: 'Add exception', exact: true }).click();
    await page.getByText('until the contract ends').waitFor();
    await page.goto(`${address}/settings?tab=exceptions`);
    await page.getByRole('row', { name: /All devices of Northwind Traders.*until the contract ends/ }).waitFor();
    await page.getByRole('button', { name: /^End it now: / }).click();
    await page.getByText('None is in force.').waitFor();
  });

  it('says what to do about Microsoft Defender when an installation failed beside it', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/devices/d-003`);
    const health = page.getByRole('region', { name: 'Health' });
    await health.getByText('Microsoft Defender is active.').click();
    await health.getByText('On Windows Server it does not step aside by itself').waitFor();
    const { report } = world.devices.find(({ deviceId }) => deviceId === 'd-003') ?? {};
    if (!report?.machine) throw new Error('no report');
    const machine = { ...report.machine, value: { ...report.machine.value, product: 'client' as const } };
    world.change('d-003', { report: { ...report, machine } });
    await health.getByText('Turn Real-time protection off and confirm with Yes.').waitFor();
    await health.getByText('it has no antivirus at all').waitFor();
    await page.goto(`${address}/devices/d-002`);
    await page.getByRole('heading', { name: /^Failed, next try/ }).waitFor();
    expect(await page.getByText('Microsoft Defender is active').count()).toBe(0);
  });

  it('waives one failed look, and says what that means', async () => {
    const { page, world, address } = await open();
    const one = world.devices.find(({ report }) => report?.antivirus?.value.failedProbes.length === 1);
    await page.goto(`${address}/devices/${one?.deviceId ?? ''}`);
    await page.getByText('Could not look at services').waitFor();
    await page.getByText('systemctl list-units timed out after 10 s').first().waitFor();
    await page.getByRole('button', { name: 'Waive this look…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('another antivirus that only this look would find stays unseen', { exact: false }).waitFor();
    await dialog.getByLabel('Reason').fill('broken systemd, agreed');
    await dialog.getByRole('button', { name: 'Waive it' }).click();
    await page.getByText(/Look at services.+on this device, waived until .+ by ada: broken systemd, agreed/).waitFor();
  });
});

describe('organisations', () => {
  it('starts a deployment only after the counts, with the number on the button', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: /^Start deployment for City/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('4 have SentinelOne already, stay as they are').waitFor();
    world.change('d-018', { state: { kind: 'checking', since: new Date().toISOString() } });
    await dialog.getByRole('button', { name: 'Install on 1 device' }).click();
    await dialog.getByText('The numbers changed since they were shown.').waitFor();
    await dialog.getByRole('button', { name: 'Start, nothing installs now' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect(world.organisations.find((one) => one.organisationId === 'o-city')?.mode).toBe('deploy');
    await page.getByRole('button', { name: /^Pause: City/ }).click();
    await expect
      .poll(() => world.organisations.find((one) => one.organisationId === 'o-city')?.mode, patient)
      .toBe('paused');
  });

  it('says in full what is allowed about restarts, and never is what nobody changed', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: 'Change restarts of Northwind Traders' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.getByLabel('Never restart devices').isChecked()).toBe(true);
    await dialog.getByLabel("Restart when SentinelOne's installer asks for it, between 22:00 and 05:00").click();
    await dialog.getByRole('combobox', { name: 'To' }).click();
    await page.getByRole('option', { name: '06:00' }).click();
    await dialog.getByLabel(/between 22:00 and 06:00 .+ with 10 minutes' notice; servers only/).waitFor();
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText("Restarts: between 22:00 and 06:00 (device's time)").waitFor();
    const seed = world.organisations.find((one) => one.organisationId === 'o-north');
    expect(seed?.restarts).toEqual({ kind: 'window', startMinute: 1320, endMinute: 360 });
  });

  it('lets one organisation have another version than the rest', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: 'Change the SentinelOne version of Northwind Traders' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('New installs use').selectOption({ label: 'This version…' });
    await dialog.getByLabel('Version', { exact: true }).fill('24.x');
    await dialog.getByText('Numbers and dots only').waitFor();
    await dialog.getByLabel('Version', { exact: true }).fill('25.1.2.3');
    await dialog.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Version: 25.1.2.3').waitFor();
    const seed = world.organisations.find((one) => one.organisationId === 'o-north');
    expect(seed?.versionPolicy).toEqual({ kind: 'exact', version: '25.1.2.3' });
  });

  it('starts with the chosen share, and says on the button how many that are', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: 'Pause all…' }).click();
    await page.getByRole('dialog').getByText('In 2 organisations no further install starts.').waitFor();
    await page.getByRole('button', { name: 'Pause all', exact: true }).click();
    await page.getByText('2 organisations paused. 3 installs under way will end.').waitFor();
    expect(world.organisations.some((one) => one.mode === 'deploy')).toBe(false);
    await page.getByRole('button', { name: 'Start deployment for Northwind Traders' }).click();
    const dialog = page.getByRole('dialog');
    const button = dialog.getByRole('button', { name: /^Install on/ });
    const all = Number(/\d+/.exec((await button.textContent()) ?? '')?.[0]);
    await dialog.getByRole('combobox', { name: 'Stop after' }).click();
    await page.getByRole('option', { name: 'First 25 %' }).click();
    await dialog.getByRole('button', { name: `Install on ${Math.ceil(all / 4)} of ${all} devices` }).click();
    await dialog.waitFor({ state: 'detached' });
    const north = world.organisations.find((one) => one.organisationId === 'o-north');
    expect(north?.deployment?.pace).toMatchObject({ limitPercent: 25, atOnceMax: 20, serversLast: true });
  });

  it('shows why a deployment halted, and goes on with as many as the button says', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/organisations`);
    const row = page.getByRole('row', { name: /Northwind/ });
    await row.getByText('Halted by itself').waitFor();
    await row.getByText('5 done · 2 under way · 6 failed · 48 waiting for their turn').waitFor();
    await page.getByRole('button', { name: 'Go on with Northwind Traders' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The installer failed').waitFor();
    await dialog.getByRole('button', { name: 'Install on 5 devices' }).click();
    await dialog.waitFor({ state: 'detached' });
    const seed = world.organisations.find((one) => one.organisationId === 'o-north');
    expect(seed?.deployment).toMatchObject({ state: 'running', startsMax: 18 });
  });

  it('makes many at once, from ticked sites and from a list that is tried first', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: 'Several at once' }).click();
    await page.getByRole('menuitem', { name: 'From SentinelOne sites…' }).click();
    await page.getByRole('checkbox', { name: 'All 60 shown' }).check();
    await page.getByRole('button', { name: 'Make 60 organisations' }).click();
    await page.getByText('60 organisations made.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.getByRole('button', { name: 'Several at once' }).click();
    await page.getByRole('menuitem', { name: 'From a list (CSV)…' }).click();
    const chosen = page.waitForEvent('filechooser');
    await page.getByRole('button', { name: 'CSV file' }).click();
    await (await chosen).setFiles({ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('name\nFabrikam\n') });
    await page.getByText('Would become: 1 new, 1 refused.').waitFor();
    await page.getByText('Line 3, no name: no name').waitFor();
    await page.getByRole('button', { name: 'Import 1 change' }).click();
    await page.getByText('Imported: 1 new, 1 refused.').waitFor();
  });

  it('says what is missing first', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/organisations`);
    await page.getByRole('button', { name: 'Start deployment for Coho Vineyard' }).click();
    await page.getByRole('alert').getByText('Choose a SentinelOne site').waitFor();
    expect(await page.getByRole('button', { name: /^Install on/ }).count()).toBe(0);
  });
});

describe('an action whose answer is lost', () => {
  it('is done once, and its answer comes all the same', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/enrolment`);
    const before = world.keys.length;
    await page.getByRole('button', { name: 'New install key…' }).click();
    await page.getByLabel('Name').fill('Lost and found');
    world.answersLost = 2;
    await page.getByRole('button', { name: 'Make install key' }).click();
    await page.getByRole('textbox', { name: 'Enrolment string' }).waitFor();
    expect([world.answersLost, world.keys.length]).toEqual([0, before + 1]);
  });
});

describe('enrolment', () => {
  it('shows a new install key once', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/enrolment`);
    await page.getByRole('button', { name: 'New install key…' }).click();
    await page.getByLabel('Name').fill('Spring');
    await page.getByRole('button', { name: 'Make install key' }).click();
    const line = page.getByRole('textbox', { name: 'Linux, in a shell' });
    await line.getByText(/^printf .*garrison1\..*umask 077; .*sha256sum -c /).waitFor();
    await page.getByText('Windows, in PowerShell as administrator').click();
    const windows = page.getByRole('textbox', { name: 'Windows, in PowerShell as administrator' });
    await windows.getByText(/SHA256.*-Enrolment 'garrison1\./).waitFor();
    await page
      .getByRole('textbox', { name: 'Enrolment string' })
      .getByText(/^garrison1\./)
      .waitFor();
    await page.getByRole('button', { name: 'Done' }).click();
    await page.getByRole('button', { name: 'Revoke Spring…' }).click();
    const asked = page.getByRole('dialog', { name: 'Revoke Spring?' });
    await asked.getByText('Devices that came in with it stay.').waitFor();
    await asked.getByRole('button', { name: 'Revoke' }).click();
    await page.locator('tr', { hasText: 'Spring' }).getByText('Revoked').waitFor();
    expect(await page.content()).not.toContain('garrison1.');
  });
});

describe('the Garrison agent for new devices', () => {
  it('comes with a line that takes it away, without any secret', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/enrolment`);
    await page.getByText('New devices get version 0.1.0.').waitFor();
    const box = page.getByRole('textbox', { name: 'Remove the Garrison agent: Linux, in a shell' });
    expect(await box.innerText()).toMatch(/sh "\$d\/i" uninstall'$/);
    expect(await page.content()).not.toContain('garrison1.');
  });

  it('is missing where no release is loaded, and the page says how to load one', async () => {
    const { page, world, address } = await open();
    world.agentVersion = null;
    await page.goto(`${address}/enrolment`);
    await page.getByRole('alert').getByText('garrison-console release add DIRECTORY').waitFor();
    await page.getByRole('button', { name: 'New install key…' }).click();
    await page.getByRole('button', { name: 'Make install key' }).click();
    await page.getByRole('textbox', { name: 'Linux, Garrison agent already installed' }).waitFor();
  });
});

describe('SentinelOne', () => {
  it('names what is wrong with an API token and keeps what was typed', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/administration/apps`);
    await page.getByRole('link', { name: 'Open SentinelOne' }).click();
    await page.getByRole('button', { name: 'Add another SentinelOne console…' }).click();
    await page.getByLabel('Management console domain').fill('example.sentinelone.net');
    await page.getByLabel('API token', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Enable', exact: true }).click();
    await page.getByRole('alert').getByText('This is not an API token').waitFor();
    await page.getByLabel('API token', { exact: true }).fill('a'.repeat(80));
    await page.getByRole('button', { name: 'Enable', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  it('maps an organisation to the suggested site', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/administration/apps/sentinelone?tab=mappings`);
    await page.getByRole('button', { name: 'Confirm or change… Coho Vineyard' }).click();
    const choice = page.getByRole('combobox', { name: 'SentinelOne site' });
    await expect.poll(() => choice.inputValue(), patient).toBe('Coho Vineyard');
    await page.getByRole('button', { name: 'Use this site' }).click();
    await page.locator('tr', { hasText: 'Coho Vineyard' }).getByText('Mapped', { exact: true }).waitFor();
  });

  it('confirms what was ticked, after saying what that does', async () => {
    const { page, world, address } = await open();
    await page.goto(`${address}/administration/apps/sentinelone?tab=mappings`);
    await page.getByRole('button', { name: 'Confirm selected mappings (0)' }).waitFor();
    await page.getByRole('checkbox', { name: 'Select Coho Vineyard' }).check();
    await page.getByRole('button', { name: 'Confirm selected mappings (1)' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Saves only: nothing is installed by it.').waitFor();
    expect(world.organisations.find((one) => one.organisationId === 'o-new')?.status).toBe('needs-confirmation');
    await dialog.getByRole('button', { name: 'Save 1 mapping' }).click();
    await dialog.getByText('1 mapping saved.').waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await page.getByRole('button', { name: 'Confirm selected mappings (0)' }).waitFor();
    expect(world.organisations.find((one) => one.organisationId === 'o-new')?.status).toBe('mapped');
  });

  it('fetches a package', async () => {
    const { page, address } = await open();
    await page.goto(`${address}/administration/apps/sentinelone?tab=packages`);
    await page.getByRole('button', { name: 'Fetch 24.3.1.9 for Linux (x86-64, deb)' }).click();
    await page.getByRole('progressbar', { name: 'Fetching 24.3.1.9' }).waitFor();
  });
});

describe('live updates', () => {
  it('say when they are interrupted, and catch up', async () => {
    const { page, server, world, address } = await open();
    await page.goto(`${address}/devices/d-015`);
    await page.getByRole('heading', { name: 'Checking', exact: true }).waitFor();
    server.cutStreams();
    await page.getByText('Reconnecting').waitFor();
    world.change('d-015', {
      state: { kind: 'protected', version: '24.2.2.20', since: new Date().toISOString(), notes: [] },
    });
    await page.getByRole('heading', { name: 'Protected', exact: true }).waitFor();
    await expect.poll(() => page.getByText('Reconnecting').count(), patient).toBe(0);
  });
});

describe('a viewer', () => {
  it('sees everything and is told why not to act', async () => {
    const { page, world, address } = await open();
    world.role = 'viewer';
    await page.goto(`${address}/organisations`);
    const create = page.getByRole('button', { name: 'New organisation…' });
    await create.focus();
    await page.getByRole('tooltip').getByText('Your role may look, not act.').waitFor();
    expect(await create.getAttribute('aria-disabled')).toBe('true');
  });
});
