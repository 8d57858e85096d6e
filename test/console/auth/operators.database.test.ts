import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { operatorManagementRoutes, setUpRoutes } from '#console/api/operators.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { offerFirstAdministrator } from '#console/auth/operators.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { openPostgres } from '#console/store/engine/postgres.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { openPage } from '#test/worlds/fleet/listening.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import { refusal } from '#test/worlds/fleet/operated.ts';
import { ownDatabase, type OwnDatabase } from '#test/worlds/fleet/postgres.ts';

const password = 'correct horse battery';

let database: OwnDatabase;
let one: ConsoleWorld;
let two: ConsoleWorld;
beforeEach(async () => {
  database = await ownDatabase();
  const open = () => openPostgres(database.url);
  one = await ConsoleWorld.start({ open });
  two = await one.sibling(open);
});
afterEach(async () => {
  await one.stop();
  await two.stop();
  await database.drop();
});

async function operator(ann: OperatorClient, name: string, role: string): Promise<string> {
  const body = { name, role, organisationIds: null };
  const made = await ann.call(operatorManagementRoutes.create, { body });
  const secret = new URL(made.link).hash.slice(1);
  await new OperatorClient(one.operatorApp).call(setUpRoutes.choosePassword, { body: { secret, password } });
  return made.operator.operatorId;
}

describe('two console processes on one PostgreSQL', () => {
  it('G23: a removal in one ends sessions and open pages of the other at once', async () => {
    await one.administrator('ann', password);
    const ann = await OperatorClient.signedIn(one.operatorApp, 'ann', password);
    const operatorId = await operator(ann, 'otto', 'operator');
    const otto = await OperatorClient.signedIn(two.operatorApp, 'otto', password);
    const page = await openPage(two.operatorApp, { cookie: otto.cookie });
    const started = performance.now();
    await ann.call(operatorManagementRoutes.remove, { params: { operatorId } });
    expect(await refusal(otto.call(organisationRoutes.list))).toBe('401 auth.required');
    expect(await page.ended).toBe(true);
    // The look that every page takes by itself comes only after 15 seconds: it was the hint.
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('leaves an administrator when two processes remove the last two at the same time', async () => {
    await one.administrator('ann', password);
    const ann = await OperatorClient.signedIn(one.operatorApp, 'ann', password);
    const bobId = await operator(ann, 'bob', 'admin');
    const bob = await OperatorClient.signedIn(two.operatorApp, 'bob', password);
    const { items } = await ann.call(operatorManagementRoutes.list);
    const annId = items.find((row) => row.name === 'ann')?.operatorId ?? '';
    const outcomes = await Promise.all([
      refusal(ann.call(operatorManagementRoutes.remove, { params: { operatorId: bobId } })),
      refusal(bob.call(operatorManagementRoutes.remove, { params: { operatorId: annId } })),
    ]);
    expect(outcomes.filter((outcome) => outcome === 'no refusal')).toHaveLength(1);
    const left = await one.store.read.selectFrom('operators').select('name').where('removed_at', 'is', null).execute();
    expect(left).toHaveLength(1);
  });

  it('G22: a set-up link that is used in both at the same moment chooses one password', async () => {
    await one.administrator('ann', password);
    const ann = await OperatorClient.signedIn(one.operatorApp, 'ann', password);
    for (let turn = 0; turn < 10; turn += 1) {
      const body = { name: `otto-${turn}`, role: 'operator', organisationIds: null };
      const made = await ann.call(operatorManagementRoutes.create, { body });
      const secret = new URL(made.link).hash.slice(1);
      const outcomes = await Promise.all(
        [one, two].map(({ operatorApp }, index) => {
          const chosen = { secret, password: `${password} ${index}` };
          return refusal(new OperatorClient(operatorApp).call(setUpRoutes.choosePassword, { body: chosen }));
        }),
      );
      expect(outcomes.toSorted()).toEqual(['403 auth.forbidden', 'no refusal']);
    }
  });

  it('G22: the link of the first administrator makes one, also when both are asked at the same moment', async () => {
    const secret = await one.store.write((db) => offerFirstAdministrator(db));
    const outcomes = await Promise.all(
      [one, two].map(({ operatorApp }, index) => {
        const body = { secret, name: `first-${index}`, password };
        return refusal(new OperatorClient(operatorApp).call(sessionRoutes.firstAdministrator, { body }));
      }),
    );
    expect(outcomes.toSorted()).toEqual(['403 auth.forbidden', 'no refusal']);
  });
});
