import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operatorManagementRoutes } from '#console/api/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { signOnRoutes } from '#console/api/sign-on.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';
import { ForgingProvider } from '#test/worlds/sign-on/forging.ts';
import { Browser, password, redirectUrl, wanted } from '#test/worlds/sign-on/signing-on.ts';

let database: OwnDatabase;
let one: ConsoleWorld;
let two: ConsoleWorld;
let provider: ForgingProvider;
let ann: OperatorClient;

beforeEach(async () => {
  database = await ownDatabase();
  const open = () => openPostgres(database.url);
  one = await ConsoleWorld.start({ open });
  two = await one.sibling(open);
  for (const world of [one, two]) Object.assign(world.operatorSide.settings, { providerOnLoopback: true });
  provider = await ForgingProvider.start();
  await one.administrator('ann', password);
  ann = await OperatorClient.signedIn(one.operatorApp, 'ann', password);
  await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer) });
});
afterEach(async () => {
  await provider.stop();
  await one.stop();
  await two.stop();
  await database.drop();
});

/** What the provider sends back to a browser that began at one process. */
async function answered(): Promise<{ url: string; cookie: string }> {
  const browser = new Browser(one);
  const { searchParams } = new URL(await browser.begin());
  provider.nonce = searchParams.get('nonce') ?? '';
  return { url: `${redirectUrl}?code=any&state=${searchParams.get('state')}`, cookie: browser.flowCookie };
}

async function giveRole(): Promise<void> {
  const { items } = await ann.call(operatorManagementRoutes.list);
  const operatorId = items.find((row) => row.name === 'forged')?.operatorId ?? '';
  const grant = { role: 'viewer', organisationIds: null };
  await ann.call(operatorManagementRoutes.change, { params: { operatorId }, body: grant });
}

describe('single sign-on over two console processes on one PostgreSQL', () => {
  it('G22: begins in one and ends in the other, once, whoever comes back at the same moment', async () => {
    const first = await answered();
    expect(await new Browser(two).comeBack(first.url, first.cookie)).toBe('/?sign-on=sign-on.no-role');
    await giveRole();
    const again = await answered();
    const places = await Promise.all(
      [one, two, one, two].map((world) => new Browser(world).comeBack(again.url, again.cookie)),
    );
    expect(places.filter((place) => place === '/')).toHaveLength(1);
    expect(places.filter((place) => place === '/?sign-on=sign-on.flow-lost')).toHaveLength(3);
  });

  it('makes one row of somebody who comes twice at the same moment, and two of two who share a name', async () => {
    const ways: { url: string; cookie: string; nonce: string }[] = [];
    for (let index = 0; index < 6; index += 1) ways.push({ ...(await answered()), nonce: provider.nonce });
    const nonces = new Map(ways.map((way, index) => [way.nonce, `person-${index % 2}`]));
    provider.say = (code) => ({ nonce: code, sub: nonces.get(code) ?? '' });
    const places = await Promise.all(
      ways.map(({ url, cookie, nonce }, index) =>
        new Browser(index < 3 ? one : two).comeBack(url.replace('code=any', `code=${nonce}`), cookie),
      ),
    );
    expect(new Set(places)).toEqual(new Set(['/?sign-on=sign-on.no-role']));
    const { items } = await ann.call(operatorManagementRoutes.list);
    expect(items.map((row) => row.name).toSorted()).toEqual(['ann', 'forged', 'forged (2)']);
  });

  it('G23: what is switched off in one is off in the other at once', async () => {
    const first = await answered();
    await new Browser(one).comeBack(first.url, first.cookie);
    await giveRole();
    const second = await answered();
    const there = new Browser(two);
    expect(await there.comeBack(second.url, second.cookie)).toBe('/');
    expect(await refusal(there.client.call(organisationRoutes.list))).toBe('no refusal');
    await ann.call(signOnRoutes.setProvider, { body: wanted(provider.issuer, { enabled: false }) });
    expect(await refusal(there.client.call(organisationRoutes.list))).toBe('401 auth.required');
    expect(await refusal(there.client.call(signOnRoutes.begin))).toBe('422 sign-on.off');
  });
});
