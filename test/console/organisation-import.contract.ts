/** Lists of organisations that come at once, on whichever database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { organisationMakingRoutes } from '#console/api/organisation-making.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const atOnce = 8;

export function organisationImportContract(name: string, open: () => Promise<Store>): void {
  describe(`lists of organisations on ${name}`, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
    });
    afterEach(() => world.stop());

    const listOf = (from: number) =>
      `name,id\n${Array.from({ length: 30 }, (_, index) => `Customer ${from + index},C-${from + index}`).join('\n')}`;

    it(`${atOnce} that come at once, and overlap, make each organisation once, and none fails`, async () => {
      const answers = await Promise.all([
        ...Array.from({ length: atOnce }, (_, index) =>
          admin.raw(organisationMakingRoutes.importList, { body: { csv: listOf(index * 5), dryRun: false } }),
        ),
        ...Array.from({ length: 10 }, (_, index) =>
          admin.raw(organisationRoutes.create, { body: { name: `Customer ${index * 7}` } }),
        ),
      ]);
      const imports = answers.slice(0, atOnce);
      expect(imports.map((answer) => answer.statusCode)).toEqual(Array.from({ length: atOnce }, () => 200));
      expect(answers.slice(atOnce).filter((answer) => ![200, 409].includes(answer.statusCode))).toEqual([]);
      const outcomes = imports.flatMap((answer) => (answer.json() as { items: { outcome: string }[] }).items);
      expect(new Set(outcomes.map((one) => one.outcome))).not.toContain('refused');
      const names = (await admin.call(organisationRoutes.list)).items.map((row) => row.name);
      expect([names.length, new Set(names).size]).toEqual([65, 65]);
      const outside = await world.store.read.selectFrom('outside_ids').selectAll().execute();
      expect(new Set(outside.map((row) => row.organisation_id)).size).toBe(outside.length);
      expect(outside).toHaveLength(65);
    });
  });
}
