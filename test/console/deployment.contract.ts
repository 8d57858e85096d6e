/** What the brake on a deployment must do, whatever the database and however many devices there are. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deviceRoutes } from '#console/api/devices.ts';
import { organisationRoutes } from '#console/api/organisations.ts';
import { findDeployment } from '#console/store/deployments/deployments.ts';
import { slotCounts } from '#console/store/deployments/slots.ts';
import type { Store } from '#console/store/store.ts';
import { ConsoleWorld, scope } from '#test/worlds/fleet/console.ts';
import { Estate } from '#test/worlds/fleet/estate.ts';
import { OperatorClient, Problem } from '#test/worlds/fleet/operator.ts';

const password = 'correct horse battery';

export function deploymentContract(name: string, open: () => Promise<Store>, size: number): void {
  // Thousands of small exchanges: time enough on a busy machine.
  describe(`a deployment to ${size} devices on ${name}`, { timeout: 120_000 }, () => {
    let world: ConsoleWorld;
    let admin: OperatorClient;
    let estate: Estate;
    const params = () => ({ organisationId: estate.organisationId });

    beforeEach(async () => {
      world = await ConsoleWorld.start({ open });
      await world.administrator('ann', password);
      admin = await OperatorClient.signedIn(world.operatorApp, 'ann', password);
      estate = await Estate.of(world, size);
    });
    afterEach(() => world.stop());

    async function started(pace: object) {
      const { installs } = await admin.call(organisationRoutes.previewDeployment, { params: params() });
      expect(installs).toBe(size);
      await admin.call(organisationRoutes.startDeployment, { params: params(), body: { installs, pace } });
    }
    const shown = async () => (await admin.call(organisationRoutes.read, { params: params() })).deployment;

    /** The counters on the row say what the rows of the slots say. */
    async function countersHold(): Promise<void> {
      const row = await findDeployment(world.store.read, scope, estate.organisationId);
      const slots = await slotCounts(world.store.read, scope, row?.deployment_id ?? '');
      const { open: underWay = 0, done = 0, failed = 0 } = slots;
      expect(row).toMatchObject({ under_way: underWay, done, failed });
    }

    it('starts nothing while it only watches', async () => {
      await estate.settle();
      expect(estate.exposed.size).toBe(0);
      expect(await shown()).toBeNull();
      const first = estate.devices[0];
      if (first === undefined) throw new Error('no device');
      expect(await estate.start(first)).toBe(false);
    });

    it('of 5 % starts exactly 5 %, goes on when approved, and never has more under way than allowed', async () => {
      const limit = Math.ceil(size * 0.05);
      await started({ limitPercent: 5, atOnceMax: 4, serversLast: false });
      await estate.settle();
      expect(estate.exposed.size).toBe(limit);
      expect(estate.together).toBeLessThanOrEqual(4);
      expect(await shown()).toMatchObject({ state: 'running', started: limit, done: limit, waiting: size - limit });
      await countersHold();
      const body = { failed: 0, startsMax: limit + 3 };
      await admin.call(organisationRoutes.resumeDeployment, { params: params(), body });
      await estate.settle();
      expect(estate.exposed.size).toBe(limit + 3);
    });

    it('of a bad package halts by itself before it meets many, and goes on only for who has seen the failures', async () => {
      estate.ending = () => 'failed';
      await started({ atOnceMax: 3 });
      await estate.settle();
      expect(estate.exposed.size).toBeLessThan(Math.max(8, size * 0.02));
      const halted = await shown();
      expect(halted).toMatchObject({ state: 'halted', done: 0, haltCause: 'install.failed' });
      await countersHold();
      const again = { failed: (halted?.failed ?? 0) - 1, startsMax: null };
      const refusal = await admin
        .call(organisationRoutes.resumeDeployment, { params: params(), body: again })
        .catch((error: unknown) => error);
      expect(refusal).toMatchObject({ status: 409, code: 'request.conflict' } satisfies Partial<Problem>);
      const before = estate.exposed.size;
      estate.ending = () => 'protected';
      const body = { failed: halted?.failed ?? 0, startsMax: before + 2 };
      await admin.call(organisationRoutes.resumeDeployment, { params: params(), body });
      await estate.settle();
      expect(estate.exposed.size).toBe(before + 2);
    });

    it('lets one device try again while it is halted, when somebody presses Retry there', async () => {
      estate.ending = () => 'failed';
      await started({ atOnceMax: 3 });
      await estate.settle();
      const exposed = estate.exposed.size;
      const failed = estate.devices.find((one) => one.state.kind === 'failed');
      const device = estate.devices.find((one) => one.state.kind === 'waiting');
      if (device === undefined || failed === undefined) throw new Error('nobody waits or failed');
      const before = await shown();
      for (const one of [device, failed]) {
        await admin.call(deviceRoutes.command, { params: { deviceId: one.deviceId }, body: { verb: 'retry' } });
        expect((await one.commands()).checkIn).toBe(true);
        await one.checkIn();
        expect(one.assignment?.slot).toBe('given');
      }
      const now = await shown();
      expect(now).toMatchObject({ state: 'halted', underWay: 2, started: (before?.started ?? 0) + 1 });
      await countersHold();
      estate.ending = () => 'protected';
      expect(await estate.start(device)).toBe(true);
      await estate.settle();
      expect(estate.exposed.size).toBe(exposed + 1);
      expect(device.state.kind).toBe('protected');
      await countersHold();
    });

    it('begins with servers when no client waits any more', async () => {
      const limit = Math.ceil(size * 0.05);
      await started({ limitPercent: 5, atOnceMax: 10 });
      await estate.settle();
      const servers = estate.devices.filter((one) => one.machine.product === 'server');
      expect(estate.exposed.size).toBe(limit);
      expect(servers.filter((one) => estate.exposed.has(one.deviceId))).toEqual([]);
    });

    it('that is paused starts none after the answer, not even with a turn that was given', async () => {
      await started({ atOnceMax: 5, serversLast: false });
      await estate.round();
      const ready = estate.devices.filter(
        (one) => one.assignment?.slot === 'given' && !estate.exposed.has(one.deviceId),
      );
      const underWay = estate.exposed.size;
      const answer = await admin.call(organisationRoutes.pauseAll);
      expect(answer).toEqual({ organisations: 1, underWay });
      for (const device of [...ready, ...estate.devices.slice(0, 20)]) {
        if (!estate.exposed.has(device.deviceId)) expect(await estate.start(device)).toBe(false);
      }
      await estate.settle();
      expect(estate.exposed.size).toBe(underWay);
      expect(await shown()).toMatchObject({ state: 'stopped', underWay: 0, done: underWay });
    });
  });
}
