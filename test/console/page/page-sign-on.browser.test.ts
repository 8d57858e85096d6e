import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { buildOperatorApp } from '#console/operator-app.ts';
import { origin } from '#test/worlds/fleet/console.ts';
import { listenTo, setStage, type Stage, type Trial } from '#test/worlds/page/browser.ts';
import { provider as exampleProvider } from '#test/worlds/page/sign-on-answers.ts';
import { bob, startProvider } from '#test/worlds/sign-on/provider.ts';
import { signingOnWorld, wanted } from '#test/worlds/sign-on/signing-on.ts';

let stage: Stage;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  stage = await setStage();
});
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(() => stage.close());

/** A console that really listens, with the built page, and a provider on another site. */
async function estate() {
  const { world, ann } = await signingOnWorld();
  ends.push(() => world.stop());
  const { settings } = world.operatorSide;
  Object.assign(settings, { webDirectory: stage.folder });
  const app = await buildOperatorApp(world.operatorSide);
  ends.push(() => app.close());
  const address = await app.listen({ host: '127.0.0.1', port: 0 });
  Object.assign(settings, { origins: [address, origin] });
  // For a browser `localhost` and 127.0.0.1 are different sites: strict cookies do not come back from one to the other.
  const provider = await startProvider({ redirectUrl: `${address}/api/sign-on/callback`, host: 'localhost' });
  ends.push(() => provider.stop());
  await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
  const context = await stage.browser.newContext({ viewport: { width: 1280, height: 900 } });
  ends.push(() => context.close());
  const page = await context.newPage();
  return { world, ann, address, context, page, complaints: listenTo(page) };
}

async function atTheProvider(page: Page): Promise<void> {
  await page.getByPlaceholder('Enter any login').fill(bob.sub);
  await page.getByPlaceholder('and password').fill('any');
  await page.getByRole('button', { name: 'Sign-in' }).click();
}

describe('single sign-on in a browser, with a real provider on another site', () => {
  it('leads from the button to the signed-in page, and opens doors once the provider has asked again', async () => {
    const { ann, address, context, page, complaints } = await estate();
    const seen: string[] = [];
    page.on('framenavigated', (frame) => seen.push(frame.url()));
    await page.goto(address);
    await page.getByRole('button', { name: 'Sign in with Bakery login' }).click();
    await atTheProvider(page);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('You have no role in Garrison yet').waitFor();
    expect(page.url()).toBe(`${address}/`);

    const { items } = await ann.call(operatorManagementRoutes.list);
    const operatorId = items.find((row) => row.state === 'no-role')?.operatorId ?? '';
    const grant = { role: 'admin', organisationIds: null };
    await ann.call(operatorManagementRoutes.change, { params: { operatorId }, body: grant });
    await page.getByRole('button', { name: 'Sign in with Bakery login' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(page.url()).toBe(`${address}/`);
    expect(seen.filter((url) => url.startsWith(address) && /[?&](code|state)=/.test(url))).toEqual([]);
    const cookies = await context.cookies(address);
    expect(cookies.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly])).toEqual([
      ['garrison', 'Strict', true],
    ]);

    await page.goto(`${address}/settings?tab=sign-on`);
    await page.getByRole('button', { name: 'Check and save' }).click();
    const other = context.waitForEvent('page');
    await page.getByRole('dialog').getByRole('link', { name: 'Sign in again' }).click();
    const window = await other;
    await atTheProvider(window);
    await window.getByRole('heading', { name: 'It is you' }).waitFor();
    expect(window.url()).toBe(`${address}/confirmed`);
    await page.getByText('Saved; the provider answers').waitFor();
    // The provider's form asks for a font from afar, and the console refused once what was not confirmed.
    expect(complaints.filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
  });
});

describe('the page', () => {
  async function open(options: Parameters<Stage['open']>[0] = {}): Promise<Trial> {
    const trial = await stage.open(options);
    ends.push(() => trial.close());
    return trial;
  }

  it('says what went wrong, and only what is a code of ours', async () => {
    const { page, world, address, complaints } = await open({ signedIn: false });
    world.people.provider = exampleProvider();
    await page.goto(`${address}/?sign-on=sign-on.flow-lost`);
    await page.getByRole('alert').getByText('This sign-in is over').waitFor();
    expect(page.url()).toBe(`${address}/`);
    await page.goto(`${address}/?sign-on=Call+this+number`);
    await page.getByRole('button', { name: 'Sign in with Example login' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(complaints()).toEqual([]);
  });

  it('goes on with what was pressed when another window says that it is confirmed, and tells when it is not', async () => {
    const { page, world, address } = await open();
    Object.assign(world, { fresh: false, via: 'sign-on' });
    await page.goto(`${address}/devices?cause=install.failed`);
    await page.getByRole('button', { name: 'Retry install on these…' }).click();
    await page.getByRole('button', { name: 'Retry 7 devices' }).click();
    const dialog = page.getByRole('dialog', { name: 'Please confirm that it is you' });
    await dialog.getByRole('link', { name: 'Sign in again' }).waitFor();
    const window = await page.context().newPage();
    await window.goto(`${address}/confirmed?sign-on=sign-on.other-person`);
    await window.getByText('Close this window, and try again in the other one.').waitFor();
    await dialog.getByRole('alert').getByText('Somebody else signed in at the provider').waitFor();
    world.fresh = true;
    await window.goto(`${address}/confirmed`);
    await page.getByText('6 devices told to try again, 1 had been told before.').waitFor();
    expect(await dialog.count()).toBe(0);
  });

  it('sets the provider, says a mistake, switches it off and removes it, by keyboard alone', async () => {
    const { page, world, address, complaints } = await open();
    await page.goto(`${address}/settings?tab=sign-on`);
    await page.getByLabel('Name of the provider').fill('Example login');
    await page.keyboard.press('Tab');
    await page.keyboard.type('http://login.example.net');
    await page.keyboard.press('Tab');
    await page.keyboard.type('garrison');
    await page.keyboard.press('Tab');
    await page.keyboard.type('a secret');
    await page.getByLabel('Only addresses of these e-mail domains').fill('@example.net, example.org');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('The sign-on provider cannot have this address').waitFor();
    await page.getByLabel('Issuer').fill('https://login.example.net');
    await page.keyboard.press('Enter');
    await page.getByText('Saved; the provider answers').waitFor();
    expect(world.people.provider).toMatchObject({ mailDomains: ['example.net', 'example.org'], enabled: true });
    await page.getByRole('switch', { name: 'In use' }).press('Space');
    await page.getByRole('button', { name: 'Check and save' }).press('Enter');
    await expect.poll(() => world.people.provider?.enabled).toBe(false);
    await page.getByRole('button', { name: 'Remove…' }).press('Enter');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).press('Enter');
    await expect.poll(() => world.people.provider).toBeNull();
    await expect.poll(() => page.getByLabel('Issuer').inputValue()).toBe('');
    // The refused address is written into the browser's console as the answer 422 that it was.
    expect(complaints().filter((text) => !text.includes('422'))).toEqual([]);
  });
});
