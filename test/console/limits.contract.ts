/** Limits that guard secrets or what the customer pays for: they hold for all processes together (G22, G32). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeyRoutes } from '#console/api/api-keys.ts';
import { sessionRoutes } from '#console/api/session.ts';
import { siteTokensPerDayMax } from '#console/fleet/link/quotas.ts';
import { createConnections } from '#console/fleet/connections/connections.ts';
import { connectionSetting } from '#test/console/fleet/connection-setting.ts';
import type { TwoConsoles } from '#test/console/idempotency.contract.ts';
import { origin } from '#test/worlds/fleet/console.ts';
import { OperatorClient } from '#test/worlds/fleet/operator.ts';
import type { Store } from '#console/store/store.ts';

const password = 'correct horse battery';
const dayMs = 86_400_000;

export function limitsContract(name: string, start: () => Promise<TwoConsoles>): void {
  describe(`limits, ${name}`, () => {
    let consoles: TwoConsoles;
    beforeEach(async () => {
      consoles = await start();
      await consoles.one.administrator('ann', password);
    });
    afterEach(() => consoles.stop());
    const either = (turn: number) => (turn % 2 === 0 ? consoles.one : consoles.two);

    it('G22: whoever guesses a password at every process gets no more guesses than at one', async () => {
      const { method, path: url } = sessionRoutes.signIn;
      const answers = await Promise.all(
        Array.from({ length: 30 }, async (_, turn) => {
          const request = { method, url, payload: { name: 'ann', password: 'guess' }, headers: { origin } };
          const answer = await either(turn).operatorApp.inject({ ...request, remoteAddress: '203.0.113.1' });
          return answer.json<{ code: string }>().code;
        }),
      );
      expect(answers.filter((code) => code === 'auth.refused')).toHaveLength(10);
      expect(answers.filter((code) => code === 'rate-limited')).toHaveLength(20);
    });

    it('G22: an API key asks all processes together 600 times a minute, and again in the next', async () => {
      const ann = await OperatorClient.signedIn(consoles.one.operatorApp, 'ann', password);
      const made = await ann.call(apiKeyRoutes.create, {
        body: { label: 'report', role: 'viewer', organisationIds: null, mayConfirmed: false, lifetimeDays: 1 },
      });
      const ask = (turn: number): Promise<string> =>
        either(turn)
          .operatorSide.operators.byApiKey(made.secret, '192.0.2.7')
          .then(
            () => 'answered',
            (error: { code?: string }) => error.code ?? '',
          );
      // Many at once at each: nobody is refused before the 600 are used up.
      const first = await Promise.all(Array.from({ length: 100 }, (_, turn) => ask(turn)));
      expect(new Set(first)).toEqual(new Set(['answered']));
      const rest: string[] = [];
      for (let turn = 0; turn < 300; turn += 1) rest.push(...(await Promise.all([ask(turn), ask(turn + 1)])));
      expect(new Set(rest)).toEqual(new Set(['answered', 'rate-limited']));
      expect(rest.filter((one) => one === 'answered')).toHaveLength(500);
      for (const world of [consoles.one, consoles.two]) world.nowMs += 60_000;
      expect([await ask(0), await ask(1)]).toEqual(['answered', 'answered']);
    });

    it('G32: a device gets so many site tokens a day, whichever process it asks', async () => {
      const spent: boolean[] = [];
      for (let turn = 0; turn < siteTokensPerDayMax + 4; turn += 1)
        spent.push(
          await either(turn)
            .side.quotas.spendSiteToken('dev_1')
            .then(
              () => true,
              () => false,
            ),
        );
      expect(spent.filter(Boolean)).toHaveLength(siteTokensPerDayMax);
      await consoles.two.side.quotas.spendSiteToken('dev_2');
      consoles.one.nowMs += dayMs;
      await consoles.one.side.quotas.spendSiteToken('dev_1');
    });
  });
}

/** `open` opens the same database each time. */
export function downloadPaceContract(name: string, open: () => Promise<Store>, other: () => Promise<Store>): void {
  it(`downloads of packages by two processes keep SentinelOne’s pace together, ${name}`, async () => {
    await using setting = await connectionSetting({ open, settings: { downloadsPerMinute: 100 } });
    const { connection_id: id } = await setting.enabled();
    const store = await other();
    const waits: number[] = [];
    // Time stands still: what counts is how long each is told to wait.
    const timing = {
      ...setting.parts.timing,
      sleep: (ms: number) => {
        waits.push(ms);
        return Promise.resolve();
      },
    };
    const processes = [setting.parts.store, store].map((one) =>
      createConnections({ ...setting.parts, store: one, timing }),
    );
    for (let turn = 0; turn < 5; turn += 1) {
      const { client } = (await processes[turn % 2]?.client(id)) ?? {};
      const call = { path: 'update/agent/download/1/2' };
      await client?.download(call, () => Promise.resolve()).catch(() => undefined);
    }
    expect(waits.filter((ms) => ms >= 60_000).map((ms) => Math.round(ms / 61_000))).toEqual([1, 1, 2]);
    for (const one of processes) one.close();
    if (store !== setting.parts.store) await store.close();
  });
}
