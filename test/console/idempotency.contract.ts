/** What an idempotency key promises, on whichever database, in one process and in two. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { enrolmentKeyRoutes } from '#console/api/enrolment-keys.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { idempotencyHeader } from '#console/api/route.ts';
import { once } from '#console/operation/idempotency.ts';
import { newOperatorRow } from '#console/auth/operator-row.ts';
import { addOperator } from '#console/store/operators/operators.ts';
import { ConsoleWorld } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

export interface TwoConsoles {
  readonly one: ConsoleWorld;
  /** Another process on the same database, or the same console. */
  readonly two: ConsoleWorld;
  stop(): Promise<void>;
}

const withKey = (key: string) => ({ headers: { [idempotencyHeader]: key } });

export function idempotencyContract(name: string, start: () => Promise<TwoConsoles>): void {
  describe(`an idempotency key, ${name}`, () => {
    let consoles: TwoConsoles;
    let here: OperatorClient;
    let there: OperatorClient;
    beforeEach(async () => {
      consoles = await start();
      await consoles.one.administrator('ann', password);
      here = await OperatorClient.signedIn(consoles.one.operatorApp, 'ann', password);
      there = new OperatorClient(consoles.two.operatorApp);
      Object.assign(there, { cookie: here.cookie, csrf: here.csrf });
    });
    afterEach(() => consoles.stop());

    const create = (client: OperatorClient, body: unknown, key: string) =>
      client.raw(organisationRoutes.create, { body, ...withKey(key) });

    it('gets the same answer again, from whichever process, and nothing is done twice', async () => {
      const first = await create(here, { name: 'Bakery' }, 'k1');
      const again = await create(there, { name: 'Bakery' }, 'k1');
      expect([again.statusCode, again.body]).toEqual([200, first.body]);
      expect([first.headers['idempotency-replayed'], again.headers['idempotency-replayed']]).toEqual([
        undefined,
        'true',
      ]);
      expect((await here.call(organisationRoutes.list)).items).toHaveLength(1);
      expect((await create(here, { name: 'Bakery' }, 'k2')).statusCode).toBe(409);
    });

    it('is refused with another request, and with one that is still being worked on', async () => {
      await create(here, { name: 'Bakery' }, 'k1');
      const other = await create(there, { name: 'Foundry' }, 'k1');
      expect([other.statusCode, other.json()]).toMatchObject([422, { code: 'request.key-reused' }]);
      const pressed = await Promise.all(
        Array.from({ length: 6 }, (_, index) => create(index % 2 === 0 ? here : there, { name: 'Mill' }, 'k3')),
      );
      const statuses = pressed.map((answer) => answer.statusCode);
      expect(statuses.filter((status) => status !== 409 && status !== 200)).toEqual([]);
      expect(new Set(pressed.filter((one) => one.statusCode === 200).map((one) => one.body)).size).toBe(1);
      const busy = pressed.filter((one) => one.statusCode === 409).map((one) => (one.json() as { code: string }).code);
      expect(new Set(busy)).toEqual(new Set(busy.length === 0 ? [] : ['request.in-progress']));
      expect((await here.call(organisationRoutes.list)).items.filter((row) => row.name === 'Mill')).toHaveLength(1);
    });

    it('is held while its work goes on', async () => {
      const begun = Promise.withResolvers<void>();
      const working = Promise.withResolvers<void>();
      const who = await consoles.one.operatorSide.operators.whoIs(here.cookie.split('=')[1]);
      const request = { method: 'POST', url: '/x', body: {}, headers: { [idempotencyHeader]: 'slow' } } as never;
      const first = once(consoles.one.side, who, request, async () => {
        begun.resolve();
        await working.promise;
        return { status: 200, body: { done: true } };
      });
      // The key is the first one's when its work has begun, and not a moment before.
      await begun.promise;
      await expect(once(consoles.two.side, who, request, () => Promise.reject(new Error('twice')))).rejects.toThrow(
        'has not been answered yet',
      );
      working.resolve();
      expect(await first).toEqual({ status: 200, body: { done: true }, again: false });
      expect(await once(consoles.two.side, who, request, () => Promise.reject(new Error('twice')))).toMatchObject({
        body: { done: true },
        again: true,
      });
    });

    it('is free again after a refusal, which has changed nothing, and after 24 hours', async () => {
      await create(here, { name: 'Bakery' }, 'k0');
      expect((await create(here, { name: 'Bakery' }, 'k1')).statusCode).toBe(409);
      expect((await create(there, { name: 'Foundry' }, 'k1')).statusCode).toBe(200);
      consoles.one.nowMs += 24 * 3_600_000;
      const later = await OperatorClient.signedIn(consoles.one.operatorApp, 'ann', password);
      expect((await create(later, { name: 'Mill' }, 'k1')).statusCode).toBe(200);
    });

    it('G9: is of the operator and what he may touch; nobody meets one of somebody else', async () => {
      const first = (await create(here, { name: 'Bakery' }, 'k1')).json() as { organisationId: string };
      const row = await newOperatorRow({ name: 'otto', password, role: 'admin' }, consoles.one.nowMs);
      await consoles.one.store.write((db) => addOperator(db, row));
      const otto = await OperatorClient.signedIn(consoles.one.operatorApp, 'otto', password);
      const own = (await create(otto, { name: 'Foundry' }, 'k1')).json() as { organisationId: string };
      expect(own.organisationId).not.toBe(first.organisationId);
      const limited = JSON.stringify([own.organisationId]);
      await consoles.one.store.write((db) =>
        db.updateTable('operators').set({ organisations: limited }).where('name', '=', 'otto').execute(),
      );
      const answer = await create(otto, { name: 'Foundry' }, 'k1');
      expect(answer.headers['idempotency-replayed']).toBeUndefined();
      expect(answer.statusCode).toBe(403);
    });

    it('keeps a secret that is shown once sealed, and takes only keys that look like one', async () => {
      const { organisationId } = (await create(here, { name: 'Bakery' }, 'k1')).json() as { organisationId: string };
      const made = await here.raw(enrolmentKeyRoutes.create, {
        body: { organisationId },
        ...withKey('a-key-as-it-was-sent'),
      });
      const { enrolmentString } = made.json() as { enrolmentString: string };
      const rows = await consoles.one.store.read.selectFrom('idempotency_keys').selectAll().execute();
      expect(rows).toHaveLength(2);
      expect(JSON.stringify(rows)).not.toContain(enrolmentString);
      expect(JSON.stringify(rows)).not.toContain('a-key-as-it-was-sent');
      const again = await there.raw(enrolmentKeyRoutes.create, {
        body: { organisationId },
        ...withKey('a-key-as-it-was-sent'),
      });
      expect(again.json()).toEqual(made.json());
      for (const bad of ['x'.repeat(201), 'a b', ''])
        expect([bad.length, (await create(here, { name: 'Mill' }, bad)).statusCode]).toEqual([bad.length, 400]);
    });
  });
}
