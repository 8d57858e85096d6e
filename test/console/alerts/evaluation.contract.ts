/** What looking for alerts must do, whatever the database. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { alertRoutes } from '#console/api/alerts.ts';
import type { Notice } from '#console/alerts/apply.ts';
import { createEvaluation, type Evaluation } from '#console/alerts/evaluate.ts';
import { settleMs } from '#console/alerts/reconcile.ts';
import { operatorScope } from '#console/auth/scope.ts';
import { listAlerts } from '#console/store/alerts/alerts.ts';
import type { Store } from '#console/store/store.ts';
import type { ProtectionState } from '#protocol/state.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { simulatedDevice, type SimulatedDevice } from '#test/worlds/fleet/device.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';
const hourMs = 3_600_000;

/** Evaluation of one console process, with what it told. */
export function evaluationOf(world: ConsoleWorld): { evaluation: Evaluation; told: Notice[] } {
  const told: Notice[] = [];
  const evaluation = createEvaluation({
    store: world.store,
    clock: world.side.clock,
    tell: async (_db, notices) => void told.push(...notices),
    more: () => Promise.resolve([]),
    changed: () => undefined,
  });
  return { evaluation, told };
}

export function evaluationContract(name: string, open: () => Promise<Store>): void {
  describe(`alerts on ${name}`, () => {
    let world: ConsoleWorld;
    let evaluation: Evaluation;
    let told: Notice[];
    let device: SimulatedDevice;
    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      ({ evaluation, told } = evaluationOf(world));
      const organisationId = await world.organisation('Bakery');
      device = simulatedDevice(world.app, await world.installKey(organisationId), { now: () => world.nowMs });
      await device.enrol();
    });
    afterEach(() => world.stop());

    const failed = (): ProtectionState => ({
      kind: 'failed',
      since: new Date(world.nowMs).toISOString(),
      fault: { code: 'install.busy', detail: 'dpkg is locked', context: {} },
    });
    const good = (): ProtectionState => ({
      kind: 'protected',
      version: '24.2.2.20',
      since: new Date(world.nowMs).toISOString(),
      notes: [],
    });
    async function says(state: ProtectionState): Promise<void> {
      device.state = state;
      await device.checkIn();
      await world.side.memory.flush();
    }
    const whats = () => told.map(({ what, alert }) => `${what} ${alert.kind}`);
    const listed = (state: 'open' | 'closed', who = scope) =>
      listAlerts(world.store.read, who, { state }, { limit: 50, after: null });

    it('open once per subject and cause, close when the cause is gone, and come again as another one', async () => {
      await says(failed());
      await evaluation.round();
      await evaluation.round();
      expect(whats()).toEqual(['opened install-failed']);
      await says(good());
      await evaluation.round();
      const goneAt = world.nowMs;
      world.nowMs += settleMs;
      await evaluation.round();
      expect(whats()).toEqual(['opened install-failed', 'closed install-failed']);
      expect(await listed('closed')).toMatchObject([{ closed_at: goneAt, subject_name: 'sim-1' }]);
      await says(failed());
      await evaluation.round();
      expect(await listed('open')).toHaveLength(1);
      expect(new Set(told.map(({ alert }) => alert.alert_id)).size).toBe(2);
    });

    it('are not opened again by a restart, and silence is not judged by a console that was away', async () => {
      await says(failed());
      await evaluation.round();
      world.nowMs += 80 * hourMs;
      await world.restart();
      const again = evaluationOf(world);
      await again.evaluation.round();
      expect(again.told).toEqual([]);
      world.nowMs += hourMs;
      await again.evaluation.round();
      expect(again.told.map(({ alert }) => alert.kind)).toEqual(['silent']);
    });

    it('name a halted deployment', async () => {
      await world.mode(device.organisationId, 'deploy');
      await world.store.write((db) =>
        db.updateTable('deployments').set({ state: 'halted', halted_at: world.nowMs }).execute(),
      );
      await evaluation.round();
      expect(told).toMatchObject([{ alert: { kind: 'deployment-halted', subject_name: 'Bakery' } }]);
    });

    it('name a token that ends, seen by whoever has an organisation mapped to its console, and tell each step', async () => {
      await world.mapped(device.organisationId);
      const other = await world.organisation('Elsewhere');
      const token = { token_expires_at: world.nowMs + 13 * 24 * hourMs, permissions: '[]', renewal_problem: null };
      const refused = JSON.stringify({ code: 'sentinelone.renewal-refused', detail: 'no right', context: {} });
      await world.store.write((db) =>
        db
          .updateTable('connections')
          .set({ ...token, renewal_problem: refused })
          .execute(),
      );
      await evaluation.round();
      expect(whats().toSorted()).toEqual(['opened renewal-rejected', 'opened token-ends']);
      world.nowMs += 7 * 24 * hourMs;
      await evaluation.round();
      expect(whats()).toContain('again token-ends');
      const mine = operatorScope({ name: 'ann', organisationIds: [device.organisationId] });
      const foreign = operatorScope({ name: 'bob', organisationIds: [other] });
      expect((await listed('open', mine)).map((row) => row.kind)).toContain('token-ends');
      expect(await listed('open', foreign)).toEqual([]);
    });

    it('G19: of many devices that leave stay until somebody has seen them', async () => {
      await world.administrator('ann', password);
      const admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      await admin.call(alertRoutes.setRules, { body: { silentAfterHours: 72, unenrolmentsPerHourMax: 1 } });
      const second = simulatedDevice(world.app, await world.installKey(device.organisationId));
      await second.enrol();
      await world.store.write((db) => db.updateTable('devices').set({ revoked_at: world.nowMs }).execute());
      await evaluation.round();
      expect(whats()).toEqual(['opened unenrolments']);
      world.nowMs += 2 * hourMs;
      for (let round = 0; round < 3; round += 1) {
        world.nowMs += settleMs;
        await evaluation.round();
      }
      await admin.signIn('ann', password);
      const [alert] = (await admin.call(alertRoutes.list)).items;
      expect(alert).toMatchObject({ kind: 'unenrolments', seen: null });
      const seen = await admin.call(alertRoutes.see, { params: { alertId: alert?.alertId ?? '' } });
      expect(seen.seen?.by).toBe('ann');
      for (let round = 0; round < 2; round += 1) {
        world.nowMs += settleMs;
        await evaluation.round();
      }
      expect((await admin.call(alertRoutes.list)).items).toEqual([]);
      const actions = await world.store.read.selectFrom('audit').select('action').execute();
      expect(actions.map((row) => row.action)).toEqual(expect.arrayContaining(['settings.alerts', 'alert.seen']));
    });

    it('G9: of another organisation cannot be listed, counted or marked', async () => {
      await says(failed());
      await evaluation.round();
      const elsewhere = await world.organisation('Elsewhere');
      await world.administrator('ann', password);
      const organisations = JSON.stringify([elsewhere]);
      await world.store.write((db) => db.updateTable('operators').set({ organisations }).execute());
      const limited = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      const [alert] = await listed('open');
      const params = { alertId: alert?.alert_id ?? '' };
      expect((await limited.call(alertRoutes.list)).items).toEqual([]);
      expect((await limited.call(alertRoutes.counts)).items).toEqual([]);
      await expect(limited.call(alertRoutes.see, { params })).rejects.toMatchObject({ code: 'not-found' });
      const body = { silentAfterHours: 1, unenrolmentsPerHourMax: 1 };
      await expect(limited.call(alertRoutes.setRules, { body })).rejects.toBeInstanceOf(Problem);
    });

    it('are listed newest first, by pages, and filtered', async () => {
      for (let index = 0; index < 5; index += 1) {
        world.nowMs += 1_000;
        const one = simulatedDevice(world.app, await world.installKey(device.organisationId));
        await one.enrol();
        one.state = failed();
        await one.checkIn();
        await evaluation.round();
      }
      await world.administrator('ann', password);
      const admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      const first = await admin.call(alertRoutes.list, { query: { limit: 3 } });
      const rest = await admin.call(alertRoutes.list, { query: { limit: 3, after: first.next ?? '' } });
      const times = [...first.items, ...rest.items].map((alert) => alert.openedAt);
      expect(times).toEqual(times.toSorted().toReversed());
      expect([first.items.length, rest.items.length, rest.next]).toEqual([3, 2, null]);
      expect((await admin.call(alertRoutes.list, { query: { kind: 'silent' } })).items).toEqual([]);
      const counts = (await admin.call(alertRoutes.counts)).items;
      expect(counts).toEqual([{ kind: 'install-failed', level: 'urgent', alerts: 5, unseen: 5 }]);
    });
  });
}
